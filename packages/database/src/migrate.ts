import { createHash } from 'node:crypto'
import type { MigrationList } from '@prisma/schema-engine-wasm'
import { Client } from 'pg'
import { poolConfig, quoted, schemaOf } from './connection.ts'
import type { Domain } from './domain.ts'
import { Engine } from './schema-engine/engine.ts'
import { migrationsDirectory, noFilters, readHistory } from './schema-engine/history.ts'

/**
 * Brings the domain's schema up to date, as `prisma migrate deploy` does, inside this process.
 * Safe to call from several processes at once: one applies, the others find nothing to do.
 * @returns the names of the migrations that were applied now.
 */
export async function migrate(domain: Domain, url: string): Promise<string[]> {
  const history = readHistory(migrationsDirectory(domain))
  if (await isUpToDate(url, history)) return []
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

/** Spares an unchanged start the engine's memory: every migration is recorded as finished, with the checksum of its file. */
async function isUpToDate(url: string, history: MigrationList): Promise<boolean> {
  const client = new Client(poolConfig(url))
  await client.connect()
  try {
    await ensureSchema(client, schemaOf(url))
    const table = `${quoted(schemaOf(url))}._prisma_migrations`
    const { rows: found } = await client.query<{ present: boolean }>('SELECT to_regclass($1) IS NOT NULL AS present', [
      table,
    ])
    if (!found[0]?.present) return history.migrationDirectories.length === 0
    const { rows } = await client.query<{ migration_name: string; checksum: string; finished: boolean }>(
      `SELECT migration_name, checksum, finished_at IS NOT NULL AS finished FROM ${table} WHERE rolled_back_at IS NULL`,
    )
    const recorded = new Map(rows.map((row) => [row.migration_name, row]))
    return history.migrationDirectories.every(({ path: name, migrationFile: { content } }) => {
      const row = recorded.get(name)
      const checksum = createHash('sha256').update(content.value).digest('hex')
      return content.tag === 'ok' && row?.finished === true && row.checksum === checksum
    })
  } finally {
    await client.end()
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
