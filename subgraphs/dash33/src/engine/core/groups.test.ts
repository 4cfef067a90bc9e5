import { beforeEach, describe, expect, it } from 'vitest'
import { TradingFloor, WEALTH } from '../../../../../tests/support/trading-floor.ts'

let floor: TradingFloor
beforeEach(() => {
  floor = new TradingFloor()
  floor.trade(100)
})

describe('an OCO pair', () => {
  it('holds once, the larger of the two', () => {
    floor.oco('ann', 'p', 'BUY', { quantity: 10, price: 90, stopPrice: 110 })
    // The stop's worst price is 5 % above 110.
    expect(floor.held('ann', 'USDT')).toBe(10 * 115)
    floor.cancel('ann', 'p')
    expect(floor.held('ann', 'USDT')).toBe(0)
    expect(floor.oco('ann', 'q', 'SELL', { quantity: 10, price: 110, stopPrice: 90 })).toEqual([
      'ACCEPTED q OPEN',
      'ACCEPTED q.stop PENDING',
    ])
    expect(floor.held('ann', 'BTC')).toBe(10_000)
  })

  it('loses its stop as soon as the limit leg trades, in part', () => {
    floor.oco('ann', 'p', 'SELL', { quantity: 10, price: 110, stopPrice: 90 })
    expect(floor.buy('bob', 'b', 4, 110).slice(1)).toEqual(['TRADE 4@110 p b', 'CANCELLED p.stop 10 OTHER_LEG'])
    expect(floor.state('ann', 'p')).toBe('PARTIALLY_FILLED 4/10')
    expect(floor.held('ann', 'BTC')).toBe(6_000)
  })

  it('loses its limit leg once the stop is triggered, which takes over the hold', () => {
    floor.oco('ann', 'p', 'BUY', { quantity: 10, price: 90, stopPrice: 110 })
    floor.sell('bob', 's', 6, 112)
    expect(floor.trade(110).slice(-3)).toEqual([
      'CANCELLED p 10 OTHER_LEG',
      'TRADE 6@112 s p.stop',
      'CANCELLED p.stop 4 REMAINDER',
    ])
    expect(floor.held('ann', 'USDT')).toBe(0)
    expect(floor.available('ann', 'USDT')).toBe(WEALTH - 6 * 112)
  })

  it('loses its stop at once where the limit leg trades as it arrives', () => {
    floor.buy('bob', 'b', 10, 120)
    expect(floor.oco('ann', 'p', 'SELL', { quantity: 10, price: 110, stopPrice: 90 }).slice(2)).toEqual([
      'TRADE 10@120 b p',
      'CANCELLED p.stop 10 OTHER_LEG',
    ])
  })

  it('goes whole where the owner cancels one of it, the named one first', () => {
    floor.oco('ann', 'p', 'SELL', { quantity: 10, price: 110, stopPrice: 90 })
    expect(floor.cancel('ann', 'p.stop')).toEqual(['CANCELLED p.stop 10 REQUESTED', 'CANCELLED p 10 REQUESTED'])
  })

  it('must lie around the last price', () => {
    expect(floor.oco('ann', 'p', 'SELL', { quantity: 10, price: 100, stopPrice: 90 })).toEqual([
      'REFUSED PRICES_OUT_OF_ORDER',
    ])
    expect(floor.oco('ann', 'p', 'BUY', { quantity: 10, price: 90, stopPrice: 100 })).toEqual([
      'REFUSED PRICES_OUT_OF_ORDER',
    ])
  })

  it('keeps its quantity, but not its prices', () => {
    floor.oco('ann', 'p', 'SELL', { quantity: 10, price: 110, stopPrice: 90 })
    expect(floor.amend('ann', 'p', { quantity: 9 })).toEqual(['REFUSED AMENDMENT_NOT_ALLOWED'])
    expect(floor.amend('ann', 'p', { price: 115 })).toEqual(['AMENDED p 10/10@115'])
    expect(floor.amend('ann', 'p.stop', { stopPrice: 95 })).toEqual(['AMENDED p.stop 10/10@95 KEPT'])
    expect(floor.trade(95)).toContain('TRIGGERED p.stop 10 OPEN')
  })
})

describe('a bracket', () => {
  const exits = { takeProfitPrice: 120, stopPrice: 90 }

  it('has exits that wait and hold nothing until the entry closes', () => {
    const events = floor.bracket('ann', 'e', 'BUY', { quantity: 10, price: 99 }, exits)
    expect(events).toEqual(['ACCEPTED e OPEN', 'ACCEPTED e.profit PENDING', 'ACCEPTED e.stop PENDING'])
    expect(floor.held('ann', 'BTC')).toBe(0)
    floor.sell('bob', 's', 4, 99)
    expect(floor.state('ann', 'e.profit')).toBe('PENDING 0/10')
  })

  it('sets them free over what a buy received, its fee deducted, in whole lots', () => {
    floor.bracket('ann', 'e', 'BUY', { quantity: 10, price: 99 }, exits)
    // 10 lots less 2 bps of 10,000 units: 9 whole lots.
    expect(floor.sell('bob', 's', 10, 99).slice(1)).toEqual([
      'TRADE 10@99 e s',
      'TRIGGERED e.profit 9 OPEN',
      'TRIGGERED e.stop 9 PENDING',
    ])
    expect(floor.held('ann', 'BTC')).toBe(9_000)
    expect(floor.book.asks).toEqual([[120, 9]])
    expect(floor.trade(90)).toContain('TRIGGERED e.stop 9 OPEN')
  })

  it('sets them free over what the proceeds of a sale buy back at the dearer leg', () => {
    floor.bracket('ann', 'e', 'SELL', { quantity: 100, price: 101 }, { takeProfitPrice: 80, stopPrice: 110 })
    // 10,100 units less 2 bps rounded up is 10,097; the stop's worst price is 115: 87 lots.
    expect(floor.buy('bob', 'b', 100, 101).slice(2)).toEqual([
      'TRIGGERED e.profit 87 OPEN',
      'TRIGGERED e.stop 87 PENDING',
    ])
    expect(floor.held('ann', 'USDT')).toBe(87 * 115)
  })

  it('loses its exits where the entry leaves without a fill', () => {
    floor.bracket('ann', 'e', 'BUY', { quantity: 10, price: 99 }, exits)
    expect(floor.cancel('ann', 'e')).toEqual([
      'CANCELLED e 10 REQUESTED',
      'CANCELLED e.profit 10 ENTRY_CLOSED',
      'CANCELLED e.stop 10 ENTRY_CLOSED',
    ])
  })

  it('sets its exits free also where the entry leaves after a part', () => {
    floor.bracket('ann', 'e', 'BUY', { quantity: 10, price: 99 }, exits)
    floor.sell('bob', 's', 4, 99)
    expect(floor.cancel('ann', 'e')).toEqual([
      'CANCELLED e 6 REQUESTED',
      'TRIGGERED e.profit 3 OPEN',
      'TRIGGERED e.stop 3 PENDING',
    ])
  })

  it('cancels exits of less than a lot', () => {
    floor.bracket('ann', 'e', 'BUY', { quantity: 1, price: 99 }, exits)
    expect(floor.sell('bob', 's', 1, 99).slice(2)).toEqual([
      'CANCELLED e.profit 1 REFUSED_AT_TRIGGER',
      'CANCELLED e.stop 1 REFUSED_AT_TRIGGER',
    ])
  })

  it('triggers a stop loss at once whose price was met in the meantime', () => {
    floor.bracket('ann', 'e', 'BUY', { quantity: 10, price: 99 }, exits)
    floor.buy('eve', 'low', 5, 87)
    expect(floor.sell('bob', 's', 12, 87).slice(1)).toEqual([
      'TRADE 10@99 e s',
      'TRADE 2@87 low s',
      'TRIGGERED e.profit 9 OPEN',
      'TRIGGERED e.stop 9 PENDING',
      'TRIGGERED e.stop 9 OPEN',
      'CANCELLED e.profit 9 OTHER_LEG',
      'TRADE 3@87 low e.stop',
      'CANCELLED e.stop 6 REMAINDER',
    ])
  })

  it('keeps its entry where the owner cancels an exit', () => {
    floor.bracket('ann', 'e', 'BUY', { quantity: 10, price: 99 }, exits)
    expect(floor.cancel('ann', 'e.profit')).toEqual([
      'CANCELLED e.profit 10 REQUESTED',
      'CANCELLED e.stop 10 REQUESTED',
    ])
    expect(floor.sell('bob', 's', 10, 99).slice(1)).toEqual(['TRADE 10@99 e s'])
  })
})
