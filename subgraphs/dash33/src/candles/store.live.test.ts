import { poolConfig } from '@opsource/database'
import { ManualClock, seededRandom } from '@opsource/kernel'
import { Pool } from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type FreshDatabase, freshDatabase } from '../../../../tests/support/database.ts'
import { inTransaction } from '../database.ts'
import { batchOf } from '../testing/trades.ts'
import { type Candle, foldCandles, longerCandles, mergeCandles } from './candle.ts'
import { INTERVALS, startOf } from './interval.ts'
import { openCandles } from './opening.ts'
import { writeCandles } from './projection.ts'
import { CandleRetention, SECOND_CANDLE_RETENTION_MS } from './retention.ts'
import { type CandleRange, findCandles } from './store.ts'

const BTC = 'BTC-USDT'
const START = Date.UTC(2026, 0, 31, 22)
const NOW = START + 6 * 3_600_000
let database: FreshDatabase
let pool: Pool

beforeEach(async () => {
  database = await freshDatabase('dash33')
  pool = new Pool(poolConfig(database.url))
  await pool.query(`UPDATE watermark SET engine_sequence = 7, time = $1`, [new Date(NOW)])
})

afterEach(async () => {
  await pool.end()
  await database.drop()
})

/** Seconds of two evenings a week apart, and of some days between, across the end of a month and of a week. */
function randomSeconds(): Candle[] {
  const random = seededRandom(11)
  const int = (below: number) => Math.floor(random.next() * below)
  let time = START
  const batches = Array.from({ length: 400 }, (_, i) => {
    time += i % 100 === 99 ? 2 * 86_400_000 : int(40_000)
    return batchOf(time, [{ symbol: BTC, price: 1_000 + int(100), quantity: 1 + int(9) }])
  })
  return foldCandles(batches)
}

const write = (seconds: readonly Candle[]) => inTransaction(pool, (client) => writeCandles(client, seconds))

/** @returns the candles as they were folded, without what the moment adds. */
async function find(range: CandleRange): Promise<Candle[]> {
  const found = await findCandles(pool, range)
  return found.map(({ interval: _interval, closeTime: _closeTime, closed: _closed, ...candle }) => candle)
}

test('candles of every interval are those that the seconds make, page after page, from either end', async () => {
  const seconds = randomSeconds()
  await write(seconds.slice(0, 150))
  await write(seconds.slice(150))
  await write([{ ...seconds[0]!, symbol: 'ETH-USDT' }])
  for (const interval of INTERVALS) {
    const expected = longerCandles(interval, seconds)
    const down: Candle[] = []
    for (let before = Infinity; ; before = down.at(-1)!.openTime) {
      const page = await find({ symbol: BTC, interval, before, limit: 37 })
      if (page.length === 0) break
      down.push(...page)
    }
    expect(down).toEqual(expected.toReversed())
    const up: Candle[] = []
    for (let from = 0; ; from = up.at(-1)!.openTime + 1) {
      const page = await find({ symbol: BTC, interval, from, limit: 37, first: 'oldest' })
      if (page.length === 0) break
      up.push(...page)
    }
    expect(up).toEqual(expected)
    const [from, before] = [START + 1_234_567, START + 3 * 86_400_000 + 5]
    expect(await find({ symbol: BTC, interval, from, before, limit: 500 })).toEqual(
      expected.filter(({ openTime }) => openTime >= from && openTime < before).toReversed(),
    )
  }
})

test('trades of a later write continue what is stored', async () => {
  const candle = { symbol: BTC, openTime: START, open: 5, high: 9, low: 4, close: 6 }
  const first = { ...candle, volume: 2n, quoteVolume: 11n, tradeCount: 2 }
  const more = { ...candle, open: 3, high: 3, low: 2, close: 2, volume: 1n, quoteVolume: 2n, tradeCount: 1 }
  await write([first])
  await write([more])
  for (const interval of INTERVALS)
    expect(await find({ symbol: BTC, interval, limit: 5 })).toEqual([
      { ...mergeCandles(first, more), openTime: startOf(interval, START) },
    ])
})

test('a candle is closed as soon as the projections have passed its end', async () => {
  await write(
    foldCandles([
      batchOf(NOW - 3_600_000, [{ symbol: BTC, price: 5, quantity: 1 }]),
      batchOf(NOW - 1, [{ symbol: BTC, price: 6, quantity: 1 }]),
    ]),
  )
  const closed = async (interval: CandleRange['interval']) =>
    (await findCandles(pool, { symbol: BTC, interval, limit: 5 })).map((candle) => candle.closed)
  expect(await closed('H1')).toEqual([true])
  expect(await closed('D1')).toEqual([false])
  expect(await closed('W1')).toEqual([false])
})

test('seconds go after their time; what was made of them stays', async () => {
  await write(
    foldCandles([0, 1, 2].map((second) => batchOf(START + second * 1_000, [{ symbol: BTC, price: 5, quantity: 1 }]))),
  )
  const clock = new ManualClock(START + SECOND_CANDLE_RETENTION_MS + 1_000)
  const retention = new CandleRetention(pool, clock, [BTC, 'ETH-USDT'])
  expect(await retention.run(AbortSignal.abort())).toBe(0)
  expect(await retention.run()).toBe(1)
  expect((await find({ symbol: BTC, interval: 'S1', limit: 9 })).map(({ openTime }) => openTime - START)).toEqual([
    2_000, 1_000,
  ])
  clock.advance(86_400_000)
  expect(await retention.run()).toBe(2)
  expect(await find({ symbol: BTC, interval: 'S5', limit: 9 })).toEqual([])
  for (const interval of ['M1', 'H4', 'MO1'] as const)
    expect(await find({ symbol: BTC, interval, limit: 9 })).toMatchObject([{ tradeCount: 3 }])
})

test('what is live goes on from what is stored, and waits for the projections', async () => {
  const old = batchOf(NOW - 86_400_000 - 3_600_000, [{ symbol: BTC, price: 1, quantity: 1 }])
  const yesterday = batchOf(NOW - 86_400_000 + 60_000, [{ symbol: BTC, price: 5, quantity: 1 }])
  const now = batchOf(NOW - 10, [{ symbol: BTC, price: 7, quantity: 1 }])
  await write(foldCandles([old, yesterday, now]))
  const opening = openCandles(pool, BTC, 8)
  await pool.query(`UPDATE watermark SET engine_sequence = 8 WHERE name = 'candles'`)
  const { sequence, day, live } = await opening
  expect(sequence).toBe(8)
  expect(day.total).toMatchObject({ open: 5, close: 7, tradeCount: 2 })
  expect(day.lastPrice).toBe(7)
  expect(live.newest('S1')).toMatchObject({ close: 7, closed: true })
  expect(live.newest('MO1')).toMatchObject({ close: 7, closed: false })
})
