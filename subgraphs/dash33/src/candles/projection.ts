import type { Queries } from '../statements.ts'
import { writeRows } from '../transactions.ts'
import { type Candle, longerCandles } from './candle.ts'
import type { StoredInterval } from './interval.ts'

const UPSERT_CANDLES = `
  INSERT INTO candle AS c (symbol, interval, open_time, open, high, low, close, volume, quote_volume, trade_count)
  SELECT * FROM json_to_recordset($1) AS r (symbol text, interval stored_interval, open_time timestamptz, open bigint, high bigint,
    low bigint, close bigint, volume bigint, quote_volume numeric, trade_count int)
  ON CONFLICT (symbol, interval, open_time) DO UPDATE SET high = greatest(c.high, excluded.high), low = least(c.low, excluded.low),
    close = excluded.close, volume = c.volume + excluded.volume, quote_volume = c.quote_volume + excluded.quote_volume,
    trade_count = c.trade_count + excluded.trade_count`

/** Adds candles of a second to what is stored of their seconds, minutes, hours and days. */
export async function writeCandles(client: Queries, seconds: readonly Candle[]): Promise<void> {
  const minutes = longerCandles('M1', seconds)
  const hours = longerCandles('H1', minutes)
  const days = longerCandles('D1', hours)
  const rows = [rowsOf('S1', seconds), rowsOf('M1', minutes), rowsOf('H1', hours), rowsOf('D1', days)].flat()
  await writeRows(client, 'upsert candles', UPSERT_CANDLES, rows)
}

function rowsOf(interval: StoredInterval, candles: readonly Candle[]) {
  return candles.map(({ symbol, openTime, open, high, low, close, volume, quoteVolume, tradeCount }) => ({
    symbol,
    interval,
    open_time: new Date(openTime).toISOString(),
    open,
    high,
    low,
    close,
    volume: `${volume}`,
    quote_volume: `${quoteVolume}`,
    trade_count: tradeCount,
  }))
}
