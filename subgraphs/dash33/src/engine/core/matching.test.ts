import { beforeEach, describe, expect, it } from 'vitest'
import { TradingFloor, WEALTH } from '../../../../../tests/support/trading-floor.ts'
import type { SelfTradePrevention } from '../commands.ts'

let floor: TradingFloor
beforeEach(() => {
  floor = new TradingFloor()
})

describe('an incoming order', () => {
  it('takes the better price first, then who came first, at the price that was there', () => {
    floor.sell('bob', 'dear', 5, 102)
    floor.sell('bob', 'first', 5, 101)
    floor.sell('eve', 'second', 5, 101)
    expect(floor.buy('ann', 'a', 12, 102).slice(1)).toEqual([
      'TRADE 5@101 first a',
      'TRADE 5@101 second a',
      'TRADE 2@102 dear a',
    ])
  })

  it('with FOK trades whole or not at all, what icebergs hide counted', () => {
    floor.sell('bob', 's', 10, 100, { displayQuantity: 2 })
    expect(floor.buy('ann', 'a', 11, 100, { timeInForce: 'FOK' }).slice(1)).toEqual(['CANCELLED a 11 FILL_OR_KILL'])
    expect(floor.buy('ann', 'b', 10, 100, { timeInForce: 'FOK' }).at(-1)).toBe('TRADE 2@100 s b')
    expect(floor.state('ann', 'b')).toBe('FILLED 10/10')
  })

  it('with FOK counts no further than its own account where that would end it', () => {
    floor.sell('bob', 's', 5, 100)
    floor.sell('ann', 'own', 5, 101)
    floor.sell('bob', 't', 5, 102)
    expect(floor.buy('ann', 'a', 6, 102, { timeInForce: 'FOK' }).slice(1)).toEqual(['CANCELLED a 6 FILL_OR_KILL'])
  })

  it('with FOK and without a price counts what it can pay', () => {
    floor.sell('bob', 's', 1_000, 1_000_000)
    expect(floor.buy('ann', 'a', 1_001, null, { timeInForce: 'FOK' }).slice(1)).toEqual([
      'CANCELLED a 1001 FILL_OR_KILL',
    ])
    expect(floor.buy('ann', 'b', 1_000, null, { timeInForce: 'FOK' }).slice(1)).toEqual(['TRADE 1000@1000000 s b'])
    expect(floor.available('ann', 'USDT')).toBe(0)
  })

  it('without a price goes at most the protection from the best price as it arrives', () => {
    floor.sell('bob', 's', 5, 101)
    floor.sell('bob', 'edge', 5, 106)
    floor.sell('bob', 'beyond', 5, 107)
    // 5 % above 101 is 106.05: 106.
    expect(floor.buy('ann', 'a', 15, null).slice(1)).toEqual([
      'TRADE 5@101 s a',
      'TRADE 5@106 edge a',
      'CANCELLED a 5 PROTECTION',
    ])
  })

  it('post-only is refused where it would trade, also with its own account, but not in an auction', () => {
    floor.sell('ann', 's', 5, 101)
    expect(floor.buy('ann', 'a', 5, 101, { postOnly: true })).toEqual(['REFUSED POST_ONLY_WOULD_TRADE'])
    expect(floor.buy('ann', 'b', 5, 100, { postOnly: true })).toEqual(['ACCEPTED b OPEN'])
    floor.status('AUCTION')
    expect(floor.buy('eve', 'c', 5, 101, { postOnly: true })).toEqual(['ACCEPTED c OPEN'])
  })
})

describe('an iceberg', () => {
  it('shows a slice at a time, the next one behind those that wait at its price', () => {
    floor.sell('bob', 'ice', 10, 100, { displayQuantity: 3 })
    floor.sell('eve', 'plain', 4, 100)
    expect(floor.book.asks).toEqual([[100, 7]])
    expect(floor.buy('ann', 'a', 9, 100).slice(1)).toEqual([
      'TRADE 3@100 ice a',
      'TRADE 4@100 plain a',
      'TRADE 2@100 ice a',
    ])
    expect(floor.book.asks).toEqual([[100, 1]])
    expect(floor.held('bob', 'BTC')).toBe(5_000)
  })
})

describe('an order that meets its own account', () => {
  const meet = (selfTradePrevention: SelfTradePrevention) => {
    floor.sell('ann', 'own', 5, 100)
    floor.sell('bob', 's', 5, 101)
    return floor.buy('ann', 'a', 8, 101, { selfTradePrevention }).slice(1)
  }

  it('with EXPIRE_TAKER ends there', () => {
    expect(meet('EXPIRE_TAKER')).toEqual(['CANCELLED a 8 SELF_TRADE'])
  })

  it('with EXPIRE_MAKER takes the other away and goes on', () => {
    expect(meet('EXPIRE_MAKER')).toEqual(['CANCELLED own 5 SELF_TRADE', 'TRADE 5@101 s a'])
    expect(floor.book.bids).toEqual([[101, 3]])
  })

  it('with EXPIRE_BOTH both end', () => {
    expect(meet('EXPIRE_BOTH')).toEqual(['CANCELLED own 5 SELF_TRADE', 'CANCELLED a 8 SELF_TRADE'])
  })

  it('with DECREMENT both lose the smaller quantity, and it goes on', () => {
    expect(meet('DECREMENT')).toEqual(['CANCELLED own 5 SELF_TRADE', 'AMENDED a 3/3@101 KEPT', 'TRADE 3@101 s a'])
    expect(floor.held('ann', 'USDT')).toBe(0)
  })

  it('with DECREMENT takes from what an iceberg hides first, which keeps its place', () => {
    floor.sell('ann', 'ice', 10, 100, { displayQuantity: 4 })
    expect(floor.buy('ann', 'a', 5, 100, { selfTradePrevention: 'DECREMENT' }).slice(1)).toEqual([
      'AMENDED ice 5/5@100 KEPT',
      'CANCELLED a 5 SELF_TRADE',
    ])
    expect(floor.book.asks).toEqual([[100, 4]])
    expect(floor.held('ann', 'BTC')).toBe(5_000)
  })

  it('with NONE trades with itself: only the fees are paid', () => {
    expect(meet('NONE')).toEqual(['TRADE 5@100 own a', 'TRADE 3@101 s a'])
    // 2 bps of 500 units as maker; of 5,000 and of 3,000 units 5 bps each as taker, all rounded up.
    expect(floor.available('ann', 'USDT')).toBe(WEALTH - 303 - 1)
    expect(floor.available('ann', 'BTC')).toBe(WEALTH + 3_000 - 3 - 2)
  })
})

describe('an amendment', () => {
  beforeEach(() => {
    floor.buy('ann', 'a', 10, 100)
    floor.buy('bob', 'b', 10, 100)
  })

  it('to less keeps the place in the queue', () => {
    expect(floor.amend('ann', 'a', { quantity: 6 })).toEqual(['AMENDED a 6/6@100 KEPT'])
    expect(floor.held('ann', 'USDT')).toBe(600)
    expect(floor.sell('eve', 's', 7, 100).slice(1)).toEqual(['TRADE 6@100 a s', 'TRADE 1@100 b s'])
  })

  it('to more, or to another price, goes to the end of the queue', () => {
    expect(floor.amend('ann', 'a', { quantity: 11 })).toEqual(['AMENDED a 11/11@100'])
    expect(floor.sell('eve', 's', 1, 100).slice(1)).toEqual(['TRADE 1@100 b s'])
    expect(floor.amend('bob', 'b', { price: 99 })).toEqual(['AMENDED b 9/10@99'])
    expect(floor.book.bids).toEqual([
      [100, 11],
      [99, 9],
    ])
  })

  it('to a price that crosses trades at once', () => {
    floor.sell('eve', 's', 4, 105)
    expect(floor.amend('ann', 'a', { price: 105 })).toEqual(['AMENDED a 10/10@105', 'TRADE 4@105 s a'])
    expect(floor.ack).toMatchObject({ kind: 'AMENDED', keptPriority: false, fills: [{ quantity: 4, price: 105 }] })
    expect(floor.state('ann', 'a')).toBe('PARTIALLY_FILLED 4/10')
  })

  it('that would trade is refused to a post-only order, which stays as it was', () => {
    floor.sell('eve', 's', 4, 105)
    floor.buy('ann', 'c', 10, 99, { postOnly: true })
    expect(floor.amend('ann', 'c', { price: 105 })).toEqual(['REFUSED POST_ONLY_WOULD_TRADE'])
    expect(floor.book.bids.at(-1)).toEqual([99, 10])
  })

  it('to no more than has traded is refused', () => {
    floor.sell('eve', 's', 4, 100)
    expect(floor.amend('ann', 'a', { quantity: 4 })).toEqual(['REFUSED QUANTITY_BELOW_FILLED'])
    expect(floor.amend('ann', 'a', { quantity: 5 })).toEqual(['AMENDED a 1/5@100 KEPT'])
  })

  it('that cannot be paid for is refused, and nothing changes', () => {
    expect(floor.amend('ann', 'a', { price: WEALTH })).toEqual(['REFUSED INSUFFICIENT_BALANCE'])
    expect(floor.held('ann', 'USDT')).toBe(1_000)
    expect(floor.sell('eve', 's', 1, 100).slice(1)).toEqual(['TRADE 1@100 a s'])
  })

  it('that changes nothing is no event', () => {
    expect(floor.amend('ann', 'a', { quantity: 10, price: 100 })).toEqual([])
    expect(floor.ack).toMatchObject({ kind: 'AMENDED', keptPriority: true, order: { quantity: 10, price: 100 } })
  })

  it('of what the order does not have is refused', () => {
    expect(floor.amend('ann', 'a', { stopPrice: 90 })).toEqual(['REFUSED AMENDMENT_NOT_ALLOWED'])
    expect(floor.amend('ann', 'nothing', { price: 90 })).toEqual(['REFUSED ORDER_NOT_OPEN'])
  })
})
