import type { Page } from '@opsource/subgraph'
import { wholeKey } from '@opsource/subgraph'
import type { Pool } from 'pg'
import { isOrderId, type OrderSnapshot } from '../engine/index.ts'

export interface OrderFilter {
  readonly symbol: string | null
  readonly openOnly: boolean
}

const COLUMNS = `o.id, a.id AS account_id, o.engine_sequence, o.symbol, o.client_order_id, o.side, o.type, o.time_in_force, o.status, o.price,
  o.stop_price, o.trailing_amount, o.trailing_bps, o.quantity, o.display_quantity, o.post_only, o.self_trade_prevention, o.expires_at,
  o.group_id, o.role, o.filled_quantity, o.filled_quote_amount, o.created_at, o.closed_at, o.cancel_reason`

/** The newest come first: what is behind a cursor is older. */
const pageSql = (filter: OrderFilter, backward: boolean) => `
  SELECT ${COLUMNS} FROM exchange_order o JOIN account a ON a.no = o.account_no
  WHERE o.account_no = (SELECT no FROM account WHERE id = $1)
    AND (o.engine_sequence, o.id) < ($2, $3) AND (o.engine_sequence, o.id) > ($4, $5)
    ${filter.symbol === null ? '' : 'AND o.symbol = $7'} ${filter.openOnly ? 'AND o.closed_at IS NULL' : ''}
  ORDER BY o.engine_sequence ${backward ? 'ASC' : 'DESC'}, o.id ${backward ? 'ASC' : 'DESC'} LIMIT $6`

const FIND_BY_ID = `
  SELECT ${COLUMNS} FROM exchange_order o JOIN account a ON a.no = o.account_no WHERE o.id = ANY($1) AND a.id = $2`

const FIND_BY_GROUP = `
  SELECT ${COLUMNS} FROM exchange_order o JOIN account a ON a.no = o.account_no
  WHERE o.group_id = ANY($1) AND a.id = $2 ORDER BY o.engine_sequence, o.id`

/** Of those with the key the newest: the engine takes a key again only where nothing remembers it. */
const FIND_BY_KEY = `
  SELECT ${COLUMNS} FROM unnest($1::text[], $2::text[]) AS k (account_id, key)
  JOIN account a ON a.id = k.account_id
  JOIN LATERAL (
    SELECT * FROM exchange_order WHERE account_no = a.no AND client_order_id = k.key ORDER BY engine_sequence DESC LIMIT 1
  ) o ON true`

const COUNT_CLOSED = `
  SELECT a.id AS account_id, coalesce(h.kind, 'PERSON') AS kind, count(o.id) AS closed
  FROM account a
  LEFT JOIN holder h ON h.user_id = a.user_id
  LEFT JOIN exchange_order o ON o.account_no = a.no AND o.closed_at IS NOT NULL
  WHERE a.user_id IS NOT NULL GROUP BY a.id, h.kind`

/** What an order has beside its terms at most; `bigint` and `numeric` come as text. */
interface OrderRow {
  readonly id: string
  readonly account_id: string
  readonly engine_sequence: string
  readonly symbol: string
  readonly client_order_id: string
  readonly side: OrderSnapshot['side']
  readonly type: OrderSnapshot['type']
  readonly time_in_force: OrderSnapshot['timeInForce']
  readonly status: OrderSnapshot['status']
  readonly price: string | null
  readonly stop_price: string | null
  readonly trailing_amount: string | null
  readonly trailing_bps: number | null
  readonly quantity: string
  readonly display_quantity: string | null
  readonly post_only: boolean
  readonly self_trade_prevention: OrderSnapshot['selfTradePrevention']
  readonly expires_at: Date | null
  readonly group_id: string | null
  readonly role: OrderSnapshot['role']
  readonly filled_quantity: string
  readonly filled_quote_amount: string
  readonly created_at: Date
  readonly closed_at: Date | null
  readonly cancel_reason: OrderSnapshot['cancelReason']
}

/** A page of an account's orders, in the direction in which the page is read. */
export async function findOrders(
  pool: Pool,
  accountId: string,
  filter: OrderFilter,
  page: Page,
): Promise<OrderSnapshot[]> {
  const [olderThan, newerThan] = [page.after, page.before]
  const { rows } = await pool.query<OrderRow>({
    name: `find orders ${filter.symbol !== null} ${filter.openOnly} ${page.backward}`,
    text: pageSql(filter, page.backward),
    values: [
      accountId,
      olderThan ? wholeKey(olderThan[0]) : Number.MAX_SAFE_INTEGER,
      olderThan ? `${olderThan[1]}` : '',
      newerThan ? wholeKey(newerThan[0]) : -1,
      newerThan ? `${newerThan[1]}` : '',
      page.first + 1,
      ...(filter.symbol === null ? [] : [filter.symbol]),
    ],
  })
  return rows.map(snapshotOf)
}

/** Those of the named orders that the account owns, by id. */
export async function findOwnOrders(
  pool: Pool,
  accountId: string,
  ids: readonly string[],
): Promise<Map<string, OrderSnapshot>> {
  const values = [ids.filter(isOrderId), accountId]
  const { rows } = await pool.query<OrderRow>({ name: 'find own orders', text: FIND_BY_ID, values })
  return new Map(rows.map((row) => [row.id, snapshotOf(row)]))
}

/** The orders of pairs and brackets that the account owns, by group id, each group in order. */
export async function findGroups(
  pool: Pool,
  accountId: string,
  groupIds: readonly string[],
): Promise<Map<string, OrderSnapshot[]>> {
  const { rows } = await pool.query<OrderRow>({
    name: 'find groups',
    text: FIND_BY_GROUP,
    values: [groupIds, accountId],
  })
  return Map.groupBy(rows.map(snapshotOf), ({ groupId }) => groupId ?? '')
}

/** An account's key for an order. */
export interface OrderKey {
  readonly accountId: string
  readonly clientOrderId: string
}

/** @returns for each key the order that last had it, or null. */
export async function findOrdersByKey(pool: Pool, keys: readonly OrderKey[]): Promise<(OrderSnapshot | null)[]> {
  const values = [keys.map(({ accountId }) => accountId), keys.map(({ clientOrderId }) => clientOrderId)]
  const { rows } = await pool.query<OrderRow>({ name: 'find orders by key', text: FIND_BY_KEY, values })
  const nameOf = ({ accountId, clientOrderId }: OrderKey) => `${accountId} ${clientOrderId}`
  const found = new Map(rows.map((row) => [`${row.account_id} ${row.client_order_id}`, snapshotOf(row)]))
  return keys.map((key) => found.get(nameOf(key)) ?? null)
}

/** How many closed orders of each account are stored, and whether a program has it, whose orders are soon deleted. */
export async function countClosedOrders(
  pool: Pool,
): Promise<{ readonly accountId: string; readonly closed: number; readonly isProgram: boolean }[]> {
  const { rows } = await pool.query<{ account_id: string; kind: string; closed: string }>(COUNT_CLOSED)
  return rows.map(({ account_id: accountId, kind, closed }) => ({
    accountId,
    closed: Number(closed),
    isProgram: kind === 'SERVICE',
  }))
}

function snapshotOf(row: OrderRow): OrderSnapshot {
  const quantity = Number(row.quantity)
  const filledQuantity = Number(row.filled_quantity)
  return {
    orderId: row.id,
    clientOrderId: row.client_order_id,
    accountId: row.account_id,
    symbol: row.symbol,
    side: row.side,
    type: row.type,
    timeInForce: row.time_in_force,
    price: numberOf(row.price),
    quantity,
    stopPrice: numberOf(row.stop_price),
    trailingAmount: numberOf(row.trailing_amount),
    trailingBps: row.trailing_bps,
    displayQuantity: numberOf(row.display_quantity),
    postOnly: row.post_only,
    selfTradePrevention: row.self_trade_prevention,
    // Of a DAY order the terms have none.
    expiresAt: row.time_in_force === 'GTD' ? (row.expires_at?.getTime() ?? null) : null,
    filledQuantity,
    remainingQuantity: row.closed_at === null ? quantity - filledQuantity : 0,
    filledQuoteAmount: Number(row.filled_quote_amount),
    status: row.status,
    cancelReason: row.cancel_reason,
    groupId: row.group_id,
    role: row.role,
    createdAt: row.created_at.getTime(),
    engineSequence: Number(row.engine_sequence),
  }
}

const numberOf = (text: string | null): number | null => (text === null ? null : Number(text))
