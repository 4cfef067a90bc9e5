import { beforeEach, describe, expect, it } from 'vitest'
import { TradingFloor, WEALTH } from '../../../../../tests/support/trading-floor.ts'

let floor: TradingFloor
beforeEach(() => {
  floor = new TradingFloor()
})

const stop = (stopPrice: number) => ({ type: 'STOP', timeInForce: 'GTC', stopPrice }) as const
const stopLimit = (stopPrice: number) => ({ type: 'STOP_LIMIT', stopPrice }) as const
const trailing = (trailingAmount: number, stopPrice: number | null = null) =>
  ({ type: 'TRAILING_STOP', timeInForce: 'GTC', trailingAmount, stopPrice }) as const

describe('a stop', () => {
  it('waits, shown to nobody, with what it needs held, until the last price meets its stop price', () => {
    floor.trade(100)
    expect(floor.sell('ann', 'a', 5, null, stop(90))).toEqual(['ACCEPTED a PENDING'])
    expect(floor.held('ann', 'BTC')).toBe(5_000)
    expect(floor.book).toEqual({ bids: [], asks: [] })
    floor.buy('bob', 'bid', 5, 88)
    expect(floor.trade(91).at(-1)).toMatch(/^TRADE/)
    expect(floor.trade(90).slice(-2)).toEqual(['TRIGGERED a 5 OPEN', 'TRADE 5@88 bid a'])
    expect(floor.state('ann', 'a')).toBe('FILLED 5/5')
  })

  it('is refused where it is met as it arrives, and never met before the first trade', () => {
    expect(floor.sell('ann', 'a', 5, null, stop(90))).toEqual(['ACCEPTED a PENDING'])
    floor.trade(95)
    expect(floor.sell('ann', 'b', 5, null, stop(95))).toEqual(['REFUSED WOULD_TRIGGER_AT_ONCE'])
    expect(floor.buy('ann', 'c', 5, null, stop(95))).toEqual(['REFUSED WOULD_TRIGGER_AT_ONCE'])
  })

  it('goes no further than its worst price, 5 % from its stop price where it has none', () => {
    floor.trade(100)
    floor.sell('ann', 'a', 5, null, stop(90))
    floor.buy('bob', 'far', 5, 84)
    expect(floor.trade(90).slice(-2)).toEqual(['TRIGGERED a 5 OPEN', 'CANCELLED a 5 PROTECTION'])
    floor.sell('ann', 'b', 5, null, stop(80))
    expect(floor.buy('ann', 'c', 5, 120, { ...stop(110), price: 120 })).toEqual(['ACCEPTED c PENDING'])
    expect(floor.held('ann', 'USDT')).toBe(600)
  })

  it('of the higher price is first among sells, of the lower among buys, the older at one price; sells before buys', () => {
    floor.trade(100)
    floor.sell('ann', 'low', 1, null, stop(80))
    floor.sell('ann', 'high', 1, null, stop(95))
    floor.sell('ann', 'high, later', 1, null, stop(95))
    const events = floor.trade(80).filter((each) => each.startsWith('TRIGGERED'))
    expect(events).toEqual(['TRIGGERED high 1 OPEN', 'TRIGGERED high, later 1 OPEN', 'TRIGGERED low 1 OPEN'])
  })

  it('may meet further stops with what it trades, until none is met', () => {
    floor.trade(100)
    for (const [i, price] of [98, 96, 94].entries()) {
      floor.sell('ann', `stop ${price}`, 1, null, stop(price))
      floor.buy('bob', `bid ${i}`, 1, price - 2)
    }
    const events = floor.trade(98).filter((each) => each.startsWith('TR'))
    expect(events.slice(1)).toEqual([
      'TRIGGERED stop 98 1 OPEN',
      'TRADE 1@96 bid 0 stop 98',
      'TRIGGERED stop 96 1 OPEN',
      'TRADE 1@94 bid 1 stop 96',
      'TRIGGERED stop 94 1 OPEN',
      'TRADE 1@92 bid 2 stop 94',
    ])
  })
})

describe('a stop-limit order', () => {
  it('rests at its limit once it is triggered', () => {
    floor.trade(100)
    floor.buy('ann', 'a', 5, 112, stopLimit(110))
    expect(floor.held('ann', 'USDT')).toBe(560)
    expect(floor.trade(110).slice(-1)).toEqual(['TRIGGERED a 5 OPEN'])
    expect(floor.book.bids).toEqual([[112, 5]])
    expect(floor.amend('ann', 'a', { quantity: 3 })).toEqual(['AMENDED a 3/3@112 KEPT'])
  })
})

describe('a trailing stop', () => {
  it('follows the best last price since its acceptance and never goes back', () => {
    floor.trade(100)
    floor.sell('ann', 'a', 1, null, trailing(10))
    floor.trade(120)
    floor.buy('bob', 'bid', 1, 109)
    floor.trade(115)
    expect(floor.state('ann', 'a')).toBe('PENDING 0/1')
    expect(floor.trade(110).slice(-2)).toEqual(['TRIGGERED a 1 OPEN', 'TRADE 1@109 bid a'])
  })

  it('with an activation price begins when the last price first reaches it', () => {
    floor.trade(100)
    floor.sell('ann', 'a', 1, null, trailing(5, 110))
    floor.trade(90)
    expect(floor.state('ann', 'a')).toBe('PENDING 0/1')
    floor.trade(110)
    floor.trade(112)
    expect(floor.trade(107).slice(-2)).toEqual(['TRIGGERED a 1 OPEN', 'CANCELLED a 1 REMAINDER'])
  })

  it('by a share of the price is rounded to the tick away from the market', () => {
    floor.trade(101)
    floor.buy('ann', 'a', 1, null, { ...trailing(0), trailingAmount: null, trailingBps: 100 })
    // 1 % of 101 is 1.01: two ticks.
    floor.trade(102)
    expect(floor.state('ann', 'a')).toBe('PENDING 0/1')
    expect(floor.trade(103)).toContain('TRIGGERED a 1 OPEN')
  })

  it('that buys without a price holds for its worst price when triggered, no more and no less', () => {
    floor.trade(100)
    floor.buy('ann', 'a', 10_000, null, trailing(10))
    // The first stop price is 110, its protection 115.
    expect(floor.held('ann', 'USDT')).toBe(10_000 * 115)
    floor.trade(50)
    floor.sell('bob', 'ask', 4_000, 62)
    expect(floor.trade(60).slice(-3)).toEqual([
      'TRIGGERED a 10000 OPEN',
      'TRADE 4000@62 ask a',
      'CANCELLED a 6000 REMAINDER',
    ])
    expect(floor.available('ann', 'USDT')).toBe(WEALTH - 4_000 * 62)
  })

  it('that its account can no longer pay for when it is triggered is cancelled', () => {
    floor.trade(100)
    floor.buy('ann', 'a', 1_000, null, trailing(100, 50))
    expect(floor.held('ann', 'USDT')).toBe(1_000 * 52)
    floor.buy('ann', 'rest', (WEALTH - 52_000) / 10, 10)
    floor.trade(50)
    expect(floor.trade(150).slice(-2)).toEqual(['TRIGGERED a 1000 OPEN', 'CANCELLED a 1000 REFUSED_AT_TRIGGER'])
    expect(floor.held('ann', 'USDT')).toBe(WEALTH - 52_000)
  })
})
