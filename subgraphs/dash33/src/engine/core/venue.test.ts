import { beforeEach, describe, expect, it } from 'vitest'
import { TradingFloor } from '../../../../../tests/support/trading-floor.ts'
import { type RiskLimits, STANDARD_LIMITS } from '../../risk/limits.ts'

let floor: TradingFloor
beforeEach(() => {
  floor = new TradingFloor()
})

const AUTHORISED = { changedBy: 'ops', reason: 'a story' }

describe('time', () => {
  it('ends a GTD order with the first tick at or after its expiry, and a DAY order at midnight UTC', () => {
    floor.buy('ann', 'gtd', 1, 90, { timeInForce: 'GTD', expiresAt: floor.time + 1_000 })
    floor.buy('ann', 'day', 1, 91, { timeInForce: 'DAY' })
    expect(floor.engine.nextTimer).toBe(floor.time + 1_000)
    expect(floor.wait(999)).toEqual([])
    expect(floor.wait(1)).toEqual(['EXPIRED gtd 1 EXPIRED'])
    expect(floor.engine.nextTimer).toBe(Date.UTC(2026, 7, 2))
    expect(floor.wait(86_400_000)).toEqual(['EXPIRED day 1 EXPIRED'])
    expect(floor.engine.nextTimer).toBeNull()
  })

  it('refuses an expiry that is not in the future', () => {
    expect(floor.buy('ann', 'a', 1, 90, { timeInForce: 'GTD', expiresAt: floor.time })).toEqual([
      'REFUSED EXPIRY_IN_THE_PAST',
    ])
  })

  it("sets off a dead man's switch unless it is set again in time", () => {
    floor.buy('ann', 'a', 1, 90)
    const arm = (delayMs: number) => floor.tell({ kind: 'CANCEL_ALL_AFTER', accountId: 'ann', delayMs })
    expect(arm(1_000)).toEqual(['CANCEL_ALL_AFTER on'])
    floor.wait(900)
    arm(1_000)
    expect(floor.wait(900)).toEqual([])
    expect(floor.wait(100)).toEqual(['CANCELLED a 1 DEAD_MAN', 'CANCEL_ALL_AFTER off'])
    floor.buy('ann', 'b', 1, 90)
    arm(1_000)
    expect(arm(0)).toEqual(['CANCEL_ALL_AFTER off'])
    expect(floor.wait(5_000)).toEqual([])
  })
})

describe('a mass cancel', () => {
  it('takes what is in its scope, oldest first, and answers the ids', () => {
    floor.buy('ann', 'a', 1, 90)
    floor.sell('ann', 'b', 1, 110)
    floor.sell('ann', 'c', 1, null, { type: 'STOP', timeInForce: 'GTC', stopPrice: 80 })
    floor.buy('bob', 'd', 1, 90)
    expect(floor.tell({ kind: 'CANCEL_ALL', accountId: 'ann', symbol: 'BTC-USDT', side: 'SELL' })).toEqual([
      'CANCELLED b 1 MASS_CANCEL',
      'CANCELLED c 1 MASS_CANCEL',
    ])
    expect(floor.ack).toMatchObject({ kind: 'ALL_CANCELLED', orderIds: [expect.any(String), expect.any(String)] })
    expect(floor.tell({ kind: 'CANCEL_ALL', accountId: 'ann', symbol: null, side: null })).toEqual([
      'CANCELLED a 1 MASS_CANCEL',
    ])
    expect(floor.state('bob', 'd')).toBe('OPEN 0/1')
  })
})

describe('a kill switch', () => {
  it.each([
    ['ACCOUNT', 'ann', ['CANCELLED a 1 KILL_SWITCH']],
    ['MARKET', 'BTC-USDT', ['CANCELLED a 1 KILL_SWITCH', 'CANCELLED b 1 KILL_SWITCH']],
    ['VENUE', '', ['CANCELLED a 1 KILL_SWITCH', 'CANCELLED b 1 KILL_SWITCH']],
  ] as const)('for the %s cancels its orders and refuses new ones until it is released', (scope, target, cancelled) => {
    const set = (engaged: boolean) => floor.tell({ kind: 'SET_KILL_SWITCH', scope, target, engaged, ...AUTHORISED })
    floor.buy('ann', 'a', 1, 90)
    floor.buy('bob', 'b', 1, 90)
    expect(set(true)).toEqual(['KILL_SWITCH_SET', ...cancelled])
    expect(floor.buy('ann', 'c', 1, 90)).toEqual(['REFUSED KILL_SWITCH_ENGAGED'])
    expect(floor.ack).toMatchObject({ scope })
    expect(set(false)).toEqual(['KILL_SWITCH_SET'])
    expect(floor.buy('ann', 'c', 1, 90)).toEqual(['ACCEPTED c OPEN'])
  })
})

describe('an auction', () => {
  it('gathers orders without trading, and trades them at one price when its time has come', () => {
    expect(floor.status('AUCTION', 1_000)).toEqual(['AUCTION OPERATOR'])
    floor.buy('ann', 'a', 10, 105)
    floor.buy('eve', 'e', 10, 103)
    expect(floor.sell('bob', 's', 15, 100)).toEqual(['ACCEPTED s OPEN'])
    expect(floor.buy('eve', 'now', 1, 200, { timeInForce: 'IOC' })).toEqual(['REFUSED NOT_IN_AUCTION'])
    // Most trades, 15, at any price from 100 to 103; 5 more are wanted at each of them: the highest.
    expect(floor.wait(1_000)).toEqual([
      'TRADE 10@103 a s',
      'TRADE 5@103 e s',
      'UNCROSSED 15@103',
      'TRADING AUCTION_ENDED',
    ])
    expect(floor.book).toEqual({ bids: [[103, 5]], asks: [] })
    expect(floor.held('ann', 'USDT')).toBe(0)
  })

  it('ends when trading is set, and looks at stops afterwards', () => {
    floor.trade(100)
    floor.sell('ann', 'stop', 1, null, { type: 'STOP', timeInForce: 'GTC', stopPrice: 90 })
    floor.status('AUCTION')
    floor.buy('eve', 'e', 3, 88)
    floor.sell('bob', 's', 2, 88)
    expect(floor.status('TRADING')).toEqual([
      'TRADE 2@88 e s',
      'UNCROSSED 2@88',
      'TRADING OPERATOR',
      'TRIGGERED stop 1 OPEN',
      'TRADE 1@88 e stop',
    ])
  })

  it('from which a market is paused trades nothing; what crosses trades when trading resumes', () => {
    floor.status('AUCTION')
    floor.buy('eve', 'e', 2, 101)
    floor.sell('bob', 's', 2, 100)
    expect(floor.status('PAUSED')).toEqual(['PAUSED OPERATOR'])
    expect(floor.buy('ann', 'a', 1, 90)).toEqual(['REFUSED MARKET_PAUSED'])
    expect(floor.amend('eve', 'e', { quantity: 1 })).toEqual(['REFUSED MARKET_PAUSED'])
    expect(floor.status('TRADING')).toContain('UNCROSSED 2@100')
  })
})

describe('the band', () => {
  it('halts a market in which a trade would go beyond it, and the order rests where it may', () => {
    floor.trade(100)
    floor.rules({ priceBandBps: 1_000, haltAuctionMs: 500 })
    floor.sell('bob', 's', 1, 110)
    floor.sell('bob', 't', 1, 111)
    expect(floor.buy('ann', 'a', 2, 111).slice(1)).toEqual(['TRADE 1@110 s a', 'AUCTION PRICE_BAND'])
    expect(floor.book).toEqual({ bids: [[111, 1]], asks: [[111, 1]] })
    expect(floor.wait(500)).toEqual(['TRADE 1@111 t a', 'UNCROSSED 1@111', 'TRADING AUCTION_ENDED'])
    // The uncross set the reference anew: up to 122.
    floor.sell('bob', 'u', 1, 122)
    expect(floor.buy('ann', 'b', 1, 122).slice(1)).toEqual(['TRADE 1@122 u b'])
  })

  it('cancels what does not rest', () => {
    floor.trade(100)
    floor.rules({ priceBandBps: 1_000 })
    floor.sell('bob', 's', 1, 111)
    expect(floor.buy('ann', 'a', 1, 111, { timeInForce: 'IOC' }).slice(1)).toEqual([
      'AUCTION PRICE_BAND',
      'CANCELLED a 1 PRICE_BAND',
    ])
  })

  it('is measured from the last price when the window began', () => {
    floor.trade(100)
    floor.rules({ priceBandBps: 1_000, bandWindowMs: 60_000 })
    floor.trade(109)
    floor.sell('bob', 's', 1, 119)
    floor.time += 60_000
    expect(floor.buy('ann', 'a', 1, 119).slice(1)).toEqual(['TRADE 1@119 s a'])
  })
})

describe('the rules of a market', () => {
  it('bound quantity, worth and how far a limit goes through the last price', () => {
    floor.trade(100)
    floor.rules({ maxQuantity: 50, minNotional: 1_000, collarBps: 1_000 })
    expect(floor.buy('ann', 'a', 51, 100)).toEqual(['REFUSED RISK_LIMIT_EXCEEDED MARKET_MAX_QUANTITY 51/50'])
    expect(floor.buy('ann', 'a', 9, 100)).toEqual(['REFUSED RISK_LIMIT_EXCEEDED MARKET_MIN_NOTIONAL 900/1000'])
    expect(floor.buy('ann', 'a', 20, 111)).toEqual(['REFUSED RISK_LIMIT_EXCEEDED PRICE_COLLAR 111/110'])
    expect(floor.sell('ann', 'a', 20, 89)).toEqual(['REFUSED RISK_LIMIT_EXCEEDED PRICE_COLLAR 89/90'])
    expect(floor.buy('ann', 'a', 20, 110)).toEqual(['ACCEPTED a OPEN'])
  })
})

describe('the limits of a profile', () => {
  const limit = (limits: Partial<RiskLimits>, symbol: string | null = null) =>
    floor.tell({
      ...{ kind: 'SET_RISK_LIMITS', profile: 'standard', symbol, limits: { ...STANDARD_LIMITS, ...limits } },
      ...AUTHORISED,
    })

  it('bound one order', () => {
    limit({ maxOrderQuantity: 10, maxOrderNotional: 900 })
    expect(floor.buy('ann', 'a', 11, 1)).toEqual(['REFUSED RISK_LIMIT_EXCEEDED MAX_ORDER_QUANTITY 11/10'])
    expect(floor.buy('ann', 'a', 10, 91)).toEqual(['REFUSED RISK_LIMIT_EXCEEDED MAX_ORDER_NOTIONAL 910/900'])
  })

  it('bound how many are open, those of a pair counted', () => {
    limit({ maxOpenOrders: 2 })
    floor.buy('ann', 'a', 1, 90)
    floor.trade(100)
    expect(floor.oco('ann', 'p', 'SELL', { quantity: 1, price: 110, stopPrice: 90 })).toEqual([
      'REFUSED RISK_LIMIT_EXCEEDED MAX_OPEN_ORDERS 3/2',
    ])
    expect(floor.ack).toMatchObject({ headroom: 1 })
    floor.buy('ann', 'b', 1, 90)
    expect(floor.buy('ann', 'c', 1, 90)).toEqual(['REFUSED RISK_LIMIT_EXCEEDED MAX_OPEN_ORDERS 3/2'])
    floor.cancel('ann', 'a')
    expect(floor.buy('ann', 'c', 1, 90)).toEqual(['ACCEPTED c OPEN'])
  })

  it('bound the position, with what open buys may add', () => {
    // 1,000,000 lots are there.
    limit({ maxPosition: 1_000_010 })
    floor.buy('ann', 'a', 6, 90)
    expect(floor.buy('ann', 'b', 5, 90)).toEqual(['REFUSED RISK_LIMIT_EXCEEDED MAX_POSITION 1000011/1000010'])
    expect(floor.ack).toMatchObject({ headroom: 4 })
    expect(floor.sell('ann', 'c', 500, 200)).toEqual(['ACCEPTED c OPEN'])
  })

  it('bound the exposure, in one market', () => {
    limit({ maxExposure: 1_000 }, 'BTC-USDT')
    floor.sell('ann', 'a', 9, 100)
    expect(floor.sell('ann', 'b', 2, 100)).toEqual(['REFUSED RISK_LIMIT_EXCEEDED MAX_EXPOSURE 1100/1000'])
  })

  it('bound orders and amendments in a second of engine time, not cancels', () => {
    limit({ maxMessagesPerSecond: 2 })
    floor.buy('ann', 'a', 1, 90)
    floor.amend('ann', 'a', { price: 91 })
    expect(floor.buy('ann', 'b', 1, 90)).toEqual(['REFUSED RISK_LIMIT_EXCEEDED MESSAGE_RATE 3/2'])
    expect(floor.amend('ann', 'a', { price: 92 })).toEqual(['REFUSED RISK_LIMIT_EXCEEDED MESSAGE_RATE 3/2'])
    expect(floor.cancel('ann', 'a')).toEqual(['CANCELLED a 1 REQUESTED'])
    floor.time += 1_000
    expect(floor.buy('ann', 'b', 1, 90)).toEqual(['ACCEPTED b OPEN'])
  })

  it('are those of the profile that the account is in', () => {
    limit({ maxOpenOrders: 0 })
    const assign = (profile: string) =>
      floor.tell({ kind: 'ASSIGN_RISK_PROFILE', accountId: 'ann', profile, ...AUTHORISED })
    expect(floor.buy('ann', 'a', 1, 90)).toEqual(['REFUSED RISK_LIMIT_EXCEEDED MAX_OPEN_ORDERS 1/0'])
    expect(assign('nobody')).toEqual(['REFUSED UNKNOWN_PROFILE'])
    expect(assign('market-maker')).toEqual(['RISK_PROFILE_ASSIGNED'])
    expect(floor.buy('ann', 'a', 1, 90)).toEqual(['ACCEPTED a OPEN'])
  })
})

describe('fees', () => {
  it('follow the volume of the last 30 UTC days, as of the trade before', () => {
    floor.tell({
      kind: 'SET_FEE_SCHEDULE',
      tiers: [
        { minVolume: 0, makerBps: 10, takerBps: 20 },
        { minVolume: 1_000, makerBps: 5, takerBps: 8 },
      ],
      ...AUTHORISED,
    })
    const rates = () =>
      floor.batch.events.flatMap((event) => (event.type === 'TRADE' ? [[event.maker.feeBps, event.taker.feeBps]] : []))
    floor.sell('bob', 's', 30, 100)
    floor.buy('ann', 'a', 10, 100)
    expect(rates()).toEqual([[10, 20]])
    floor.buy('ann', 'b', 10, 100)
    expect(rates()).toEqual([[5, 8]])
    floor.time += 30 * 86_400_000
    floor.buy('ann', 'c', 10, 100)
    expect(rates()).toEqual([[10, 20]])
  })
})
