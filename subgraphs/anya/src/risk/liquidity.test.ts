import { describe, expect, test } from 'vitest'
import { liquidationCost } from './liquidity.ts'

const level = (price: number, quantity: number) => ({ price, quantity })
const BOOK = { bids: [level(99, 10), level(98, 10), level(90, 5)], asks: [level(101, 4), level(103, 20)] }
const cost = (quantity: number) => {
  const result = liquidationCost(quantity, BOOK)
  if (!result.ok) throw new Error(result.error.kind)
  return result.value
}

describe('liquidating at once', () => {
  test('what is small costs half the spread', () => {
    expect(cost(10)).toEqual({
      mid: 100,
      filled: 10,
      unfilled: 0,
      averagePrice: 99,
      spreadCost: 10,
      depthCost: 0,
      totalCost: 10,
      relativeCost: 0.01,
    })
  })

  test('what is large goes deeper, level by level', () => {
    expect(cost(15)).toMatchObject({
      spreadCost: 15,
      depthCost: 5,
      totalCost: 20,
      averagePrice: (10 * 99 + 5 * 98) / 15,
    })
  })

  test('what is owed is bought from the asks', () => {
    expect(cost(-14)).toMatchObject({ filled: 14, spreadCost: 14, depthCost: 20, totalCost: 34 })
  })

  test('what nobody takes is told and not priced', () => {
    expect(cost(30)).toMatchObject({ filled: 25, unfilled: 5 })
  })

  test('all that is filled, at the middle, is the cost more than what was paid', () => {
    for (const quantity of [1, 12, 25, -3, -20]) {
      const { mid, filled, averagePrice, totalCost } = cost(quantity)
      expect(Math.abs(filled * (mid - averagePrice))).toBeCloseTo(totalCost, 9)
    }
  })
})

test.each([
  ['no bids', 1, { ...BOOK, bids: [] }, 'NO_BIDS'],
  ['bids of nothing', 1, { ...BOOK, bids: [level(99, 0)] }, 'NO_BIDS'],
  ['no asks', 1, { ...BOOK, asks: [] }, 'NO_ASKS'],
  ['a crossed book', 1, { ...BOOK, bids: [level(102, 1)] }, 'CROSSED_BOOK'],
  ['no position', 0, BOOK, 'NOTHING_HELD'],
  ['a position that is no number', Number.NaN, BOOK, 'NOTHING_HELD'],
])('%s is refused with its kind', (_name, quantity, book, kind) => {
  expect(liquidationCost(quantity, book)).toEqual({ ok: false, error: { kind } })
})
