import { beforeEach, describe, expect, it } from 'vitest'
import { DEFAULT_RULES, type MarketRules } from '../market/rules.ts'
import type { Command, PlaceBracket, PlaceOrder } from './commands.ts'
import { Comparison } from './model/comparison.ts'

/** Engine and model beside each other: both are told, and each command is compared besides what is expected here. */
let both: Comparison
beforeEach(() => {
  both = new Comparison()
})

const tell = (command: Command) => {
  both.tell(command)
  return both.last!.events
}
const typesOf = (command: Command) => tell(command).map((event) => event.type)

let keys = 0
function order(accountId: string, side: 'BUY' | 'SELL', quantity: number, price: number | null): PlaceOrder {
  return {
    kind: 'PLACE',
    accountId,
    clientOrderId: `key-${keys++}`,
    symbol: 'BTC-USDT',
    side,
    type: price === null ? 'MARKET' : 'LIMIT',
    timeInForce: price === null ? 'IOC' : 'GTC',
    price,
    quantity,
    stopPrice: null,
    trailingAmount: null,
    trailingBps: null,
    displayQuantity: null,
    postOnly: false,
    selfTradePrevention: 'EXPIRE_TAKER',
    expiresAt: null,
  }
}
function bracket(entry: PlaceOrder, takeProfitPrice: number, stopPrice: number): PlaceBracket {
  const { kind: _, accountId, clientOrderId, ...terms } = entry
  return {
    kind: 'PLACE_BRACKET',
    accountId,
    clientOrderId,
    entry: terms,
    takeProfitPrice,
    stopPrice,
    stopLimitPrice: null,
  }
}
const setRules = (change: Partial<MarketRules>): Command => ({
  kind: 'SET_MARKET_RULES',
  symbol: 'BTC-USDT',
  rules: { ...DEFAULT_RULES, minNotional: 0, ...change },
  changedBy: 'ops',
  reason: 'drill',
})
const setStatus = (status: 'TRADING' | 'AUCTION'): Command => ({
  kind: 'SET_MARKET_STATUS',
  symbol: 'BTC-USDT',
  status,
  auctionMs: null,
  recording: null,
})

const inEther = (command: PlaceOrder): PlaceOrder => ({ ...command, symbol: 'ETH-USDT' })

describe('where engine and specification once differed', () => {
  it('a mass cancel answers with its own orders only; what it sets free meets the stops of the market that moved first', () => {
    const stops: string[] = []
    for (const move of [inEther, (command: PlaceOrder) => command]) {
      tell(move(order('bob', 'SELL', 4, 99)))
      tell(bracket(move(order('ann', 'BUY', 6, 99)), 102, 96))
      const stop = move({ ...order('eve', 'BUY', 2, null), type: 'STOP', timeInForce: 'GTC', stopPrice: 101 })
      tell(stop)
      stops.push(stop.clientOrderId)
      tell(move(order('bob', 'BUY', 5, 102)))
    }
    // Its entries, the older one in ETH-USDT, have bought 4 lots each: their exits sell at 102 at once.
    const events = tell({ kind: 'CANCEL_ALL', accountId: 'ann', symbol: null, side: 'BUY' })
    const closed = events.filter((event) => event.type === 'ORDER_CANCELLED')
    expect(closed.filter(({ reason }) => reason === 'MASS_CANCEL')).toHaveLength(2)
    expect(closed.length).toBeGreaterThan(2)
    expect(both.last!.ack).toMatchObject({ orderIds: { length: 2 } })
    const met = events.filter((event) => event.type === 'ORDER_TRIGGERED' && event.lastPrice !== null)
    expect(met.map((event) => 'clientOrderId' in event && event.clientOrderId)).toEqual(stops)
  })

  it('a stop loss without a worst price adds nothing to the hold of its pair', () => {
    tell(setRules({ protectionBps: 0 }))
    tell(bracket(order('bob', 'SELL', 10, 100), 95, 110))
    tell(order('ann', 'BUY', 10, 100))
    // The proceeds buy back 9 lots at the dearer of the two, 110; only the take-profit's price bounds a hold.
    expect(both.audit.balances.get('bob USDT')).toMatchObject({ held: 9 * 95 })
  })

  it('new market rules begin a window of the band at the last price', () => {
    tell(setRules({ priceBandBps: 0, collarBps: 0 }))
    tell(order('bob', 'SELL', 1, 100))
    tell(order('ann', 'BUY', 1, 100))
    tell(order('bob', 'SELL', 1, 104))
    tell(setRules({ priceBandBps: 300, collarBps: 0 }))
    expect(typesOf(order('ann', 'BUY', 1, 104))).toEqual(['ORDER_ACCEPTED', 'MARKET_STATUS_SET'])
  })

  it("of two entries that fill each other in an uncross the earlier one's exits are free first", () => {
    tell(setStatus('AUCTION'))
    const first = bracket(order('bob', 'SELL', 5, 100), 95, 105)
    const second = bracket(order('ann', 'BUY', 5, 101), 107, 94)
    tell(first)
    tell(second)
    const freed = tell(setStatus('TRADING')).filter((event) => event.type === 'ORDER_TRIGGERED')
    expect(freed.map((event) => event.clientOrderId)).toEqual(
      [first, second].flatMap(({ clientOrderId }) => [`${clientOrderId}.profit`, `${clientOrderId}.stop`]),
    )
  })

  it('the stop leg goes with the trade that fills its limit leg, and takes nothing with it', () => {
    tell(order('joe', 'BUY', 1, 100))
    tell(order('bob', 'SELL', 1, 100))
    tell({
      kind: 'PLACE_OCO',
      accountId: 'bob',
      clientOrderId: 'pair',
      symbol: 'BTC-USDT',
      side: 'SELL',
      quantity: 3,
      price: 102,
      stopPrice: 98,
      stopLimitPrice: null,
      postOnly: false,
      timeInForce: 'GTC',
      expiresAt: null,
      selfTradePrevention: 'EXPIRE_TAKER',
    })
    const events = tell(order('ann', 'BUY', 3, 102))
    expect(events.map((event) => event.type)).toEqual(['ORDER_ACCEPTED', 'TRADE', 'ORDER_CANCELLED'])
    expect(events[2]).toMatchObject({ clientOrderId: 'pair.stop', reason: 'OTHER_LEG', filledQuantity: 0 })
  })
})
