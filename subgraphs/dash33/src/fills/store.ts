import { type Page, wholeKey } from '@opsource/subgraph'
import type { Pool } from 'pg'
import type { OrderSnapshot } from '../engine/acks.ts'
import type { FillParent, FillUpdateParent } from '../parents.ts'

/** Of one account, and of one market or one order where it is named; both sides of a trade with itself are fills of their own. */
export type FillFilter = { readonly accountId: string } & (
  | { readonly symbol: string | null; readonly orderId: null }
  | { readonly symbol: null; readonly orderId: string }
)

/** Where a fill is in its account's log. */
export type FillPlace = readonly [sequence: number, position: number]

const START: FillPlace = [-1, 0]
const END: FillPlace = [Number.MAX_SAFE_INTEGER, 0]

const COLUMNS = `t.id, t.engine_sequence, t.leg, t.symbol, t.taker_side, t.price, t.quantity, t.quote_amount, t.executed_at,
  t.maker_order_id, t.taker_order_id, t.maker_fee, t.taker_fee`

/**
 * An order trades from the command that placed it on, and before the first trade after it closed: only between those are its account's trades
 * looked through, because an index on every order of every trade would cost every trade.
 */
const FIND_LIFE = `
  SELECT o.engine_sequence AS placed, (
    SELECT t.engine_sequence FROM trade t WHERE t.executed_at > o.closed_at ORDER BY t.executed_at, t.engine_sequence LIMIT 1
  ) AS ended
  FROM exchange_order o WHERE o.id = $1`

/** Each of the two indexes gives its fills in order, so that no more than the page is read from either. */
const pageSql = (filter: FillFilter, forwardInTime: boolean) => {
  const order = forwardInTime ? 'ASC' : 'DESC'
  const conditions = `(t.engine_sequence, t.leg) <= ($2, $3) AND (t.engine_sequence, t.leg) >= ($5, $6)
    ${filter.symbol === null ? '' : 'AND t.symbol = $9'}`
  const side = (name: 'maker' | 'taker', position: number) => `
    (SELECT ${COLUMNS}, ${position} AS role FROM trade t
      WHERE t.${name}_account_no = (SELECT no FROM account WHERE id = $1) AND ${conditions}
      ${filter.orderId === null ? '' : `AND t.${name}_order_id = $9`}
      ORDER BY t.engine_sequence ${order}, t.leg ${order} LIMIT $8 + 2)`
  return `SELECT * FROM (${side('maker', 0)} UNION ALL ${side('taker', 1)}) f
    WHERE (engine_sequence, leg * 2 + role) < ($2, $4) AND (engine_sequence, leg * 2 + role) > ($5, $7)
    ORDER BY engine_sequence ${order}, leg ${order}, role ${order} LIMIT $8`
}

const TAKER_FILLS = `
  SELECT ${COLUMNS}, 1 AS role FROM trade t WHERE t.engine_sequence = $1 AND t.taker_order_id = $2 ORDER BY t.leg`

/** Programs' trades with each other are deleted; people's stay. Where nothing has traded since, all that a program traded may be gone. */
const OLDEST_KEPT = `
  SELECT coalesce(
    (SELECT engine_sequence FROM trade WHERE executed_at >= $2 ORDER BY executed_at LIMIT 1),
    (SELECT min(engine_sequence) + 1 FROM watermark)
  ) AS engine_sequence
  FROM account a JOIN holder h ON h.user_id = a.user_id AND h.kind = 'SERVICE' WHERE a.id = $1`

interface FillRow {
  readonly id: string
  readonly engine_sequence: string
  readonly leg: number
  readonly symbol: string
  readonly taker_side: 'BUY' | 'SELL'
  readonly price: string
  readonly quantity: string
  readonly quote_amount: string
  readonly executed_at: Date
  readonly maker_order_id: string
  readonly taker_order_id: string
  readonly maker_fee: string
  readonly taker_fee: string
  /** 0 maker, 1 taker. */
  readonly role: number
}

/** A page of an account's fills, newest first, in the direction in which the page is read. */
export async function findFills(pool: Pool, filter: FillFilter, page: Page): Promise<FillUpdateParent[]> {
  const place = (keys: Page['after']): FillPlace | null => keys && [wholeKey(keys[0]), wholeKey(keys[1])]
  const [from, to] = filter.orderId === null ? [START, END] : await findLife(pool, filter.orderId)
  const before = earlier(place(page.after) ?? END, to)
  const after = later(place(page.before) ?? START, from)
  return select(pool, filter, page.backward, before, after, page.first + 1)
}

/** An account's fills behind a place and up to a command, the oldest first. */
export function findFillsAfter(
  pool: Pool,
  accountId: string,
  [sequence, position]: FillPlace,
  throughSequence: number,
  limit: number,
): Promise<FillUpdateParent[]> {
  const filter = { accountId, symbol: null, orderId: null }
  return select(pool, filter, true, [throughSequence + 1, 0], [sequence, position], limit)
}

/** What an order traded as it arrived. */
export async function findTakerFills(pool: Pool, order: OrderSnapshot): Promise<FillParent[]> {
  const values = [order.engineSequence, order.orderId]
  const { rows } = await pool.query<FillRow>({ name: 'find taker fills', text: TAKER_FILLS, values })
  return rows.map((row) => updateOf(row).fill)
}

/** @returns the first command since `time` from which on a program's fills are all stored; null for a person, whose fills all are. */
export async function findOldestKept(pool: Pool, accountId: string, time: number): Promise<number | null> {
  const { rows } = await pool.query<{ engine_sequence: string }>(OLDEST_KEPT, [accountId, new Date(time)])
  return rows[0] ? Number(rows[0].engine_sequence) : null
}

/** @returns the places between which the order's fills are; one that is not stored has none. */
async function findLife(pool: Pool, orderId: string): Promise<readonly [after: FillPlace, before: FillPlace]> {
  const { rows } = await pool.query<{ placed: string; ended: string | null }>({
    name: 'find life of order',
    text: FIND_LIFE,
    values: [orderId],
  })
  const [life] = rows
  if (!life) return [START, START]
  return [[Number(life.placed), -1], life.ended === null ? END : [Number(life.ended), 0]]
}

async function select(
  pool: Pool,
  filter: FillFilter,
  forwardInTime: boolean,
  [endSequence, endPosition]: FillPlace,
  [startSequence, startPosition]: FillPlace,
  limit: number,
): Promise<FillUpdateParent[]> {
  const { rows } = await pool.query<FillRow>({
    name: `find fills ${filter.symbol !== null} ${filter.orderId !== null} ${forwardInTime}`,
    text: pageSql(filter, forwardInTime),
    values: [
      filter.accountId,
      endSequence,
      Math.floor(endPosition / 2),
      endPosition,
      startSequence,
      Math.floor(startPosition / 2),
      startPosition,
      limit,
      ...(filter.symbol === null ? [] : [filter.symbol]),
      ...(filter.orderId === null ? [] : [filter.orderId]),
    ],
  })
  return rows.map(updateOf)
}

function updateOf(row: FillRow): FillUpdateParent {
  const isMaker = row.role === 0
  const sequence = Number(row.engine_sequence)
  const fill: FillParent = {
    sequence,
    orderId: isMaker ? row.maker_order_id : row.taker_order_id,
    tradeId: row.id,
    symbol: row.symbol,
    side: isMaker === (row.taker_side === 'SELL') ? 'BUY' : 'SELL',
    price: Number(row.price),
    quantity: Number(row.quantity),
    quoteAmount: Number(row.quote_amount),
    fee: Number(isMaker ? row.maker_fee : row.taker_fee),
    liquidity: isMaker ? 'MAKER' : 'TAKER',
    executedAt: row.executed_at.getTime(),
  }
  return { sequence, position: row.leg * 2 + row.role, fill }
}

const earlier = (a: FillPlace, b: FillPlace): FillPlace => (isBefore(a, b) ? a : b)
const later = (a: FillPlace, b: FillPlace): FillPlace => (isBefore(a, b) ? b : a)

function isBefore([sequence, position]: FillPlace, [otherSequence, otherPosition]: FillPlace): boolean {
  return sequence < otherSequence || (sequence === otherSequence && position < otherPosition)
}
