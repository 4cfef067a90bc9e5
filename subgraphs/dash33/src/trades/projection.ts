import type { ClientBase } from 'pg'
import type { AccountNumbers } from '../accounts/index.ts'
import { booleans, int2s, int4s, int8s, texts, timestamps } from '../columns.ts'
import type { EngineBatch, Trade } from '../engine/events.ts'
import { writeColumns } from '../transactions.ts'

const INSERT_TRADES = `
  INSERT INTO trade (id, engine_sequence, leg, symbol, taker_side, price, quantity, base_amount, quote_amount, maker_order_id,
    taker_order_id, maker_account_no, taker_account_no, maker_fee, taker_fee, maker_fee_bps, taker_fee_bps, auction, executed_at)
  SELECT id, engine_sequence, leg, symbol, taker_side::side, price, quantity, base_amount, quote_amount, maker_order_id,
    taker_order_id, maker_account_no, taker_account_no, maker_fee, taker_fee, maker_fee_bps, taker_fee_bps, auction, executed_at
  FROM unnest($1::text[], $2::bigint[], $3::int[], $4::text[], $5::text[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[],
    $10::text[], $11::text[], $12::int[], $13::int[], $14::bigint[], $15::bigint[], $16::smallint[], $17::smallint[], $18::boolean[],
    $19::timestamptz[]) AS r (id, engine_sequence, leg, symbol, taker_side, price, quantity, base_amount, quote_amount, maker_order_id,
    taker_order_id, maker_account_no, taker_account_no, maker_fee, taker_fee, maker_fee_bps, taker_fee_bps, auction, executed_at)`

/** A trade with its moment of engine time, milliseconds since the Unix epoch. */
export interface ExecutedTrade {
  readonly trade: Trade
  readonly at: number
}

export function foldTrades(batches: readonly EngineBatch[]): ExecutedTrade[] {
  return batches.flatMap(({ time: at, events }) =>
    events.flatMap((event) => (event.type === 'TRADE' ? [{ trade: event, at }] : [])),
  )
}

export async function writeTrades(
  client: ClientBase,
  executed: readonly ExecutedTrade[],
  numbers: AccountNumbers,
): Promise<void> {
  const trades = executed.map(({ trade }) => trade)
  await numbers.load(
    client,
    trades.flatMap(({ maker, taker }) => [maker.accountId, taker.accountId]),
  )
  await writeColumns(client, 'insert trades', INSERT_TRADES, executed, () => [
    texts(trades.map(({ tradeId }) => tradeId)),
    int8s(trades.map(({ engineSequence }) => engineSequence)),
    int4s(trades.map(({ leg }) => leg)),
    texts(trades.map(({ symbol }) => symbol)),
    texts(trades.map(({ takerSide }) => takerSide)),
    int8s(trades.map(({ price }) => price)),
    int8s(trades.map(({ quantity }) => quantity)),
    int8s(trades.map(({ baseAmount }) => baseAmount)),
    int8s(trades.map(({ quoteAmount }) => quoteAmount)),
    texts(trades.map(({ maker }) => maker.orderId)),
    texts(trades.map(({ taker }) => taker.orderId)),
    int4s(trades.map(({ maker }) => numbers.of(maker.accountId))),
    int4s(trades.map(({ taker }) => numbers.of(taker.accountId))),
    int8s(trades.map(({ maker }) => maker.fee)),
    int8s(trades.map(({ taker }) => taker.fee)),
    int2s(trades.map(({ maker }) => maker.feeBps)),
    int2s(trades.map(({ taker }) => taker.feeBps)),
    booleans(trades.map(({ auction }) => auction)),
    timestamps(executed.map(({ at }) => at)),
  ])
}
