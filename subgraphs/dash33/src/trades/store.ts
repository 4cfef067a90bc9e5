import type { Pool } from 'pg'
import type { PrismaClient } from '../database.ts'
import { isTradeId } from '../engine/index.ts'
import type { TradeParent } from '../parents.ts'

/** A trade with the place that a page continues from. */
export interface StoredTrade extends TradeParent {
  readonly engineSequence: number
  readonly leg: number
}

const FIND_TRADES = `
  SELECT id, engine_sequence, leg, price, quantity, taker_side, executed_at FROM trade
  WHERE symbol = $1 AND (engine_sequence, leg) < ($2, $3)
  ORDER BY engine_sequence DESC, leg DESC LIMIT $4`

const FIND_LAST_PRICES = `
  SELECT s.symbol, c.close FROM unnest($1::text[]) AS s (symbol)
  CROSS JOIN LATERAL (SELECT close FROM candle WHERE symbol = s.symbol AND interval = 'M1' ORDER BY open_time DESC LIMIT 1) c`

interface TradeRow {
  readonly id: string
  readonly engine_sequence: string
  readonly leg: number
  readonly price: string
  readonly quantity: string
  readonly taker_side: 'BUY' | 'SELL'
  readonly executed_at: Date
}

/** A market's trades, newest first. `before` is the place of the trade that the page continues behind. */
export async function findTrades(
  pool: Pool,
  symbol: string,
  before: readonly [engineSequence: number, leg: number] | null,
  limit: number,
): Promise<StoredTrade[]> {
  const [sequence, leg] = before ?? [Number.MAX_SAFE_INTEGER, 0]
  const { rows } = await pool.query<TradeRow>({
    name: 'find trades',
    text: FIND_TRADES,
    values: [symbol, sequence, leg, limit],
  })
  return rows.map((row) => ({
    id: row.id,
    symbol,
    engineSequence: Number(row.engine_sequence),
    leg: row.leg,
    price: Number(row.price),
    quantity: Number(row.quantity),
    takerSide: row.taker_side,
    executedAt: row.executed_at.getTime(),
  }))
}

export async function findTradesById(prisma: PrismaClient, ids: readonly string[]): Promise<Map<string, TradeParent>> {
  const trades = await prisma.trade.findMany({ where: { id: { in: ids.filter(isTradeId) } } })
  return new Map(
    trades.map(({ id, symbol, price, quantity, takerSide, executedAt }) => [
      id,
      { id, symbol, price: Number(price), quantity: Number(quantity), takerSide, executedAt: executedAt.getTime() },
    ]),
  )
}

/** @returns ticks of the last trade of each market that has ever had one: candles know it when the trade itself is gone. */
export async function findLastPrices(pool: Pool, symbols: readonly string[]): Promise<Map<string, number>> {
  const { rows } = await pool.query<{ symbol: string; close: string }>(FIND_LAST_PRICES, [symbols])
  return new Map(rows.map(({ symbol, close }) => [symbol, Number(close)]))
}
