import type { ClientBase } from 'pg'
import { writeRows } from '../database.ts'
import type { Candle } from './candle.ts'

const UPSERT_CANDLES = `
  INSERT INTO candle AS c (symbol, open_time, open, high, low, close, volume, quote_volume, trade_count)
  SELECT * FROM json_to_recordset($1) AS r (symbol text, open_time timestamptz, open bigint, high bigint, low bigint, close bigint,
    volume bigint, quote_volume numeric, trade_count int)
  ON CONFLICT (symbol, open_time) DO UPDATE SET high = greatest(c.high, excluded.high), low = least(c.low, excluded.low),
    close = excluded.close, volume = c.volume + excluded.volume, quote_volume = c.quote_volume + excluded.quote_volume,
    trade_count = c.trade_count + excluded.trade_count`

/** Adds candles to what is stored of their minutes. */
export async function writeCandles(client: ClientBase, candles: readonly Candle[]): Promise<void> {
  const rows = candles.map(({ symbol, openTime, open, high, low, close, volume, quoteVolume, tradeCount }) => ({
    symbol,
    open_time: new Date(openTime).toISOString(),
    open,
    high,
    low,
    close,
    volume: `${volume}`,
    quote_volume: `${quoteVolume}`,
    trade_count: tradeCount,
  }))
  await writeRows(client, 'upsert candles', UPSERT_CANDLES, rows)
}
