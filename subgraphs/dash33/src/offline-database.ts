import path from 'node:path'
import { poolConfig, startPostgres } from '@opsource/database'
import { Client } from 'pg'

/** Where a tool that runs beside the exchange finds its database. */
export interface OfflineDatabase {
  /** An administrator's URL or the domain's own; without it the embedded PostgreSQL of `npm start`, running or not. */
  readonly databaseUrl: string | undefined
  /** Where `npm start` keeps its data. */
  readonly dataDirectory: string
}

/** Hands over a connection on the exchange's schema; an embedded server that was not running is stopped again. */
export async function withOfflineDatabase<T>(
  { databaseUrl, dataDirectory }: OfflineDatabase,
  work: (connection: Client) => Promise<T>,
): Promise<T> {
  if (databaseUrl !== undefined) return connected(databaseUrl, work)
  const server = await startPostgres({ directory: path.join(dataDirectory, 'postgres') })
  try {
    return await connected(server.adminUrl, work)
  } finally {
    if (!server.reused) await server.stop()
  }
}

async function connected<T>(databaseUrl: string, work: (connection: Client) => Promise<T>): Promise<T> {
  const url = new URL(databaseUrl)
  if (!url.searchParams.has('schema')) url.searchParams.set('schema', 'dash33')
  const connection = new Client(poolConfig(url.href))
  await connection.connect()
  try {
    return await work(connection)
  } finally {
    await connection.end()
  }
}
