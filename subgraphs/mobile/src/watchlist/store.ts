import type { ClientBase } from 'pg'
import type { Database } from '../database.ts'

/** Replaces the user's list; of two at once the later one counts. */
export function replaceWatchlist(database: Database, userId: string, symbols: readonly string[]): Promise<void> {
  return database.$transaction(async (tx) => {
    await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtext('mobile.watchlist'), hashtext(${userId}))`
    await tx.watchedMarket.deleteMany({ where: { userId } })
    await tx.watchedMarket.createMany({ data: symbols.map((symbol) => ({ userId, symbol })) })
  })
}

/** @returns the symbols of the markets that the user watches, in order. */
export async function watchlistOf(database: Database, userId: string): Promise<string[]> {
  const rows = await database.watchedMarket.findMany({ where: { userId }, orderBy: { symbol: 'asc' } })
  return rows.map(({ symbol }) => symbol)
}

/** @returns who watches each of the markets. */
export async function watchersOf(client: ClientBase, symbols: readonly string[]): Promise<Map<string, string[]>> {
  const { rows } = await client.query<{ symbol: string; users: string[] }>(
    'SELECT symbol, array_agg(user_id ORDER BY user_id) AS users FROM watched_market WHERE symbol = ANY($1) GROUP BY symbol',
    [symbols],
  )
  return new Map(rows.map(({ symbol, users }) => [symbol, users]))
}
