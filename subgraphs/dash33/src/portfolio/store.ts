import type { Pool } from 'pg'
import type { PortfolioFillParent, PortfolioParent } from '../parents.ts'
import { findLots } from './lot-store.ts'

/** One statement sees one state of the database: balances and positions are exactly those at the watermark. */
const FIND_PORTFOLIO = `
  SELECT w.engine_sequence,
    (SELECT json_agg(json_build_object('asset', b.asset, 'total', b.total::text, 'held', b.held::text) ORDER BY b.asset)
      FROM balance b WHERE b.account_no = a.no) AS balances,
    (SELECT json_agg(json_build_object('symbol', p.symbol, 'quantity', p.quantity::text, 'cost', p.cost::text,
      'realised', p.realised::text, 'fifoRealised', p.fifo_realised::text, 'baseFees', p.base_fees::text,
      'quoteFees', p.quote_fees::text) ORDER BY p.symbol) FROM position p WHERE p.account_no = a.no) AS positions
  FROM account a, watermark w
  WHERE a.id = $1 AND a.user_id IS NOT NULL AND w.name = 'positions'`

/** Each of the two indexes gives the newest in order, so that no more than the page is read from either. */
const FIND_FILLS = `
  WITH owner AS (SELECT no FROM account WHERE id = $1)
  (SELECT t.*, true AS is_maker FROM trade t WHERE maker_account_no = (SELECT no FROM owner)
    ORDER BY engine_sequence DESC, leg DESC LIMIT $2)
  UNION ALL
  (SELECT t.*, false AS is_maker FROM trade t WHERE taker_account_no = (SELECT no FROM owner)
    ORDER BY engine_sequence DESC, leg DESC LIMIT $2)
  ORDER BY engine_sequence DESC, leg DESC LIMIT $2`

interface PortfolioRow {
  readonly engine_sequence: string
  readonly balances: { asset: string; total: string; held: string }[] | null
  readonly positions:
    | Record<'symbol' | 'quantity' | 'cost' | 'realised' | 'fifoRealised' | 'baseFees' | 'quoteFees', string>[]
    | null
}

interface FillRow {
  readonly id: string
  readonly engine_sequence: string
  readonly quote_amount: string
  readonly symbol: string
  readonly taker_side: 'BUY' | 'SELL'
  readonly price: string
  readonly quantity: string
  readonly maker_order_id: string
  readonly taker_order_id: string
  readonly maker_fee: string
  readonly taker_fee: string
  readonly executed_at: Date
  readonly is_maker: boolean
}

/** @returns null for an account that is not open. */
export async function findPortfolio(pool: Pool, accountId: string): Promise<PortfolioParent | null> {
  const { rows } = await pool.query<PortfolioRow>({ name: 'find portfolio', text: FIND_PORTFOLIO, values: [accountId] })
  const row = rows[0]
  if (!row) return null
  return {
    accountId,
    watermark: Number(row.engine_sequence),
    balances: (row.balances ?? []).map(({ asset, total, held }) => ({
      asset,
      total: BigInt(total),
      held: BigInt(held),
    })),
    positions: (row.positions ?? []).map(({ symbol, ...amounts }) => ({
      symbol,
      quantity: BigInt(amounts.quantity),
      cost: BigInt(amounts.cost),
      realised: BigInt(amounts.realised),
      fifoRealised: BigInt(amounts.fifoRealised),
      baseFees: BigInt(amounts.baseFees),
      quoteFees: BigInt(amounts.quoteFees),
      readLots: (range) => findLots(pool, accountId, symbol, range),
    })),
  }
}

/** An account's fills, newest first. */
export async function findFills(pool: Pool, accountId: string, limit: number): Promise<PortfolioFillParent[]> {
  const { rows } = await pool.query<FillRow>({ name: 'find fills', text: FIND_FILLS, values: [accountId, limit] })
  return rows.map((row) => ({
    orderId: row.is_maker ? row.maker_order_id : row.taker_order_id,
    executedAt: row.executed_at.getTime(),
    fill: {
      sequence: Number(row.engine_sequence),
      orderId: row.is_maker ? row.maker_order_id : row.taker_order_id,
      quoteAmount: Number(row.quote_amount),
      executedAt: row.executed_at.getTime(),
      tradeId: row.id,
      symbol: row.symbol,
      side: row.is_maker === (row.taker_side === 'SELL') ? 'BUY' : 'SELL',
      price: Number(row.price),
      quantity: Number(row.quantity),
      fee: Number(row.is_maker ? row.maker_fee : row.taker_fee),
      liquidity: row.is_maker ? 'MAKER' : 'TAKER',
    },
  }))
}
