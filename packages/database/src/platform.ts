import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { poolConfig } from './connection.ts'
import type { Domain } from './domain.ts'
import { startPostgres } from './embedded/server.ts'
import { prepareDatabase } from './roles.ts'

/** `end` of a pool resolves before its sessions have gone. */
const GOODBYE_LIMIT_MS = 1_000
const POLL_MS = 20

/** Where a command finds the database that a platform works on. */
export interface PlatformPlace {
  /** The domain's own (`?schema=…`) or an administrator's URL; without it the embedded PostgreSQL of `npm start`. */
  readonly databaseUrl?: string | undefined
  /** Where `npm start` keeps its data. */
  readonly dataDirectory: string
  /** Keys the roles' passwords, where it was given to `npm run services` too. */
  readonly secret?: string | undefined
}

/**
 * Hands over the URL of the domain's own role on the platform's database, whether the platform runs or not. An embedded server that was
 * not running is stopped again, unless somebody has come to work on it meanwhile.
 */
export async function onPlatformDatabase<T>(
  domain: Domain,
  { databaseUrl, dataDirectory, secret }: PlatformPlace,
  work: (url: string) => Promise<T>,
): Promise<T> {
  const ownUrl = async (adminUrl: string) => (await prepareDatabase(adminUrl, secret ? { secret } : {}))[domain]
  if (databaseUrl !== undefined)
    return work(new URL(databaseUrl).searchParams.has('schema') ? databaseUrl : await ownUrl(databaseUrl))
  const server = await startPostgres({ directory: path.join(dataDirectory, 'postgres') })
  try {
    return await work(await ownUrl(server.adminUrl))
  } finally {
    if (!server.reused && !(await isUsed(server.adminUrl))) await server.stop()
  }
}

/** Whether others are connected, to whichever database, and stay: all of them go with the server. */
async function isUsed(adminUrl: string): Promise<boolean> {
  const admin = new Client(poolConfig(adminUrl))
  await admin.connect()
  try {
    for (let waited = 0; waited < GOODBYE_LIMIT_MS; waited += POLL_MS) {
      const { rowCount } = await admin.query(
        `SELECT FROM pg_stat_activity
         WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()`,
      )
      if (!rowCount) return false
      await sleep(POLL_MS)
    }
    return true
  } finally {
    await admin.end()
  }
}
