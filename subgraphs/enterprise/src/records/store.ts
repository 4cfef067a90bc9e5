import type { EventData } from '@opsource/bus/contracts'
import type { ClientBase } from 'pg'
import type { Database } from '../database.ts'
import { Prisma } from '../generated/prisma/client.ts'
import type { Posting } from './fold.ts'
import type { Book, RecordedTradeRecord } from './record.ts'

const NEWEST = { engineSequence: 2n ** 63n - 1n, tradeId: '' }

/** Where a page continues. */
export interface TradeCursor {
  readonly engineSequence: bigint
  readonly tradeId: string
}

/** Raises the watermark. First of a batch's writes: the row it locks puts concurrent writers in a queue. */
export async function raiseWatermark(client: ClientBase, engineSequence: number): Promise<void> {
  await client.query('UPDATE records_progress SET engine_sequence = greatest(engine_sequence, $1) WHERE id = 1', [
    engineSequence,
  ])
}

/** @returns the ids of those that were not on record before. */
export async function insertTrades(
  client: ClientBase,
  trades: readonly EventData<'trade.executed'>[],
): Promise<Set<string>> {
  const { rows } = await client.query<{ trade_id: string }>(
    `INSERT INTO recorded_trade (trade_id, engine_sequence, symbol, price, quantity, buyer_user_id, seller_user_id, executed_at)
     SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::timestamptz[])
     ON CONFLICT (trade_id) DO NOTHING RETURNING trade_id`,
    [
      trades.map((trade) => trade.tradeId),
      trades.map((trade) => trade.engineSequence),
      trades.map((trade) => trade.symbol),
      trades.map((trade) => trade.price),
      trades.map((trade) => trade.quantity),
      trades.map((trade) => trade.buyer.userId),
      trades.map((trade) => trade.seller.userId),
      trades.map((trade) => trade.executedAt),
    ],
  )
  await client.query('UPDATE records_progress SET trade_count = trade_count + $1 WHERE id = 1', [rows.length])
  return new Set(rows.map((row) => row.trade_id))
}

export async function addPostings(client: ClientBase, postings: readonly Posting[]): Promise<void> {
  await client.query(
    `INSERT INTO recorded_balance AS b (account_id, asset, scale, total)
     SELECT * FROM unnest($1::text[], $2::text[], $3::int[], $4::numeric[])
     ON CONFLICT (account_id, asset) DO UPDATE SET total = b.total + excluded.total`,
    [
      postings.map((posting) => posting.accountId),
      postings.map((posting) => posting.asset),
      postings.map((posting) => posting.scale),
      postings.map((posting) => String(posting.amount)),
    ],
  )
}

/** Watermark and totals of one moment, whatever is written meanwhile. */
export async function readBook(database: Database): Promise<Book> {
  const [progress, balances] = await database.$transaction(
    [
      database.recordsProgress.findUniqueOrThrow({ where: { id: 1 } }),
      database.recordedBalance.findMany({ orderBy: [{ accountId: 'asc' }, { asset: 'asc' }] }),
    ],
    { isolationLevel: Prisma.TransactionIsolationLevel.RepeatableRead },
  )
  const totals = balances.map((balance) => ({ ...balance, total: BigInt(balance.total.toFixed(0)) }))
  return { watermark: progress.engineSequence, tradeCount: progress.tradeCount, totals }
}

const columns = Prisma.sql`trade_id AS "tradeId", engine_sequence AS "engineSequence", symbol, price, quantity,
  buyer_user_id AS "buyerUserId", seller_user_id AS "sellerUserId", executed_at AS "executedAt"`

/** Newest first. `userId` null: everyone's. Each half of the union walks its own index, and a trade with oneself comes once. */
export function tradesBefore(
  database: Database,
  userId: string | null,
  limit: number,
  cursor: TradeCursor | null,
): Promise<RecordedTradeRecord[]> {
  const { engineSequence, tradeId } = cursor ?? NEWEST
  const behind = Prisma.sql`(engine_sequence, trade_id) < (${engineSequence}, ${tradeId})`
  const order = Prisma.sql`ORDER BY engine_sequence DESC, trade_id DESC LIMIT ${limit}`
  if (userId === null) {
    return database.$queryRaw`SELECT ${columns} FROM recorded_trade WHERE ${behind} ${order}`
  }
  return database.$queryRaw`
    SELECT ${columns} FROM (
      (SELECT * FROM recorded_trade WHERE buyer_user_id = ${userId} AND ${behind} ${order})
      UNION
      (SELECT * FROM recorded_trade WHERE seller_user_id = ${userId} AND ${behind} ${order})
    ) AS own ${order}`
}

/** Keeps the newest `kept` trades. @returns how many went. */
export function pruneTrades(database: Database, kept: number): Promise<number> {
  return database.$executeRaw`
    DELETE FROM recorded_trade WHERE (engine_sequence, trade_id) <= (
      SELECT engine_sequence, trade_id FROM recorded_trade ORDER BY engine_sequence DESC, trade_id DESC OFFSET ${kept} LIMIT 1)`
}
