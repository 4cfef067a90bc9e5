import type { ClientBase } from 'pg'
import { writeRows } from '../database.ts'
import type { PaperFillParent, PaperOrderParent } from '../parents.ts'
import type { PaperFill } from './settlement.ts'
import type { Queries } from './store.ts'

interface FillRow {
  readonly order_id: string
  readonly symbol: string
  readonly side: 'BUY' | 'SELL'
  readonly engine_sequence: string
  readonly leg: number
  readonly price: string
  readonly quantity: string
  readonly base_amount: string
  readonly quote_amount: string
  readonly fee: string
  readonly is_maker: boolean
  readonly executed_at: Date
}

const INSERT_FILLS = `
  INSERT INTO paper_fill (account_id, engine_sequence, leg, order_id, symbol, side, price, quantity, base_amount, quote_amount, fee,
    is_maker, executed_at)
  SELECT account_id, engine_sequence, leg, order_id, symbol, side, price, quantity, base_amount, quote_amount, fee, is_maker, executed_at
  FROM json_to_recordset($1) AS r (account_id text, engine_sequence bigint, leg int, order_id text, symbol text, side side, price bigint,
    quantity bigint, base_amount numeric, quote_amount numeric, fee numeric, is_maker boolean, executed_at timestamptz)`

export async function writeFills(
  client: ClientBase,
  fills: readonly {
    readonly order: Pick<PaperOrderParent, 'accountId' | 'id' | 'symbol' | 'side'>
    readonly fill: PaperFill
  }[],
): Promise<void> {
  const rows = fills.map(({ order, fill }) => ({
    account_id: order.accountId,
    engine_sequence: fill.engineSequence,
    leg: fill.leg,
    order_id: order.id,
    symbol: order.symbol,
    side: order.side,
    price: fill.price,
    quantity: fill.quantity,
    base_amount: fill.baseAmount,
    quote_amount: fill.quoteAmount,
    fee: fill.fee,
    is_maker: fill.isMaker,
    executed_at: new Date(fill.executedAt).toISOString(),
  }))
  await writeRows(client, 'insert paper fills', INSERT_FILLS, rows)
}

/** An account's fills, oldest first; or an order's. */
export async function findFills(database: Queries, accountId: string, orderId?: string): Promise<PaperFillParent[]> {
  const { rows } = await database.query<FillRow>(
    `SELECT * FROM paper_fill WHERE account_id = $1 AND ($2::text IS NULL OR order_id = $2) ORDER BY engine_sequence, order_id, leg`,
    [accountId, orderId ?? null],
  )
  return rows.map(fillOf)
}

function fillOf(row: FillRow): PaperFillParent {
  return {
    orderId: row.order_id,
    symbol: row.symbol,
    side: row.side,
    engineSequence: Number(row.engine_sequence),
    leg: row.leg,
    price: Number(row.price),
    quantity: Number(row.quantity),
    baseAmount: Number(row.base_amount),
    quoteAmount: Number(row.quote_amount),
    fee: Number(row.fee),
    isMaker: row.is_maker,
    executedAt: row.executed_at.getTime(),
  }
}
