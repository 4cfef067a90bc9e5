import { beforeEach, describe, expect, it } from 'vitest'
import { DEFAULT_RULES } from '../market/rules.ts'
import type { Ack } from './acks.ts'
import { hashState, readState, writeState } from './canonical.ts'
import type { Command, PlaceOrder } from './commands.ts'
import { Engine } from './engine.ts'
import type { EngineBatch, EngineEvent } from './events.ts'

/** 1 BTC = 10^8 units = 100,000 lots; 1 USDT = 10^7 units; a price of 100 ticks is 1 USDT; 1 tick × 1 lot = 1 unit of USDT. */
const SUPPLY = 1_000_000_000

let engine: Engine
let events: EngineEvent[]
let batch: EngineBatch

beforeEach(() => {
  engine = new Engine()
  apply({
    kind: 'SET_MARKET_RULES',
    symbol: 'BTC-USDT',
    rules: { ...DEFAULT_RULES, minNotional: 0, collarBps: 0, protectionBps: 9_999, priceBandBps: 0 },
    changedBy: 'tests',
    reason: 'small numbers',
  })
  for (const accountId of ['ann', 'bob', 'eve']) {
    apply({ kind: 'OPEN_ACCOUNT', accountId, userId: `user of ${accountId}` })
    for (const asset of ['BTC', 'USDT']) {
      apply({ kind: 'CREDIT', accountId, asset, amount: SUPPLY, reference: `${accountId} ${asset}` })
    }
  }
})

function apply(command: Command): Ack {
  const applied = engine.applyBatch([command], 1_000 + engine.state.sequence)
  batch = applied.batch
  events = [...batch.events]
  return applied.acks[0]!
}

let keys = 0
function order(
  accountId: string,
  side: 'BUY' | 'SELL',
  quantity: number,
  price: number | null,
  rest: Partial<PlaceOrder> = {},
): PlaceOrder {
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
    ...rest,
  }
}

function place(...args: Parameters<typeof order>): Extract<Ack, { kind: 'PLACED' }> {
  const ack = apply(order(...args))
  if (ack.kind !== 'PLACED') throw new Error(`refused: ${JSON.stringify(ack)}`)
  return ack
}

const book = () => {
  const market = engine.state.markets.get('BTC-USDT')!
  return { bids: market.levels('BUY'), asks: market.levels('SELL') }
}
const balance = (accountId: string, asset: string) => {
  const { exchange, accounts, assets } = engine.state
  const [account, number] = [accounts.get(accountId)!.index, assets.indexOf(asset)]
  return { available: exchange.balances.available(account, number), held: exchange.balances.held(account, number) }
}

describe('a limit order', () => {
  it('rests with what it needs held, at its price', () => {
    const { order } = place('ann', 'BUY', 30, 500)
    expect(order).toMatchObject({ status: 'OPEN', remainingQuantity: 30, filledQuantity: 0 })
    expect(balance('ann', 'USDT')).toEqual({ available: SUPPLY - 15_000, held: 15_000 })
    expect(book()).toEqual({ bids: [[500, 30]], asks: [] })
    expect(batch.levels).toEqual([{ symbol: 'BTC-USDT', side: 'BUY', price: 500, quantity: 30 }])
    expect(batch.balances).toEqual([{ accountId: 'ann', asset: 'USDT', available: SUPPLY - 15_000, held: 15_000 }])
  })

  it("trades at the maker's price, returns what it held too much, and pays its fee from what it receives", () => {
    place('bob', 'SELL', 10, 400)
    const { order, fills } = place('ann', 'BUY', 30, 500)
    // 10 lots = 10,000 units of BTC, 5 bps of them rounded up; 10 × 400 units of USDT, 2 bps of them rounded up.
    expect(fills).toEqual([
      {
        tradeId: expect.stringMatching(/^trd_/),
        price: 400,
        quantity: 10,
        fee: 5,
        quoteAmount: 4_000,
        liquidity: 'TAKER',
      },
    ])
    expect(order).toMatchObject({
      status: 'PARTIALLY_FILLED',
      filledQuantity: 10,
      remainingQuantity: 20,
      filledQuoteAmount: 4_000,
    })
    expect(balance('ann', 'USDT')).toEqual({ available: SUPPLY - 4_000 - 20 * 500, held: 20 * 500 })
    expect(balance('ann', 'BTC')).toEqual({ available: SUPPLY + 10_000 - 5, held: 0 })
    expect(balance('bob', 'BTC')).toEqual({ available: SUPPLY - 10_000, held: 0 })
    expect(balance('bob', 'USDT')).toEqual({ available: SUPPLY + 4_000 - 1, held: 0 })
    const { assets, exchange } = engine.state
    expect(assets.map((asset, i) => [asset, exchange.balances.fees[i]])).toEqual([
      ['BTC', 5],
      ['USDT', 1],
      ['ETH', 0],
    ])
    expect(events.map((event) => event.type)).toEqual(['ORDER_ACCEPTED', 'TRADE'])
    expect(events[1]).toMatchObject({
      leg: 0,
      takerSide: 'BUY',
      maker: { accountId: 'bob', userId: 'user of bob', side: 'SELL', fee: 1, status: 'FILLED', remainingQuantity: 0 },
      taker: { accountId: 'ann', side: 'BUY', fee: 5, status: 'PARTIALLY_FILLED', remainingQuantity: 20 },
    })
  })

  it('takes better prices first and, at one price, who came first', () => {
    const late = place('bob', 'SELL', 5, 401).order.orderId
    const first = place('bob', 'SELL', 5, 400).order.orderId
    const second = place('eve', 'SELL', 5, 400).order.orderId
    place('ann', 'BUY', 12, 401)
    const makers = events.flatMap((event) =>
      event.type === 'TRADE' ? [[event.maker.orderId, event.price, event.quantity]] : [],
    )
    expect(makers).toEqual([
      [first, 400, 5],
      [second, 400, 5],
      [late, 401, 2],
    ])
    expect(book()).toEqual({ bids: [], asks: [[401, 3]] })
  })

  it('with IOC never rests: what does not trade at once is cancelled and released', () => {
    place('bob', 'SELL', 5, 400)
    const { order } = place('ann', 'BUY', 12, 400, { timeInForce: 'IOC' })
    expect(order).toMatchObject({ status: 'CANCELLED', filledQuantity: 5, remainingQuantity: 0 })
    expect(balance('ann', 'USDT')).toEqual({ available: SUPPLY - 2_000, held: 0 })
    expect(events.at(-1)).toMatchObject({
      type: 'ORDER_CANCELLED',
      reason: 'REMAINDER',
      filledQuantity: 5,
      cancelledQuantity: 7,
    })
    expect(book()).toEqual({ bids: [], asks: [] })
  })

  it('is refused when its hold is not covered, and changes nothing', () => {
    const ack = apply(order('ann', 'BUY', 2_000_001, 500))
    expect(ack).toEqual({
      kind: 'REFUSED',
      code: 'INSUFFICIENT_BALANCE',
      asset: 'USDT',
      required: 1_000_000_500,
      available: SUPPLY,
    })
    expect(batch).toMatchObject({ events: [], levels: [], balances: [] })
    expect(balance('ann', 'USDT')).toEqual({ available: SUPPLY, held: 0 })
  })
})

describe('a market order', () => {
  it('buys down the book until its quantity is reached', () => {
    place('bob', 'SELL', 5, 400)
    place('bob', 'SELL', 5, 410)
    const { order } = place('ann', 'BUY', 8, null)
    expect(order).toMatchObject({ status: 'FILLED', filledQuantity: 8, filledQuoteAmount: 5 * 400 + 3 * 410 })
    expect(balance('ann', 'USDT').held).toBe(0)
  })

  it('never spends more than the account has available', () => {
    apply({ kind: 'OPEN_ACCOUNT', accountId: 'zoe', userId: 'zoe' })
    apply({ kind: 'CREDIT', accountId: 'zoe', asset: 'USDT', amount: 2_500, reference: 'zoe' })
    place('bob', 'SELL', 5, 400)
    place('bob', 'SELL', 5, 410)
    const { order } = place('zoe', 'BUY', 100, null)
    expect(order).toMatchObject({ status: 'CANCELLED', filledQuantity: 6, filledQuoteAmount: 2_410 })
    expect(balance('zoe', 'USDT')).toEqual({ available: 90, held: 0 })
  })

  it('is refused when the account cannot pay one lot at the best price', () => {
    apply({ kind: 'OPEN_ACCOUNT', accountId: 'zoe', userId: 'zoe' })
    place('bob', 'SELL', 5, 400)
    expect(apply(order('zoe', 'BUY', 1, null))).toMatchObject({
      code: 'INSUFFICIENT_BALANCE',
      required: 400,
      available: 0,
    })
    expect(apply(order('zoe', 'SELL', 1, null))).toMatchObject({
      code: 'INSUFFICIENT_BALANCE',
      asset: 'BTC',
      required: 1_000,
    })
  })

  it('on an empty book is accepted and cancelled', () => {
    expect(place('ann', 'SELL', 5, null).order).toMatchObject({ status: 'CANCELLED', filledQuantity: 0 })
    expect(balance('ann', 'BTC')).toEqual({ available: SUPPLY, held: 0 })
  })
})

describe('an order that would meet its own account', () => {
  it('trades with the others ahead, and what remains of it is cancelled', () => {
    place('bob', 'SELL', 5, 400)
    const own = place('ann', 'SELL', 5, 401).order.orderId
    place('eve', 'SELL', 5, 402)
    const { order } = place('ann', 'BUY', 20, 500)
    expect(order).toMatchObject({ status: 'CANCELLED', filledQuantity: 5 })
    expect(events.at(-1)).toMatchObject({ type: 'ORDER_CANCELLED', reason: 'SELF_TRADE', cancelledQuantity: 15 })
    expect(events.some((event) => event.type === 'TRADE' && event.maker.orderId === own)).toBe(false)
    expect(book()).toEqual({
      bids: [],
      asks: [
        [401, 5],
        [402, 5],
      ],
    })
    expect(balance('ann', 'USDT').held).toBe(0)
  })
})

describe('a cancel', () => {
  it('works by either key and releases the hold', () => {
    const byId = place('ann', 'BUY', 10, 500).order
    const byKey = place('ann', 'BUY', 10, 500).order
    expect(apply({ kind: 'CANCEL', accountId: 'ann', orderId: byId.orderId })).toMatchObject({
      kind: 'CANCELLED',
      order: { status: 'CANCELLED', orderId: byId.orderId },
    })
    expect(apply({ kind: 'CANCEL', accountId: 'ann', clientOrderId: byKey.clientOrderId })).toMatchObject({
      kind: 'CANCELLED',
    })
    expect(balance('ann', 'USDT')).toEqual({ available: SUPPLY, held: 0 })
    expect(batch.levels).toEqual([{ symbol: 'BTC-USDT', side: 'BUY', price: 500, quantity: 0 }])
  })

  it.each([
    ['unknown', { orderId: 'ord_00000000099' }],
    ['malformed', { orderId: 'ord_!' }],
    ['unheard of', { clientOrderId: 'nothing' }],
  ])('of an %s order is refused', (_, key) => {
    expect(apply({ kind: 'CANCEL', accountId: 'ann', ...key })).toEqual({ kind: 'REFUSED', code: 'ORDER_NOT_OPEN' })
  })

  it("of another account's or a closed order is refused", () => {
    const { order } = place('ann', 'BUY', 10, 500)
    expect(apply({ kind: 'CANCEL', accountId: 'bob', orderId: order.orderId })).toMatchObject({
      code: 'ORDER_NOT_OPEN',
    })
    apply({ kind: 'CANCEL', accountId: 'ann', orderId: order.orderId })
    expect(apply({ kind: 'CANCEL', accountId: 'ann', orderId: order.orderId })).toMatchObject({
      code: 'ORDER_NOT_OPEN',
    })
    expect(apply({ kind: 'CANCEL', accountId: 'ann', clientOrderId: order.clientOrderId })).toMatchObject({
      code: 'ORDER_NOT_OPEN',
    })
  })
})

describe('a client order id', () => {
  it('sent again with the same content gets the first answer, whatever has happened since', () => {
    place('bob', 'SELL', 4, 500)
    const command = order('ann', 'BUY', 10, 500)
    const first = apply(command)
    place('bob', 'SELL', 6, 500)
    const again = apply(command)
    expect(again).toEqual({ ...first, replayed: true })
    expect(again).toMatchObject({ order: { status: 'PARTIALLY_FILLED', filledQuantity: 4 } })
    expect(events).toEqual([])
  })

  it.each([
    { quantity: 11 },
    { price: 501 },
    { side: 'SELL' as const },
    { timeInForce: 'IOC' as const },
    { symbol: 'ETH-USDT' },
  ])('sent again with other content (%j) is refused with the order that has it', (change) => {
    const command = order('ann', 'BUY', 10, 500)
    const first = apply(command)
    if (first.kind !== 'PLACED') throw new Error('refused')
    expect(apply({ ...command, ...change })).toEqual({
      kind: 'REFUSED',
      code: 'CLIENT_ORDER_ID_REUSED',
      orderId: first.order.orderId,
    })
  })

  it('belongs to one account only', () => {
    const { order: first } = place('ann', 'BUY', 10, 500, { clientOrderId: 'mine' })
    const { order: second, replayed } = place('bob', 'BUY', 10, 500, { clientOrderId: 'mine' })
    expect(replayed).toBe(false)
    expect(second.orderId).not.toBe(first.orderId)
  })

  it('sent 50 times at once makes one order', () => {
    const command = order('ann', 'BUY', 10, 500)
    const { acks } = engine.applyBatch(Array<Command>(50).fill(command), 2_000)
    expect(acks.filter((ack) => ack.kind === 'PLACED' && !ack.replayed)).toHaveLength(1)
    expect(book().bids).toEqual([[500, 10]])
  })
})

describe('a credit', () => {
  const gift: Command = { kind: 'CREDIT', accountId: 'ann', asset: 'USDT', amount: 7, reference: 'gift' }

  it('happens once per reference', () => {
    expect(apply(gift)).toMatchObject({ kind: 'CREDITED', available: SUPPLY + 7, replayed: false })
    expect(apply(gift)).toMatchObject({ kind: 'CREDITED', available: SUPPLY + 7, replayed: true })
    expect(apply({ ...gift, amount: 8 })).toEqual({ kind: 'REFUSED', code: 'REFERENCE_REUSED' })
  })

  it('is refused for what is not there, and where all accounts together would pass 2^53', () => {
    expect(apply({ ...gift, accountId: 'nobody' })).toMatchObject({ code: 'UNKNOWN_ACCOUNT' })
    expect(apply({ ...gift, asset: 'constructor' })).toMatchObject({ code: 'UNKNOWN_ASSET' })
    expect(apply({ ...gift, amount: Number.MAX_SAFE_INTEGER - 3 * SUPPLY + 1 })).toMatchObject({
      code: 'LIMIT_REACHED',
      limit: 'supply',
    })
    expect(apply({ ...gift, amount: Number.MAX_SAFE_INTEGER - 3 * SUPPLY })).toMatchObject({ kind: 'CREDITED' })
  })
})

describe('an account', () => {
  it('is opened once per id', () => {
    expect(apply({ kind: 'OPEN_ACCOUNT', accountId: 'ann', userId: 'user of ann' })).toMatchObject({ replayed: true })
    expect(apply({ kind: 'OPEN_ACCOUNT', accountId: 'ann', userId: 'other' })).toMatchObject({
      code: 'ACCOUNT_ID_REUSED',
    })
    expect(apply(order('nobody', 'BUY', 1, 1))).toMatchObject({ code: 'UNKNOWN_ACCOUNT' })
  })
})

describe('a paused market', () => {
  it('refuses orders, accepts cancels, and answers a repeated id', () => {
    const command = order('ann', 'BUY', 10, 500)
    apply(command)
    apply({ kind: 'SET_MARKET_STATUS', symbol: 'BTC-USDT', status: 'PAUSED', auctionMs: null, recording: null })
    expect(apply(order('ann', 'BUY', 10, 500))).toEqual({ kind: 'REFUSED', code: 'MARKET_PAUSED' })
    expect(apply(command)).toMatchObject({ kind: 'PLACED', replayed: true })
    expect(apply({ kind: 'CANCEL', accountId: 'ann', clientOrderId: command.clientOrderId })).toMatchObject({
      kind: 'CANCELLED',
    })
  })
})

describe('a snapshot', () => {
  it('restores to the same state, answers and future', () => {
    const command = order('ann', 'BUY', 10, 500)
    place('bob', 'SELL', 4, 500)
    const first = apply(command)
    place('eve', 'BUY', 5, 500)
    const copy = restored(engine)
    expect(hashState(writeState(copy.state))).toBe(hashState(writeState(engine.state)))
    const next: Command[] = [
      command,
      order('bob', 'SELL', 8, 499),
      { kind: 'CANCEL', accountId: 'eve', clientOrderId: 'none' },
    ]
    const here = engine.applyBatch(next, 5_000)
    const there = copy.applyBatch(next, 5_000)
    expect(there).toEqual(here)
    expect(here.acks[0]).toEqual({ ...first, replayed: true })
    expect(hashState(writeState(copy.state))).toBe(hashState(writeState(engine.state)))
  })
})

function restored(original: Engine): Engine {
  const copy = new Engine()
  readState(writeState(original.state), copy)
  return copy
}
