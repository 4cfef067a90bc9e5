import { type Page, wholeKey } from '@opsource/subgraph'
import type { Pool } from 'pg'
import type { PrismaClient } from '../database.ts'
import { isTradeId } from '../engine/index.ts'
import type { TradeParent } from '../parents.ts'

/** A trade with the place that a page continues from. */
export interface StoredTrade extends TradeParent {
  readonly engineSequence: number
  readonly leg: number
}

/** `$2`, `$3` is the place behind which a page begins, `$4`, `$5` the one ahead of which it ends. */
const findTradesOf = (order: 'ASC' | 'DESC') => `
  SELECT id, engine_sequence, leg, price, quantity, taker_side, auction, executed_at FROM trade
  WHERE symbol = $1 AND (engine_sequence, leg) < ($2, $3) AND (engine_sequence, leg) > ($4, $5)
  ORDER BY engine_sequence ${order}, leg ${order} LIMIT $6`

const NEWEST_TRADES = findTradesOf('DESC')
const OLDEST_TRADES = findTradesOf('ASC')

interface TradeRow {
  readonly id: string
  readonly engine_sequence: string
  readonly leg: number
  readonly price: string
  readonly quantity: string
  readonly taker_side: 'BUY' | 'SELL'
  readonly auction: boolean
  readonly executed_at: Date
}

/** A market's trades, newest first; read backward, oldest first. */
export async function findTrades(pool: Pool, symbol: string, page: Page): Promise<StoredTrade[]> {
  const { rows } = await pool.query<TradeRow>({
    name: page.backward ? 'find oldest trades' : 'find newest trades',
    text: page.backward ? OLDEST_TRADES : NEWEST_TRADES,
    values: [
      symbol,
      ...(placeOf(page.after) ?? [Number.MAX_SAFE_INTEGER, 0]),
      ...(placeOf(page.before) ?? [-1, 0]),
      page.first + 1,
    ],
  })
  return rows.map((row) => ({
    id: row.id,
    symbol,
    engineSequence: Number(row.engine_sequence),
    leg: row.leg,
    price: Number(row.price),
    quantity: Number(row.quantity),
    takerSide: row.taker_side,
    auction: row.auction,
    executedAt: row.executed_at.getTime(),
  }))
}

export async function findTradesById(prisma: PrismaClient, ids: readonly string[]): Promise<Map<string, TradeParent>> {
  const trades = await prisma.trade.findMany({ where: { id: { in: ids.filter(isTradeId) } } })
  return new Map(
    trades.map(({ id, symbol, price, quantity, takerSide, auction, executedAt }) => [
      id,
      {
        id,
        symbol,
        price: Number(price),
        quantity: Number(quantity),
        takerSide,
        auction,
        executedAt: executedAt.getTime(),
      },
    ]),
  )
}

function placeOf(cursor: Page['after']): readonly [engineSequence: number, leg: number] | null {
  return cursor && [wholeKey(cursor[0]), wholeKey(cursor[1])]
}
