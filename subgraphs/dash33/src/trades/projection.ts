import type { ClientBase } from 'pg'
import { type Row, writeRows } from '../database.ts'
import type { EngineBatch } from '../engine/events.ts'

const INSERT_TRADES = `
  INSERT INTO trade (id, engine_sequence, leg, symbol, taker_side, price, quantity, quote_amount, maker_order_id, taker_order_id,
    maker_account_no, taker_account_no, maker_fee, taker_fee, executed_at)
  SELECT r.id, r.engine_sequence, r.leg, r.symbol, r.taker_side, r.price, r.quantity, r.quote_amount, r.maker_order_id, r.taker_order_id,
    m.no, t.no, r.maker_fee, r.taker_fee, r.executed_at
  FROM json_to_recordset($1) AS r (id text, engine_sequence bigint, leg int, symbol text, taker_side side, price bigint, quantity bigint,
    quote_amount numeric, maker_order_id text, taker_order_id text, maker_account_id text, taker_account_id text, maker_fee numeric,
    taker_fee numeric, executed_at timestamptz)
  JOIN account m ON m.id = r.maker_account_id
  JOIN account t ON t.id = r.taker_account_id`

export function foldTrades(batches: readonly EngineBatch[]): Row[] {
  return batches.flatMap((batch) => {
    const executedAt = new Date(batch.time).toISOString()
    return batch.events.flatMap((event) => {
      if (event.type !== 'TRADE') return []
      const row: Row = {
        id: event.tradeId,
        engine_sequence: event.engineSequence,
        leg: event.leg,
        symbol: event.symbol,
        taker_side: event.takerSide,
        price: event.price,
        quantity: event.quantity,
        quote_amount: `${event.quoteAmount}`,
        maker_order_id: event.maker.orderId,
        taker_order_id: event.taker.orderId,
        maker_account_id: event.maker.accountId,
        taker_account_id: event.taker.accountId,
        maker_fee: `${event.maker.fee}`,
        taker_fee: `${event.taker.fee}`,
        executed_at: executedAt,
      }
      return [row]
    })
  })
}

export async function writeTrades(client: ClientBase, rows: readonly Row[]): Promise<void> {
  await writeRows(client, 'insert trades', INSERT_TRADES, rows)
}
