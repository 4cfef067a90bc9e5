import { expect, test } from 'vitest'
import { batchOf } from '../testing/trades.ts'
import { foldCandles } from './candle.ts'
import { INTERVALS, startOf } from './interval.ts'
import { LiveCandles } from './live.ts'

const START = Date.UTC(2024, 1, 29, 23, 59, 58)

const opened = () => new LiveCandles(new Map(), START)

/** As a batch of that time, with or without a trade, is taken. */
function step(candles: LiveCandles, time: number, price?: number): void {
  candles.advance(time)
  if (price === undefined) return
  for (const second of foldCandles([batchOf(time, [{ symbol: 'BTC-USDT', price, quantity: 1 }])])) candles.add(second)
}

test('every interval has the candle of the trades since it began', () => {
  const candles = opened()
  for (const interval of INTERVALS) expect(candles.newest(interval)).toBeNull()
  step(candles, START, 10)
  step(candles, START + 1_999, 30)
  step(candles, START + 2_000, 20)
  for (const interval of INTERVALS) {
    // The third trade is in the next month, but still in the same week.
    const openTime = startOf(interval, START + 2_000)
    const grown = interval === 'W1' ? { open: 10, high: 30, low: 10, tradeCount: 3 } : { open: 20, tradeCount: 1 }
    expect(candles.newest(interval)).toMatchObject({ interval, openTime, close: 20, closed: false, ...grown })
  }
})

test('a reader is given the candle whole after each change, and once closed when engine time has passed its end', async () => {
  const candles = opened()
  const reader = candles.watch('S1')
  const seen: unknown[] = []
  const reading = (async () => {
    for await (const { openTime, close, tradeCount, closed } of reader)
      seen.push([openTime - START, close, tradeCount, closed])
  })()
  const turn = () => new Promise((resolve) => setImmediate(resolve))
  step(candles, START, 10)
  await turn()
  step(candles, START + 999, 11)
  await turn()
  // The end of one second and the trade that begins the next come in one batch.
  step(candles, START + 1_000, 12)
  await turn()
  step(candles, START + 1_500)
  step(candles, START + 7_000)
  await turn()
  step(candles, START + 9_000)
  await turn()
  expect(seen).toEqual([
    [0, 10, 1, false],
    [0, 11, 2, false],
    [0, 11, 2, true],
    [1_000, 12, 1, false],
    [1_000, 12, 1, true],
  ])
  candles.close()
  await reading
})

test('an interval ends by engine time alone', async () => {
  const candles = opened()
  step(candles, START, 10)
  expect(candles.newest('S1')?.closed).toBe(false)
  candles.advance(START + 999)
  expect(candles.newest('S1')?.closed).toBe(false)
  candles.advance(START + 1_000)
  expect(candles.newest('S1')?.closed).toBe(true)
})

test('a slow reader holds at most the last candle that ended and the one that grows', async () => {
  const candles = opened()
  const reader = candles.watch('S1')
  for (let second = 0; second < 100; second++) {
    step(candles, START + second * 1_000, second + 1)
    step(candles, START + second * 1_000 + 500, second + 2)
  }
  const held = [(await reader.next()).value, (await reader.next()).value]
  expect(held).toMatchObject([
    { openTime: START + 98_000, closed: true, close: 100 },
    { openTime: START + 99_000, closed: false, close: 101 },
  ])
  await reader.return()
})

test('a candle of before goes on growing, and one whose time has passed meanwhile is closed', () => {
  const candle = { symbol: 'BTC-USDT', open: 5, high: 9, low: 4, close: 6, volume: 2n, quoteVolume: 11n, tradeCount: 2 }
  const candles = new LiveCandles(
    new Map([
      ['S1', { ...candle, openTime: START - 5_000 }],
      ['D1', { ...candle, openTime: startOf('D1', START) }],
    ]),
    START,
  )
  expect(candles.newest('S1')).toMatchObject({ closed: true, closeTime: START - 4_000 })
  step(candles, START + 1, 20)
  expect(candles.newest('D1')).toMatchObject({ open: 5, high: 20, close: 20, tradeCount: 3, closed: false })
})
