import fc from 'fast-check'
import { expect, test } from 'vitest'
import { batchOf } from '../testing/trades.ts'
import { foldCandles, longerCandles, mergeCandles } from './candle.ts'
import { RollingDay } from './day.ts'
import { startOf } from './interval.ts'

const DAY_MS = 86_400_000
const START = Date.UTC(2024, 0, 30, 22)

test('the last day is what its minutes hold, whenever it was opened and however long nothing trades', () => {
  const steps = fc.array(
    fc.record({
      after: fc.oneof(fc.nat({ max: 90_000 }), fc.nat({ max: 9 * 3_600_000 })),
      price: fc.option(fc.integer({ min: 1, max: 99 })),
    }),
    { maxLength: 60 },
  )
  fc.assert(
    fc.property(steps, fc.nat({ max: 60 }), (list, reopened) => {
      let now = START
      let day = new RollingDay([], null, now)
      const seconds = []
      let lastPrice: number | null = null
      for (const [number, { after, price }] of list.entries()) {
        now += after
        day.advance(now)
        if (price !== null) {
          const [second] = foldCandles([batchOf(now, [{ symbol: 'BTC-USDT', price, quantity: 2 }])])
          day.add(second!)
          seconds.push(second!)
          lastPrice = price
        }
        if (number === reopened) day = new RollingDay(longerCandles('M1', seconds), lastPrice, now)
        const since = startOf('M1', now - DAY_MS)
        const within = longerCandles('M1', seconds).filter(({ openTime }) => openTime >= since)
        expect(day.total).toEqual(within.length === 0 ? null : within.reduce(mergeCandles))
        expect(day.lastPrice).toBe(lastPrice)
      }
    }),
  )
})

test('the minute that was 24 hours ago is in the day, and leaves it with the next', () => {
  const trade = (time: number, price: number) =>
    foldCandles([batchOf(time, [{ symbol: 'BTC-USDT', price, quantity: 1 }])])[0]!
  const day = new RollingDay([], null, START)
  day.add(trade(START + 59_000, 100))
  day.add(trade(START + 60_000, 50))
  expect(day.advance(START + DAY_MS + 59_999)).toBe(false)
  expect(day.total).toMatchObject({ open: 100, high: 100, low: 50, close: 50, volume: 2n, tradeCount: 2 })
  expect(day.advance(START + DAY_MS + 60_000)).toBe(true)
  expect(day.total).toMatchObject({ open: 50, high: 50, tradeCount: 1 })
  expect(day.advance(START + 2 * DAY_MS)).toBe(true)
  expect(day.total).toBeNull()
  expect(day.lastPrice).toBe(50)
})
