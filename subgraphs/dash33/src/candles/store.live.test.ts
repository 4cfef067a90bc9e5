import { poolConfig } from '@opsource/database'
import { seededRandom } from '@opsource/kernel'
import { Pool } from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type FreshDatabase, freshDatabase } from '../../../../tests/support/database.ts'
import { inTransaction } from '../database.ts'
import { type Candle, MINUTE_MS, mergeCandles } from './candle.ts'
import { writeCandles } from './projection.ts'
import { findCandles } from './store.ts'

const BTC = 'BTC-USDT'
let database: FreshDatabase
let pool: Pool

beforeEach(async () => {
  database = await freshDatabase('dash33')
  pool = new Pool(poolConfig(database.url))
})

afterEach(async () => {
  await pool.end()
  await database.drop()
})

/** Minutes of four hours, a third of them without a trade. */
function randomMinutes(): Candle[] {
  const random = seededRandom(11)
  const int = (below: number) => Math.floor(random.next() * below)
  const start = Date.UTC(2026, 0, 1, 22)
  return Array.from({ length: 240 }, (_, minute) => minute)
    .filter(() => random.next() > 1 / 3)
    .map((minute) => {
      const [open, close, up, down] = [1_000 + int(100), 1_000 + int(100), int(20), int(20)]
      const openTime = start + minute * MINUTE_MS
      const [high, low] = [Math.max(open, close) + up, Math.min(open, close) - down]
      return {
        symbol: BTC,
        openTime,
        open,
        high,
        low,
        close,
        volume: BigInt(int(50)),
        quoteVolume: BigInt(int(9_000)),
        tradeCount: 1 + int(9),
      }
    })
}

const write = (candles: readonly Candle[]) => inTransaction(pool, (client) => writeCandles(client, candles))

/** What the minutes make, newest first. */
function derived(minutes: readonly Candle[], intervalMs: number): Candle[] {
  const merged = new Map<number, Candle>()
  for (const minute of minutes) {
    const openTime = minute.openTime - (minute.openTime % intervalMs)
    const before = merged.get(openTime)
    merged.set(openTime, before ? mergeCandles(before, minute) : { ...minute, openTime })
  }
  return [...merged.values()].reverse()
}

test.each([1, 5, 60])(
  'candles of %i minutes are those that the stored minutes make, page after page',
  async (length) => {
    const minutes = randomMinutes()
    await write(minutes)
    await write([{ ...minutes[0]!, symbol: 'ETH-USDT' }])
    const intervalMs = length * MINUTE_MS
    const pages: Candle[] = []
    for (let before: number | null = null; ; before = pages.at(-1)!.openTime) {
      const page = await findCandles(pool, BTC, intervalMs, before, 7)
      if (page.length === 0) break
      pages.push(...page)
    }
    expect(pages).toEqual(derived(minutes, intervalMs))
  },
)

test('trades of a later write continue the minute that is stored', async () => {
  const minute = {
    symbol: BTC,
    openTime: 0,
    open: 5,
    high: 9,
    low: 4,
    close: 6,
    volume: 2n,
    quoteVolume: 11n,
    tradeCount: 2,
  }
  const more = {
    symbol: BTC,
    openTime: 0,
    open: 3,
    high: 3,
    low: 2,
    close: 2,
    volume: 1n,
    quoteVolume: 2n,
    tradeCount: 1,
  }
  await write([minute])
  await write([more])
  expect(await findCandles(pool, BTC, MINUTE_MS, null, 5)).toEqual([mergeCandles(minute, more)])
})
