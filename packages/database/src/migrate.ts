import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { MigrationList } from '@prisma/schema-engine-wasm'
import { Client, DatabaseError } from 'pg'
import { poolConfig, quoted, schemaOf } from './connection.ts'
import type { Domain } from './domain.ts'
import { Engine } from './schema-engine/engine.ts'
import { migrationsDirectory, noFilters, readHistory } from './schema-engine/history.ts'

/** The database must be brought into another state first; nothing was changed. The message says how, for people. */
export class MigrationRefused extends Error {
  override readonly name = 'MigrationRefused'
}

/** Beside a migration's own file: raises where the data must not be migrated yet, because the version before could not read it afterwards. */
const PRECONDITION = 'precondition.sql'
/** What `RAISE EXCEPTION` ends with. */
const RAISED = 'P0001'

/**
 * Brings the domain's schema up to date, as `prisma migrate deploy` does, inside this process.
 * Safe to call from several processes at once: one applies, the others find nothing to do.
 * @returns the names of the migrations that were applied now.
 * @throws MigrationRefused where one of them has a precondition that does not hold; then none was applied.
 */
export async function migrate(domain: Domain, url: string): Promise<string[]> {
  const directory = migrationsDirectory(domain)
  const history = readHistory(directory)
  if (!(await isDue(url, directory, history))) return []
  const engine = await Engine.open(url)
  try {
    const { appliedMigrationNames } = await engine.run((wasm) =>
      wasm.applyMigrations({ migrationsList: history, filters: noFilters }),
    )
    return appliedMigrationNames
  } finally {
    await engine.close()
  }
}

/** Spares an unchanged start the engine's memory. @returns whether there is something to apply, which may be applied. */
async function isDue(url: string, directory: string, history: MigrationList): Promise<boolean> {
  const client = new Client(poolConfig(url))
  await client.connect()
  try {
    await ensureSchema(client, schemaOf(url))
    const pending = await findPending(client, schemaOf(url), history)
    for (const name of pending) await assertReady(client, path.join(directory, name, PRECONDITION))
    return pending.length > 0
  } finally {
    await client.end()
  }
}

/** Those that are not recorded as finished, with the checksum of their file. */
async function findPending(client: Client, schema: string, history: MigrationList): Promise<string[]> {
  const all = history.migrationDirectories
  const table = `${quoted(schema)}._prisma_migrations`
  const { rows: found } = await client.query<{ present: boolean }>('SELECT to_regclass($1) IS NOT NULL AS present', [
    table,
  ])
  if (!found[0]?.present) return all.map(({ path: name }) => name)
  const { rows } = await client.query<{ migration_name: string; checksum: string; finished: boolean }>(
    `SELECT migration_name, checksum, finished_at IS NOT NULL AS finished FROM ${table} WHERE rolled_back_at IS NULL`,
  )
  const recorded = new Map(rows.map((row) => [row.migration_name, row]))
  const isApplied = ({ path: name, migrationFile: { content } }: (typeof all)[number]) => {
    const row = recorded.get(name)
    const checksum = createHash('sha256').update(content.value).digest('hex')
    return content.tag === 'ok' && row?.finished === true && row.checksum === checksum
  }
  return all.filter((migration) => !isApplied(migration)).map(({ path: name }) => name)
}

async function assertReady(client: Client, precondition: string): Promise<void> {
  if (!existsSync(precondition)) return
  try {
    await client.query(readFileSync(precondition, 'utf8'))
  } catch (error) {
    if (error instanceof DatabaseError && error.code === RAISED) throw new MigrationRefused(error.message)
    throw error
  }
}

/** Asks before it creates: a role without the right to create schemas may still own this one. */
async function ensureSchema(client: Client, schema: string): Promise<void> {
  const { rows } = await client.query<{ present: boolean }>(
    'SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1) AS present',
    [schema],
  )
  if (!rows[0]?.present) await client.query(`CREATE SCHEMA IF NOT EXISTS ${quoted(schema)}`)
}
