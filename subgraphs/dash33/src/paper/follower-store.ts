import type { ClientBase } from 'pg'
import { assetRates } from '../portfolio/index.ts'
import type { RealTrade } from './resting.ts'
import type { Queries } from './store.ts'

/** How far the real trades are projected. */
export async function readProgress(
  client: ClientBase,
): Promise<{ readonly engineSequence: number; readonly time: number }> {
  const { rows } = await client.query<{ engine_sequence: string; time: Date }>(
    `SELECT engine_sequence, time FROM watermark WHERE name = 'trades'`,
  )
  if (!rows[0]) throw new Error('the projection trades has no watermark')
  return { engineSequence: Number(rows[0].engine_sequence), time: rows[0].time.getTime() }
}

/** Markets in which paper orders rest. */
export async function openSymbols(client: ClientBase): Promise<string[]> {
  const { rows } = await client.query<{ symbol: string }>(
    'SELECT DISTINCT symbol FROM paper_order WHERE closed_at IS NULL',
  )
  return rows.map(({ symbol }) => symbol)
}

/** So many trades, or a few more: those of one command are not parted. */
const FIND_TRADES = `
  SELECT t.* FROM unnest($1::text[]) AS s (symbol)
  CROSS JOIN LATERAL (
    SELECT engine_sequence, leg, symbol, price, quantity, executed_at FROM trade
    WHERE symbol = s.symbol AND engine_sequence > $2 AND engine_sequence <= $3
    ORDER BY engine_sequence, leg FETCH FIRST $4 ROWS ONLY) t
  ORDER BY t.engine_sequence, t.leg`

const FIND_REST = `
  SELECT engine_sequence, leg, symbol, price, quantity, executed_at FROM trade
  WHERE symbol = ANY ($1) AND engine_sequence = $2 AND leg > $3 ORDER BY leg`

interface TradeRow {
  readonly engine_sequence: string
  readonly leg: number
  readonly symbol: string
  readonly price: string
  readonly quantity: string
  readonly executed_at: Date
}

/** The markets' trades of the commands behind `after`, in order: at most `limit`, and the rest of the last one's command. */
export async function findTradesBetween(
  client: ClientBase,
  symbols: readonly string[],
  { after, through }: { readonly after: number; readonly through: number },
  limit: number,
): Promise<RealTrade[]> {
  const { rows } = await client.query<TradeRow>(FIND_TRADES, [symbols, after, through, limit])
  const first = rows.slice(0, limit).map(tradeOf)
  const last = first.at(-1)
  if (!last || rows.length < limit) return first
  const rest = await client.query<TradeRow>(FIND_REST, [symbols, last.engineSequence, last.leg])
  return [...first, ...rest.rows.map(tradeOf)]
}

export async function moveWatermark(client: ClientBase, engineSequence: number, minute: number): Promise<void> {
  await client.query('UPDATE paper_watermark SET engine_sequence = $1, minute = $2', [engineSequence, new Date(minute)])
}

/** An account gets a point where it is worth something else than at its last one. */
const INSERT_POINTS = `
  WITH rate AS (SELECT * FROM unnest($2::text[], $3::numeric[], $4::numeric[]) AS r (asset, numerator, denominator)),
  valued AS (
    SELECT b.account_id, sum(coalesce(div(b.total * r.numerator, r.denominator), 0)) AS equity
    FROM paper_balance b JOIN paper_account a ON a.id = b.account_id LEFT JOIN rate r USING (asset)
    WHERE a.closed_at IS NULL AND a.opened_at < $1 GROUP BY b.account_id)
  INSERT INTO paper_equity_point (account_id, time, equity)
  SELECT v.account_id, $1, v.equity FROM valued v
  LEFT JOIN LATERAL (
    SELECT p.equity FROM paper_equity_point p WHERE p.account_id = v.account_id ORDER BY p.time DESC LIMIT 1) last ON true
  WHERE last.equity IS DISTINCT FROM v.equity
  ON CONFLICT DO NOTHING`

/** Values every open account at the last prices, which are those of the same transaction's trades. */
export async function writePoints(client: ClientBase, time: number): Promise<void> {
  const { rows } = await client.query<{ symbol: string; price: string }>('SELECT symbol, price FROM mark_price')
  const rates = assetRates(new Map(rows.map(({ symbol, price }) => [symbol, Number(price)])))
  await client.query(INSERT_POINTS, [
    new Date(time),
    rates.map(({ asset }) => asset),
    rates.map(({ numerator }) => String(numerator)),
    rates.map(({ denominator }) => String(denominator)),
  ])
}

function tradeOf(row: TradeRow): RealTrade {
  return {
    engineSequence: Number(row.engine_sequence),
    leg: row.leg,
    symbol: row.symbol,
    price: Number(row.price),
    quantity: Number(row.quantity),
    executedAt: row.executed_at.getTime(),
  }
}

/** @returns the last engine command whose trades the paper orders have seen. */
export async function readWatermark(database: Queries): Promise<number> {
  const { rows } = await database.query<{ engine_sequence: string }>('SELECT engine_sequence FROM paper_watermark')
  return Number(rows[0]?.engine_sequence)
}
