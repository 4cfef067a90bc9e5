import type { Pool } from 'pg'
import { type Candle, MINUTE_MS } from './candle.ts'

/**
 * Longer candles are put together from the stored minutes. So many of the newest minutes hold at least as many whole intervals
 * as the page has: an interval has no more minutes than its length.
 */
const FIND_CANDLES = `
  WITH minutes AS (
    SELECT *, (extract(epoch FROM open_time) * 1000)::bigint / $3::bigint * $3::bigint AS interval_start
    FROM candle WHERE symbol = $1 AND open_time < $2 ORDER BY open_time DESC LIMIT $4
  )
  SELECT interval_start, (array_agg(open ORDER BY open_time))[1] AS open, max(high) AS high, min(low) AS low,
    (array_agg(close ORDER BY open_time DESC))[1] AS close, sum(volume) AS volume, sum(quote_volume) AS quote_volume,
    sum(trade_count)::int AS trade_count
  FROM minutes GROUP BY interval_start ORDER BY interval_start DESC LIMIT $5`

/** The latest moment that `timestamptz` and the page's cursor both hold. */
const END_OF_TIME_MS = 8.64e15

type CandleRow = Record<'interval_start' | 'open' | 'high' | 'low' | 'close' | 'volume' | 'quote_volume', string> & {
  readonly trade_count: number
}

/** A market's candles of `intervalMs` that opened before `before` (milliseconds since the Unix epoch), newest first. */
export async function findCandles(
  pool: Pool,
  symbol: string,
  intervalMs: number,
  before: number | null,
  limit: number,
): Promise<Candle[]> {
  const end = before === null ? 'infinity' : new Date(Math.min(Math.max(before, 0), END_OF_TIME_MS)).toISOString()
  const minutes = limit * (intervalMs / MINUTE_MS)
  const { rows } = await pool.query<CandleRow>({
    name: 'find candles',
    text: FIND_CANDLES,
    values: [symbol, end, intervalMs, minutes, limit],
  })
  return rows.map((row) => ({
    symbol,
    openTime: Number(row.interval_start),
    open: Number(row.open),
    high: Number(row.high),
    low: Number(row.low),
    close: Number(row.close),
    volume: BigInt(row.volume),
    quoteVolume: BigInt(row.quote_volume),
    tradeCount: row.trade_count,
  }))
}
