import type { AccountNumbers } from '../accounts/index.ts'
import { CopyRows } from '../copy.ts'
import type { EngineBatch, Trade } from '../engine/events.ts'
import type { Statements } from '../statements.ts'

const COLUMNS = [
  'id',
  'engine_sequence',
  'leg',
  'symbol',
  'taker_side',
  'price',
  'quantity',
  'base_amount',
  'quote_amount',
  'maker_order_id',
  'taker_order_id',
  'maker_account_no',
  'taker_account_no',
  'maker_fee',
  'taker_fee',
  'maker_fee_bps',
  'taker_fee_bps',
  'auction',
  'executed_at',
]

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
  statements: Statements,
  executed: readonly ExecutedTrade[],
  numbers: AccountNumbers,
): Promise<void> {
  await numbers.load(
    statements,
    executed.flatMap(({ trade: { maker, taker } }) => [maker.accountId, taker.accountId]),
  )
  const rows = new CopyRows()
  for (const { trade, at } of executed) addTrade(rows, trade, at, numbers)
  await statements.copy(`trade (${COLUMNS.join(', ')})`, rows)
}

/** In the order of `COLUMNS`. */
function addTrade(rows: CopyRows, trade: Trade, at: number, numbers: AccountNumbers): void {
  const { maker, taker } = trade
  rows.row(COLUMNS.length)
  rows.text(trade.tradeId)
  rows.int8(trade.engineSequence)
  rows.int4(trade.leg)
  rows.text(trade.symbol)
  rows.text(trade.takerSide)
  rows.int8(trade.price)
  rows.int8(trade.quantity)
  rows.numeric(trade.baseAmount)
  rows.numeric(trade.quoteAmount)
  rows.text(maker.orderId)
  rows.text(taker.orderId)
  rows.int4(numbers.of(maker.accountId))
  rows.int4(numbers.of(taker.accountId))
  rows.numeric(maker.fee)
  rows.numeric(taker.fee)
  rows.int2(maker.feeBps)
  rows.int2(taker.feeBps)
  rows.boolean(trade.auction)
  rows.timestamp(at)
}
