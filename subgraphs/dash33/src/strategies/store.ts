import type { ClientBase, Pool } from 'pg'
import type { PrismaClient } from '../database.ts'
import type { Strategy as StrategyRow, StrategyStop } from '../generated/prisma/client.ts'
import type { Standing, Strategy } from './strategy.ts'

export type StopReason = StrategyStop

/** A strategy with where it stands. */
export interface StoredStrategy extends Strategy {
  readonly clientStrategyId: string
  readonly enabled: boolean
  readonly stoppedBecause: StopReason | null
  /** Milliseconds since the Unix epoch. */
  readonly createdAt: number
}

/** An order that was decided on, as it is kept. */
export interface StoredStrategyOrder {
  readonly strategyId: string
  readonly predictionId: string
  readonly symbol: string
  readonly side: 'BUY' | 'SELL'
  readonly quantity: number
  readonly price: number
  readonly decidedAt: number
  readonly outcome: string | null
  readonly orderId: string | null
}

export type OrderDecision = Pick<
  StoredStrategyOrder,
  'strategyId' | 'predictionId' | 'side' | 'quantity' | 'price' | 'decidedAt'
>

export interface OrderOutcome {
  readonly strategyId: string
  readonly predictionId: string
  /** `PLACED`, or a refusal's code. */
  readonly outcome: string
  readonly orderId: string | null
  readonly baseChange: bigint
  readonly quoteChange: bigint
}

const INSERT_ORDER = `
  INSERT INTO strategy_order (strategy_id, prediction_id, side, quantity, price, decided_at)
  VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`

const SET_OUTCOME = `
  UPDATE strategy_order SET outcome = $3, order_id = $4, base_change = $5, quote_change = $6
  WHERE strategy_id = $1 AND prediction_id = $2 AND outcome IS NULL`

const STANDING = `
  SELECT coalesce(sum(base_change), 0) AS position, coalesce(sum(quote_change), 0) AS cash,
    coalesce(sum(base_change) FILTER (WHERE decided_at < $2), 0) AS position_before,
    coalesce(sum(quote_change) FILTER (WHERE decided_at < $2), 0) AS cash_before,
    count(*) FILTER (WHERE decided_at >= $2) AS orders
  FROM strategy_order WHERE strategy_id = $1`

/** Of a day without a trade yet the last price before it. */
const FIRST_PRICE_SINCE = `
  SELECT coalesce(
    (SELECT open FROM candle WHERE symbol = $1 AND interval = 'M1' AND open_time >= $2 ORDER BY open_time LIMIT 1),
    (SELECT close FROM candle WHERE symbol = $1 AND interval = 'M1' AND open_time < $2 ORDER BY open_time DESC LIMIT 1)
  ) AS price`

/** What became of orders whose answer never came, by what the exchange has on record of them: they trade as they arrive, or never. */
const FIND_UNANSWERED = `
  SELECT s.strategy_id, s.prediction_id, o.id AS order_id,
    coalesce(sum(CASE WHEN s.side = 'BUY' THEN t.base_amount - t.taker_fee ELSE -t.base_amount END), 0) AS base_change,
    coalesce(sum(CASE WHEN s.side = 'SELL' THEN t.quote_amount - t.taker_fee ELSE -t.quote_amount END), 0) AS quote_change
  FROM strategy_order s
  JOIN strategy g ON g.id = s.strategy_id
  LEFT JOIN account a ON a.user_id = g.user_id
  LEFT JOIN exchange_order o ON o.account_no = a.no AND o.client_order_id = s.strategy_id || '.' || s.prediction_id
  LEFT JOIN trade t ON t.engine_sequence = o.engine_sequence AND t.taker_order_id = o.id
  WHERE s.outcome IS NULL AND ($1::text IS NULL OR s.strategy_id = $1)
  GROUP BY s.strategy_id, s.prediction_id, o.id`

/** Strategies that are on. */
export async function findEnabled(prisma: PrismaClient): Promise<StoredStrategy[]> {
  return (await prisma.strategy.findMany({ where: { enabled: true } })).map(strategyOf)
}

export async function findStrategies(prisma: PrismaClient, userId: string): Promise<StoredStrategy[]> {
  return (await prisma.strategy.findMany({ where: { userId }, orderBy: { id: 'desc' } })).map(strategyOf)
}

/** @returns the caller's strategy of that id, or null. */
export async function findOwnStrategy(
  prisma: PrismaClient,
  userId: string,
  id: string,
): Promise<StoredStrategy | null> {
  const row = await prisma.strategy.findFirst({ where: { id, userId } })
  return row && strategyOf(row)
}

/** Writes a strategy that is off. @returns that of its key, which may have been there before; null where its owner has as many as `most`. */
export function insertStrategy(
  prisma: PrismaClient,
  strategy: Strategy & { readonly clientStrategyId: string; readonly createdAt: number },
  most: number,
): Promise<StoredStrategy | null> {
  const { userId, clientStrategyId } = strategy
  return prisma.$transaction(async (tx) => {
    // Two of one user come one after the other, so that each sees the other.
    await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${`strategies ${userId}`}, 0))`
    const known = await tx.strategy.findUnique({ where: { userId_clientStrategyId: { userId, clientStrategyId } } })
    if (known) return strategyOf(known)
    if ((await tx.strategy.count({ where: { userId } })) >= most) return null
    return strategyOf(
      await tx.strategy.create({
        data: {
          ...strategy,
          orderQuantity: BigInt(strategy.orderQuantity),
          maxPosition: BigInt(strategy.maxPosition),
          maxDailyLoss: strategy.maxDailyLoss.toString(),
          createdAt: new Date(strategy.createdAt),
        },
      }),
    )
  })
}

export async function switchOn(prisma: PrismaClient, id: string): Promise<void> {
  await prisma.strategy.update({ where: { id }, data: { enabled: true, stoppedBecause: null } })
}

/** @returns false where it was off, for a reason of its own. */
export async function switchOff(prisma: PrismaClient, id: string, stoppedBecause: StopReason): Promise<boolean> {
  const where = { id, enabled: true }
  return (await prisma.strategy.updateMany({ where, data: { enabled: false, stoppedBecause } })).count === 1
}

/** Switches off whatever strategies these users have on. */
export async function withdrawAccess(database: Pick<ClientBase, 'query'>, userIds: readonly string[]): Promise<void> {
  await database.query(
    `UPDATE strategy SET enabled = false, stopped_because = 'ACCESS_WITHDRAWN' WHERE enabled AND user_id = ANY($1)`,
    [userIds],
  )
}

/** Writes a decision before it is sent. @returns false where the forecast has caused an order of this strategy before. */
export async function writeDecision(pool: Pool, order: OrderDecision): Promise<boolean> {
  const { strategyId, predictionId, side, quantity, price, decidedAt } = order
  const values = [strategyId, predictionId, side, quantity, price, new Date(decidedAt)]
  return (await pool.query({ name: 'write decision', text: INSERT_ORDER, values })).rowCount === 1
}

export async function writeOutcome(database: Pick<ClientBase, 'query'>, outcome: OrderOutcome): Promise<void> {
  const { strategyId, predictionId, orderId, baseChange, quoteChange } = outcome
  const values = [strategyId, predictionId, outcome.outcome, orderId, `${baseChange}`, `${quoteChange}`]
  await database.query({ name: 'write outcome', text: SET_OUTCOME, values })
}

/** Where a strategy stands. What it held when the day began is valued by `valueAt` (ticks → quote minor units) at the day's first price. */
export async function findStanding(
  pool: Pool,
  strategy: Strategy,
  day: number,
  profitAt: (standing: { readonly position: bigint; readonly cash: bigint }, price: number) => bigint,
): Promise<Standing> {
  const since = new Date(day * 86_400_000)
  const { rows } = await pool.query<Record<'position' | 'cash' | 'position_before' | 'cash_before' | 'orders', string>>(
    STANDING,
    [strategy.id, since],
  )
  const row = rows[0]!
  const first = await pool.query<{ price: string | null }>(FIRST_PRICE_SINCE, [strategy.symbol, since])
  const price = Number(first.rows[0]?.price ?? 0)
  const before = { position: BigInt(row.position_before), cash: BigInt(row.cash_before) }
  return {
    position: BigInt(row.position),
    cash: BigInt(row.cash),
    day,
    ordersToday: Number(row.orders),
    profitAtDayStart: profitAt(before, price),
  }
}

/** Decisions, of one strategy or (null) of all, whose outcome is not known, with what is on record: without an order id nothing came of them. */
export async function findUnanswered(pool: Pool, strategyId: string | null): Promise<OrderOutcome[]> {
  const { rows } = await pool.query<{
    strategy_id: string
    prediction_id: string
    order_id: string | null
    base_change: string
    quote_change: string
  }>(FIND_UNANSWERED, [strategyId])
  return rows.map((row) => ({
    strategyId: row.strategy_id,
    predictionId: row.prediction_id,
    outcome: row.order_id === null ? 'NEVER_PLACED' : 'PLACED',
    orderId: row.order_id,
    baseChange: BigInt(row.base_change),
    quoteChange: BigInt(row.quote_change),
  }))
}

/** A strategy's decisions, newest first; oldest first of those `backward`. Times are milliseconds, ties by forecast. */
export async function findStrategyOrders(
  prisma: PrismaClient,
  strategy: Pick<Strategy, 'id' | 'symbol'>,
  range: {
    readonly below: OrderKey | null
    readonly above: OrderKey | null
    readonly backward: boolean
    readonly limit: number
  },
): Promise<StoredStrategyOrder[]> {
  const { below, above, backward, limit } = range
  const order = backward ? 'asc' : 'desc'
  const rows = await prisma.strategyOrder.findMany({
    where: {
      strategyId: strategy.id,
      AND: [...(below ? [beyond('lt', below)] : []), ...(above ? [beyond('gt', above)] : [])],
    },
    orderBy: [{ decidedAt: order }, { predictionId: order }],
    take: limit,
  })
  return rows.map((row) => orderOf(row, strategy.symbol))
}

export type OrderKey = readonly [decidedAt: number, predictionId: string]

/** What caused each of these orders, by order id; those that no strategy placed are missing. */
export async function findCauses(
  prisma: PrismaClient,
  orderIds: readonly string[],
): Promise<Map<string, OrderDecision>> {
  const rows = await prisma.strategyOrder.findMany({ where: { orderId: { in: [...orderIds] } } })
  return new Map(rows.map((row) => [row.orderId ?? '', orderOf(row, '')]))
}

/** Nothing was or will be decided outside these, whatever a cursor says. */
const TIMES = { first: 0, last: Date.UTC(9999, 0) }

function beyond(comparison: 'lt' | 'gt', [decidedAt, predictionId]: OrderKey) {
  const time = new Date(Math.min(Math.max(decidedAt, TIMES.first), TIMES.last))
  return {
    OR: [{ decidedAt: { [comparison]: time } }, { decidedAt: time, predictionId: { [comparison]: predictionId } }],
  }
}

function strategyOf(row: StrategyRow): StoredStrategy {
  const { id, userId, symbol, clientStrategyId, minProbability, maxSlippageBps, maxOrdersPerDay, tradeInSample } = row
  return {
    id,
    userId,
    symbol,
    clientStrategyId,
    minProbability,
    maxSlippageBps,
    maxOrdersPerDay,
    tradeInSample,
    orderQuantity: Number(row.orderQuantity),
    maxPosition: Number(row.maxPosition),
    maxDailyLoss: BigInt(row.maxDailyLoss.toFixed(0)),
    enabled: row.enabled,
    stoppedBecause: row.stoppedBecause,
    createdAt: row.createdAt.getTime(),
  }
}

function orderOf(
  row: {
    strategyId: string
    predictionId: string
    side: 'BUY' | 'SELL'
    quantity: bigint
    price: bigint
    decidedAt: Date
    outcome: string | null
    orderId: string | null
  },
  symbol: string,
): StoredStrategyOrder {
  const { strategyId, predictionId, side, outcome, orderId } = row
  const { quantity, price, decidedAt } = row
  return {
    strategyId,
    predictionId,
    symbol,
    side,
    outcome,
    orderId,
    quantity: Number(quantity),
    price: Number(price),
    decidedAt: decidedAt.getTime(),
  }
}
