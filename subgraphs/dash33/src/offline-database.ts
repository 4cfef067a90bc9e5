import path from 'node:path'
import { poolConfig, startPostgres } from '@opsource/database'
import { Client, Pool } from 'pg'

/** One writes while another reads the journal. */
const POOL_CONNECTIONS = 3

/** Where a tool that runs beside the exchange finds its database. */
export interface OfflineDatabase {
  /** An administrator's URL or the domain's own; without it the embedded PostgreSQL of `npm start`, running or not. */
  readonly databaseUrl: string | undefined
  /** Where `npm start` keeps its data. */
  readonly dataDirectory: string
}

/** Hands over a connection on the exchange's schema; an embedded server that was not running is stopped again. */
export function withOfflineDatabase<T>(
  database: OfflineDatabase,
  work: (connection: Client, url: string) => Promise<T>,
): Promise<T> {
  return withOfflineUrl(database, async (url) => {
    const connection = new Client(poolConfig(url))
    await connection.connect()
    try {
      return await work(connection, url)
    } finally {
      await connection.end()
    }
  })
}

/** The same for a pool of connections. */
export function withOfflinePool<T>(
  database: OfflineDatabase,
  work: (pool: Pool, url: string) => Promise<T>,
): Promise<T> {
  return withOfflineUrl(database, async (url) => {
    const pool = new Pool(poolConfig(url, { max: POOL_CONNECTIONS }))
    try {
      return await work(pool, url)
    } finally {
      await pool.end()
    }
  })
}

async function withOfflineUrl<T>(
  { databaseUrl, dataDirectory }: OfflineDatabase,
  work: (url: string) => Promise<T>,
): Promise<T> {
  if (databaseUrl !== undefined) return work(onSchema(databaseUrl))
  const server = await startPostgres({ directory: path.join(dataDirectory, 'postgres') })
  try {
    return await work(onSchema(server.adminUrl))
  } finally {
    if (!server.reused) await server.stop()
  }
}

function onSchema(databaseUrl: string): string {
  const url = new URL(databaseUrl)
  if (!url.searchParams.has('schema')) url.searchParams.set('schema', 'dash33')
  return url.href
}
