import type { ClientBase } from 'pg'
import { writeRows } from '../database.ts'
import type { OrderStatus, OrderTerms } from '../engine/commands.ts'
import type { CancelReason } from '../engine/events.ts'
import type { PaperOrderParent } from '../parents.ts'
import type { Queries } from './store.ts'

interface OrderRow {
  readonly id: string
  readonly account_id: string
  readonly client_order_id: string
  readonly symbol: string
  readonly side: 'BUY' | 'SELL'
  readonly type: OrderTerms['type']
  readonly time_in_force: OrderTerms['timeInForce']
  readonly post_only: boolean
  readonly price: string | null
  readonly quantity: string
  readonly filled_quantity: string
  readonly filled_quote_amount: string
  readonly status: OrderStatus
  readonly cancel_reason: CancelReason | null
  readonly held: string
  readonly ahead: string
  readonly engine_sequence: string
  readonly created_at: Date
  readonly closed_at: Date | null
}

const UPSERT_ORDERS = `
  INSERT INTO paper_order (id, account_id, client_order_id, symbol, side, type, time_in_force, post_only, price, quantity, filled_quantity,
    filled_quote_amount, status, cancel_reason, held, ahead, engine_sequence, created_at, closed_at)
  SELECT id, account_id, client_order_id, symbol, side, type, time_in_force, post_only, price, quantity, filled_quantity,
    filled_quote_amount, status, cancel_reason, held, ahead, engine_sequence, created_at, closed_at
  FROM json_to_recordset($1) AS r (id text, account_id text, client_order_id text, symbol text, side side, type order_type,
    time_in_force time_in_force, post_only boolean, price bigint, quantity bigint, filled_quantity bigint, filled_quote_amount numeric,
    status order_status, cancel_reason cancel_reason, held numeric, ahead bigint, engine_sequence bigint, created_at timestamptz,
    closed_at timestamptz)
  ON CONFLICT (id) DO UPDATE SET filled_quantity = excluded.filled_quantity, filled_quote_amount = excluded.filled_quote_amount,
    status = excluded.status, cancel_reason = excluded.cancel_reason, held = excluded.held, ahead = excluded.ahead,
    closed_at = excluded.closed_at`

export async function writeOrders(client: ClientBase, orders: readonly PaperOrderParent[]): Promise<void> {
  const rows = orders.map((order) => ({
    id: order.id,
    account_id: order.accountId,
    client_order_id: order.clientOrderId,
    symbol: order.symbol,
    side: order.side,
    type: order.type,
    time_in_force: order.timeInForce,
    post_only: order.postOnly,
    price: order.price,
    quantity: order.quantity,
    filled_quantity: order.filledQuantity,
    filled_quote_amount: `${order.filledQuoteAmount}`,
    status: order.status,
    cancel_reason: order.cancelReason,
    held: `${order.held}`,
    ahead: order.ahead,
    engine_sequence: order.engineSequence,
    created_at: new Date(order.createdAt).toISOString(),
    closed_at: order.closedAt === null ? null : new Date(order.closedAt).toISOString(),
  }))
  await writeRows(client, 'upsert paper orders', UPSERT_ORDERS, rows)
}

export interface OrderFilter {
  readonly accountId?: string
  readonly clientOrderId?: string
  readonly ids?: readonly string[]
  readonly symbols?: readonly string[]
  readonly openOnly?: boolean
  /** Ids behind which and ahead of which the page lies, newest first. */
  readonly below?: string | null
  readonly above?: string | null
  readonly oldestFirst?: boolean
  readonly limit?: number
}

export async function findOrders(database: Queries, filter: OrderFilter): Promise<PaperOrderParent[]> {
  const { rows } = await database.query<OrderRow>(
    `SELECT * FROM paper_order WHERE ($1::text IS NULL OR account_id = $1) AND ($2::text IS NULL OR client_order_id = $2)
      AND ($3::text[] IS NULL OR id = ANY ($3)) AND ($4::text[] IS NULL OR symbol = ANY ($4)) ${filter.openOnly ? 'AND closed_at IS NULL' : ''}
      AND ($5::text IS NULL OR id < $5) AND ($6::text IS NULL OR id > $6)
    ORDER BY id ${filter.oldestFirst ? 'ASC' : 'DESC'} LIMIT $7`,
    [
      filter.accountId ?? null,
      filter.clientOrderId ?? null,
      filter.ids ?? null,
      filter.symbols ?? null,
      filter.below ?? null,
      filter.above ?? null,
      filter.limit ?? null,
    ],
  )
  return rows.map(orderOf)
}

/** How many orders an account has, open and in all, and how many fills. */
export async function countOrders(database: Queries, accountId: string) {
  const { rows } = await database.query<{ open: string; all: string; fills: string }>(
    `SELECT count(*) FILTER (WHERE closed_at IS NULL) AS open, count(*) AS all,
      (SELECT count(*) FROM paper_fill WHERE account_id = $1) AS fills FROM paper_order WHERE account_id = $1`,
    [accountId],
  )
  return { open: Number(rows[0]?.open), all: Number(rows[0]?.all), fills: Number(rows[0]?.fills) }
}

function orderOf(row: OrderRow): PaperOrderParent {
  return {
    id: row.id,
    accountId: row.account_id,
    clientOrderId: row.client_order_id,
    symbol: row.symbol,
    side: row.side,
    type: row.type,
    timeInForce: row.time_in_force,
    postOnly: row.post_only,
    price: row.price === null ? null : Number(row.price),
    quantity: Number(row.quantity),
    filledQuantity: Number(row.filled_quantity),
    filledQuoteAmount: BigInt(row.filled_quote_amount),
    status: row.status,
    cancelReason: row.cancel_reason,
    held: BigInt(row.held),
    ahead: Number(row.ahead),
    engineSequence: Number(row.engine_sequence),
    createdAt: row.created_at.getTime(),
    closedAt: row.closed_at?.getTime() ?? null,
  }
}
