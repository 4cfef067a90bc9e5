import { expect, test } from 'vitest'
import { BarBuilder } from './bar.ts'

const trade = (time: number, price: number, quantity = 1) => ({ time, price, quantity })

function builderFrom(time: number): BarBuilder {
  const builder = new BarBuilder(1_000)
  builder.miss(time)
  return builder
}

test('a bar holds the trades of its interval, and ends with the first moment of the next', () => {
  const builder = builderFrom(0)
  expect(builder.add(trade(1_000, 10))).toBeNull()
  expect(builder.add(trade(1_500, 14, 2))).toBeNull()
  expect(builder.add(trade(1_999, 9))).toBeNull()
  expect(builder.advance(1_999)).toBeNull()
  const bar = { openTime: 1_000, open: 10, high: 14, low: 9, close: 9, volume: 4 }
  expect(builder.add(trade(2_000, 11))).toEqual(bar)
  expect(builder.advance(3_000)).toEqual({ openTime: 2_000, open: 11, high: 11, low: 11, close: 11, volume: 1 })
})

test('an interval without a trade has no bar', () => {
  const builder = builderFrom(0)
  builder.add(trade(1_200, 10))
  expect(builder.advance(2_000)?.openTime).toBe(1_000)
  expect(builder.advance(5_000)).toBeNull()
})

test('an interval that was not seen from its beginning, or not whole, has no bar', () => {
  const builder = builderFrom(500)
  builder.add(trade(700, 10))
  expect(builder.advance(1_000)).toBeNull()
  builder.add(trade(1_200, 10))
  builder.miss(1_300)
  builder.add(trade(1_400, 11))
  expect(builder.advance(2_000)).toBeNull()
  builder.add(trade(2_100, 12))
  expect(builder.advance(3_000)?.open).toBe(12)
})

test('a trade from before the bar in hand changes nothing', () => {
  const builder = builderFrom(0)
  builder.add(trade(2_100, 12))
  expect(builder.add(trade(1_900, 99))).toBeNull()
  expect(builder.advance(3_000)?.high).toBe(12)
})
