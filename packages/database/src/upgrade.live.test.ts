import { createHash, randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { Client } from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { emptyDatabase, type FreshDatabase } from '../../../tests/support/database.ts'
import { MigrationRefused, migrate, migrationsDirectory, poolConfig, prepareDatabase } from './index.ts'

/** The exchange's schema before its engine learnt more than LIMIT and MARKET orders. */
const FIRST_EXCHANGE = [
  '20261123011557_projections',
  '20261123012134_journal',
  '20261123020026_closed_orders',
  '20261123021622_kept_short',
]

let database: Omit<FreshDatabase, 'url'>
let url: string
let client: Client

beforeEach(async () => {
  database = await emptyDatabase()
  url = (await prepareDatabase(database.adminUrl)).dash33
  client = new Client(poolConfig(url))
  await client.connect()
  await client.query(`
    CREATE TABLE _prisma_migrations (id varchar(36) PRIMARY KEY, checksum varchar(64) NOT NULL, finished_at timestamptz,
      migration_name varchar(255) NOT NULL, logs text, rolled_back_at timestamptz, started_at timestamptz NOT NULL DEFAULT now(),
      applied_steps_count integer NOT NULL DEFAULT 0)`)
  for (const name of FIRST_EXCHANGE) {
    const sql = readFileSync(path.join(migrationsDirectory('dash33'), name, 'migration.sql'), 'utf8')
    await client.query(sql)
    await client.query(
      'INSERT INTO _prisma_migrations (id, checksum, finished_at, migration_name, applied_steps_count) VALUES ($1, $2, now(), $3, 1)',
      [randomUUID(), createHash('sha256').update(sql).digest('hex'), name],
    )
  }
  await client.query(`
    INSERT INTO journal_batch (first_seq, last_seq, epoch, payload, digest_before, prev_hash, hash)
    VALUES (1, 9, 1, '', repeat('0', 16), '', '')`)
})

afterEach(async () => {
  await client.end()
  await database.drop()
})

const snapshotAt = (sequence: number) =>
  client.query(
    `INSERT INTO engine_snapshot (sequence, state, state_hash, journal_hash) VALUES ($1, '', repeat('0', 64), '')`,
    [sequence],
  )
const projectedThrough = (sequence: number) => client.query('UPDATE watermark SET engine_sequence = $1', [sequence])

const tables = async () =>
  (await client.query('SELECT table_name, column_name FROM information_schema.columns ORDER BY 1, 2')).rows

test('an exchange that was killed is not migrated away from the version that can still finish its work', async () => {
  const before = await tables()
  await snapshotAt(5)
  await projectedThrough(9)
  await expect(migrate('dash33', url)).rejects.toThrow(MigrationRefused)
  await expect(migrate('dash33', url)).rejects.toThrow('was not stopped cleanly')

  await snapshotAt(9)
  await projectedThrough(7)
  await expect(migrate('dash33', url)).rejects.toThrow('was not stopped cleanly')
  expect(await tables()).toEqual(before)

  await projectedThrough(9)
  expect(await migrate('dash33', url)).toContain('20261123041811_full_exchange')
  expect(await migrate('dash33', url)).toEqual([])
})
