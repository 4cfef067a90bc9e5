import type { Pool } from 'pg'
import { FIRST_MONDAY_MS, type Interval, lengthOf, partsOf, startFrom } from './interval.ts'
import { type LiveCandle, liveCandle } from './live.ts'

/**
 * Longer candles are put together from stored shorter ones. So many of these, read from one end, hold at least as many whole intervals as
 * the page has: an interval has no more of them than fit into it.
 * `$3` to `$4` is when they open, `$5` how many are read, `$6` how many are answered.
 */
const findCandlesOf = (start: string, order: 'ASC' | 'DESC') => `
  WITH part AS (
    SELECT *, ${start} AS interval_start FROM candle
    WHERE symbol = $1 AND interval = $2::stored_interval AND open_time >= $3 AND open_time < $4 ORDER BY open_time ${order} LIMIT $5
  )
  SELECT interval_start, (array_agg(open ORDER BY open_time))[1] AS open, max(high) AS high, min(low) AS low,
    (array_agg(close ORDER BY open_time DESC))[1] AS close, sum(volume) AS volume, sum(quote_volume) AS quote_volume,
    sum(trade_count)::bigint AS trade_count, (SELECT time FROM watermark WHERE name = 'candles') AS now
  FROM part GROUP BY interval_start ORDER BY interval_start ${order} LIMIT $6`

const MONTH = `date_trunc('month', open_time, 'UTC')`
const OTHER = `date_bin($7::bigint * interval '1 millisecond', open_time, to_timestamp(${FIRST_MONDAY_MS / 1_000}))`
const STATEMENTS = {
  newest: { months: findCandlesOf(MONTH, 'DESC'), others: findCandlesOf(OTHER, 'DESC') },
  oldest: { months: findCandlesOf(MONTH, 'ASC'), others: findCandlesOf(OTHER, 'ASC') },
}

/** No market is older, and none will be younger, whatever a cursor says. */
const END_OF_TIME_MS = Date.UTC(9999, 0)

interface CandleRow {
  readonly interval_start: Date
  readonly open: string
  readonly high: string
  readonly low: string
  readonly close: string
  readonly volume: string
  readonly quote_volume: string
  readonly trade_count: string
  /** Engine time of the last command that the candles contain. */
  readonly now: Date
}

export interface CandleRange {
  readonly symbol: string
  readonly interval: Interval
  /** The first and the last open at or after `from` and before `before`; milliseconds since the Unix epoch. */
  readonly from?: number
  readonly before?: number
  readonly limit: number
  /** Which come first, and which are left out where there are more than `limit`. */
  readonly first?: 'newest' | 'oldest'
}

/** A market's candles with trades, newest first unless asked otherwise. */
export async function findCandles(pool: Pool, range: CandleRange): Promise<LiveCandle[]> {
  const { symbol, interval, limit, first = 'newest' } = range
  const { stored, most } = partsOf(interval)
  const bound = (time: number) => new Date(startFrom(interval, Math.min(Math.max(time, 0), END_OF_TIME_MS)))
  const length = lengthOf(interval)
  const { rows } = await pool.query<CandleRow>({
    name: `find ${first} candles${length === null ? ' of months' : ''}`,
    text: STATEMENTS[first][length === null ? 'months' : 'others'],
    values: [
      symbol,
      stored,
      bound(range.from ?? 0),
      bound(range.before ?? END_OF_TIME_MS),
      limit * most,
      limit,
      ...(length === null ? [] : [length]),
    ],
  })
  return rows.map((row) => {
    const candle = {
      symbol,
      openTime: row.interval_start.getTime(),
      open: Number(row.open),
      high: Number(row.high),
      low: Number(row.low),
      close: Number(row.close),
      volume: BigInt(row.volume),
      quoteVolume: BigInt(row.quote_volume),
      tradeCount: Number(row.trade_count),
    }
    return liveCandle(interval, candle, row.now.getTime())
  })
}
