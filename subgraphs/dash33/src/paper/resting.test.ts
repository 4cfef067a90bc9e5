import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type RealTrade, type RestingOrder, reachedBy } from './resting.ts'

const trade = (price: number, quantity: number, engineSequence = 10): RealTrade => ({
  engineSequence,
  leg: 0,
  symbol: 'BTC-USDT',
  price,
  quantity,
  executedAt: 0,
})
const order = (change: Partial<RestingOrder> = {}): RestingOrder => ({
  id: 'por_1',
  accountId: 'pac_a',
  symbol: 'BTC-USDT',
  side: 'BUY',
  price: 100,
  engineSequence: 5,
  remaining: 10,
  ahead: 0,
  ...change,
})
const shape = (of: ReturnType<typeof reachedBy>) => of.map(({ order: { id }, filled, ahead }) => [id, filled, ahead])

describe('a trade at the order’s price', () => {
  test('first uses up what was ahead', () => {
    expect(shape(reachedBy(trade(100, 4), [order({ ahead: 7 })]))).toEqual([['por_1', 0, 3]])
    expect(shape(reachedBy(trade(100, 9), [order({ ahead: 7 })]))).toEqual([['por_1', 2, 0]])
  })
  test('fills no more than the order wants', () => {
    expect(shape(reachedBy(trade(100, 90), [order({ ahead: 7 })]))).toEqual([['por_1', 10, 0]])
  })
})

describe('a trade through the order’s price', () => {
  test('has passed what was ahead, and fills up to what it traded', () => {
    expect(shape(reachedBy(trade(99, 4), [order({ ahead: 7 })]))).toEqual([['por_1', 4, 0]])
    expect(shape(reachedBy(trade(101, 4), [order({ side: 'SELL', ahead: 7 })]))).toEqual([['por_1', 4, 0]])
  })
  test('is none on the other side of it', () => {
    expect(reachedBy(trade(101, 4), [order()])).toEqual([])
    expect(reachedBy(trade(99, 4), [order({ side: 'SELL' })])).toEqual([])
  })
})

test('what the order was placed against has traded before it', () => {
  expect(reachedBy(trade(99, 4, 5), [order()])).toEqual([])
  expect(reachedBy(trade(99, 4, 6), [order()])).toHaveLength(1)
})

test('of an account’s orders the better price comes first, then the earlier; each account has the trade for itself', () => {
  const orders = [
    order({ id: 'por_3', price: 100, remaining: 2 }),
    order({ id: 'por_1', price: 100, remaining: 2 }),
    order({ id: 'por_2', price: 101, remaining: 3 }),
    order({ id: 'por_4', accountId: 'pac_b', remaining: 9 }),
  ]
  expect(shape(reachedBy(trade(100, 6), orders)).sort()).toEqual([
    ['por_1', 2, 0],
    ['por_2', 3, 0],
    ['por_3', 1, 0],
    ['por_4', 6, 0],
  ])
})

test('one trade never fills more of an account’s side than it traded, and nothing beyond what an order wants', () => {
  const orders = fc.array(
    fc.record({
      price: fc.integer({ min: 95, max: 105 }),
      side: fc.constantFrom('BUY' as const, 'SELL' as const),
      remaining: fc.integer({ min: 1, max: 20 }),
      ahead: fc.integer({ min: 0, max: 20 }),
      accountId: fc.constantFrom('pac_a', 'pac_b'),
    }),
    { maxLength: 12 },
  )
  fc.assert(
    fc.property(orders, fc.integer({ min: 95, max: 105 }), fc.integer({ min: 1, max: 40 }), (all, price, quantity) => {
      const reached = reachedBy(
        trade(price, quantity),
        all.map((each, n) => order({ ...each, id: `por_${n}` })),
      )
      for (const accountId of ['pac_a', 'pac_b'])
        for (const side of ['BUY', 'SELL']) {
          const own = reached.filter(({ order: each }) => each.accountId === accountId && each.side === side)
          expect(own.reduce((sum, { filled }) => sum + filled, 0)).toBeLessThanOrEqual(quantity)
        }
      for (const { order: each, filled, ahead } of reached) {
        expect(filled).toBeLessThanOrEqual(each.remaining)
        expect(ahead).toBeLessThanOrEqual(each.ahead)
        expect(filled === 0 || ahead === 0).toBe(true)
      }
    }),
  )
})
