import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Levels } from './levels.ts'
import type { BookSide } from './price-order.ts'

const changes = fc.array(fc.tuple(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 0, max: 5 })), { maxLength: 400 })
const sides = fc.constantFrom<BookSide>('BUY', 'SELL')

test('levels are what a sorted map of the same changes holds', () => {
  fc.assert(
    fc.property(sides, changes, (side, steps) => {
      const levels = new Levels(side)
      const naive = new Map<number, number>()
      for (const [price, quantity] of steps) {
        const before = naive.get(price)
        expect(levels.set(price, quantity)).toEqual({
          before: before === undefined ? null : [price, before],
          after: quantity === 0 ? null : [price, quantity],
        })
        if (quantity === 0) naive.delete(price)
        else naive.set(price, quantity)
      }
      const sorted = [...naive].sort(([a], [b]) => (side === 'BUY' ? b - a : a - b))
      expect(levels.best(1_000)).toEqual(sorted)
      expect(levels.best(3)).toEqual(sorted.slice(0, 3))
      expect(levels.size).toBe(naive.size)
      for (const rank of [0, 1, 5, 80]) expect(levels.at(rank)).toEqual(sorted[rank] ?? null)
      for (let price = 1; price <= 60; price++) expect(levels.quantityOf(price)).toBe(naive.get(price) ?? 0)
    }),
  )
})

test('removing a level that is not there changes nothing', () => {
  const levels = new Levels('SELL', [[101, 2]])
  levels.set(100, 0)
  expect(levels.best(5)).toEqual([[101, 2]])
})
