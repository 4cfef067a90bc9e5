import fc from 'fast-check'
import { expect, test } from 'vitest'
import { batchOf, type TestTrade } from '../testing/trades.ts'
import { type Candle, foldCandles, longerCandles, mergeCandles } from './candle.ts'
import { INTERVALS, partsOf, startOf } from './interval.ts'

const BTC = 'BTC-USDT'

test('a second opens with its first trade and closes with its last', () => {
  const batches = [
    batchOf(60_000, [{ symbol: BTC, price: 100, quantity: 2 }]),
    batchOf(60_999, [
      { symbol: BTC, price: 90, quantity: 1 },
      { symbol: 'ETH-USDT', price: 7, quantity: 1 },
    ]),
    batchOf(61_000, [{ symbol: BTC, price: 95, quantity: 1 }]),
  ]
  const candle = (symbol: string, openTime: number, prices: [number, number, number, number]) => {
    const [open, high, low, close] = prices
    return { symbol, openTime, open, high, low, close }
  }
  expect(foldCandles(batches)).toEqual([
    { ...candle(BTC, 60_000, [100, 100, 90, 90]), volume: 3n, quoteVolume: 290n, tradeCount: 2 },
    { ...candle('ETH-USDT', 60_000, [7, 7, 7, 7]), volume: 1n, quoteVolume: 7n, tradeCount: 1 },
    { ...candle(BTC, 61_000, [95, 95, 95, 95]), volume: 1n, quoteVolume: 95n, tradeCount: 1 },
  ])
})

/** Trades over a year and more: some in a burst, some days or weeks apart. */
const trades = fc
  .array(
    fc.record({
      price: fc.integer({ min: 1, max: 1_000 }),
      quantity: fc.integer({ min: 1, max: 9 }),
      after: fc.oneof(fc.nat({ max: 3_000 }), fc.nat({ max: 40_000_000 }), fc.nat({ max: 20 * 86_400_000 })),
    }),
    { minLength: 1, maxLength: 60 },
  )
  .map((list) => {
    let time = Date.UTC(2024, 0, 30, 22)
    return list.map(({ after, ...trade }) => {
      time += after
      return { time, trade: { symbol: BTC, ...trade } }
    })
  })

/** The candles of an interval from the trades themselves, as the definition says. */
function direct(interval: (typeof INTERVALS)[number], list: readonly { time: number; trade: TestTrade }[]): Candle[] {
  const starts = [...new Set(list.map(({ time }) => startOf(interval, time)))]
  return starts.map((openTime) => {
    const within = list.filter(({ time }) => startOf(interval, time) === openTime).map(({ trade }) => trade)
    const prices = within.map(({ price }) => price)
    return {
      symbol: BTC,
      openTime,
      open: prices[0]!,
      high: Math.max(...prices),
      low: Math.min(...prices),
      close: prices.at(-1)!,
      volume: within.reduce((sum, { quantity }) => sum + BigInt(quantity), 0n),
      quoteVolume: within.reduce((sum, { price, quantity }) => sum + BigInt(price * quantity), 0n),
      tradeCount: within.length,
    }
  })
}

test('candles of every interval, merged from seconds directly or by way of what is stored, are those of the trades themselves', () => {
  fc.assert(
    fc.property(trades, (list) => {
      const seconds = foldCandles(list.map(({ time, trade }) => batchOf(time, [trade])))
      for (const interval of INTERVALS) {
        const expected = direct(interval, list)
        expect(longerCandles(interval, seconds)).toEqual(expected)
        expect(longerCandles(interval, longerCandles(partsOf(interval).stored, seconds))).toEqual(expected)
      }
    }),
    { numRuns: 60 },
  )
})

test('candles are the same however their trades were batched', () => {
  fc.assert(
    fc.property(trades, fc.nat(), (list, cut) => {
      const batches = list.map(({ time, trade }) => batchOf(time, [trade]))
      const at = cut % list.length
      const merged = new Map<number, Candle>()
      for (const candle of [...foldCandles(batches.slice(0, at)), ...foldCandles(batches.slice(at))]) {
        const before = merged.get(candle.openTime)
        merged.set(candle.openTime, before ? mergeCandles(before, candle) : candle)
      }
      expect([...merged.values()]).toEqual(foldCandles(batches))
    }),
  )
})
