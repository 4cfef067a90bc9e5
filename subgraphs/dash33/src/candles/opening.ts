import { setTimeout as wait } from 'node:timers/promises'
import type { Pool } from 'pg'
import type { Candle } from './candle.ts'
import { RollingDay } from './day.ts'
import { INTERVALS, type Interval } from './interval.ts'
import { LiveCandles } from './live.ts'
import { findCandles } from './store.ts'

const DAY_MS = 86_400_000
/** The projections are at most some 100 ms behind. */
const PROJECTION_POLL_MS = 20
/** Projections that take longer have stopped. */
const PROJECTION_WAIT_MS = 30_000
/** A day of minutes, the one that it began in, and the one that grows. */
const MINUTES_OF_A_DAY = 1_442

/** What is known of a market's candles as of one engine sequence. */
export interface CandleOpening {
  readonly sequence: number
  readonly live: LiveCandles
  readonly day: RollingDay
}

/** Reads what the live candles and the last day of a market go on from, once the projections hold all up to `since`. */
export async function openCandles(pool: Pool, symbol: string, since: number): Promise<CandleOpening> {
  for (let waitedMs = 0; ; ) {
    const before = await readWatermark(pool)
    if (before.sequence < since) {
      if (waitedMs >= PROJECTION_WAIT_MS) throw new Error(`the candles stand at ${before.sequence}, not at ${since}`)
      await wait(PROJECTION_POLL_MS)
      waitedMs += PROJECTION_POLL_MS
      continue
    }
    const newest = new Map<Interval, Candle>()
    for (const interval of INTERVALS) {
      const [candle] = await findCandles(pool, { symbol, interval, limit: 1 })
      if (candle) newest.set(interval, candle)
    }
    const from = before.time - DAY_MS - 60_000
    const minutes = await findCandles(pool, { symbol, interval: 'M1', from, limit: MINUTES_OF_A_DAY })
    // All of them as of one moment: where the projections have gone on meanwhile, once more.
    if ((await readWatermark(pool)).sequence !== before.sequence) continue
    const lastPrice = newest.get('M1')?.close ?? null
    return {
      sequence: before.sequence,
      live: new LiveCandles(newest, before.time),
      day: new RollingDay(minutes.reverse(), lastPrice, before.time),
    }
  }
}

async function readWatermark(pool: Pool): Promise<{ sequence: number; time: number }> {
  const { rows } = await pool.query<{ engine_sequence: string; time: Date }>(
    `SELECT engine_sequence, time FROM watermark WHERE name = 'candles'`,
  )
  if (!rows[0]) throw new Error('the candles have no watermark')
  return { sequence: Number(rows[0].engine_sequence), time: rows[0].time.getTime() }
}
