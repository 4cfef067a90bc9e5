import { poolConfig } from '@opsource/database'
import { Pool } from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type FreshDatabase, freshDatabase } from '../../../../tests/support/database.ts'
import { storedFills } from './stored.ts'

const NOW = Date.UTC(2026, 0, 2)

let database: FreshDatabase
let pool: Pool

beforeEach(async () => {
  database = await freshDatabase('dash33')
  pool = new Pool(poolConfig(database.url))
})

afterEach(async () => {
  await pool.end()
  await database.drop()
})

test('where nothing has traded for hours, a program’s fills before that may be gone, and a person’s are all there', async () => {
  await pool.query(
    `INSERT INTO account (id, user_id) VALUES ('acc_program', 'usr_program'), ('acc_person', 'usr_person')`,
  )
  await pool.query(`INSERT INTO holder (user_id, kind) VALUES ('usr_program', 'SERVICE'), ('usr_person', 'PERSON')`)
  await pool.query('UPDATE watermark SET engine_sequence = 100')
  const stored = storedFills(pool, async () => {}, { now: () => NOW })
  expect(await stored.isPruned('acc_program', [40, 1])).toBe(true)
  expect(await stored.isPruned('acc_program', [101, -1])).toBe(false)
  expect(await stored.isPruned('acc_person', [40, 1])).toBe(false)
})
