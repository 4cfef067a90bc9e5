import { poolConfig } from '@opsource/database'
import { Pool } from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type FreshDatabase, freshDatabase } from '../../../tests/support/database.ts'
import { inTransaction } from './database.ts'

let database: FreshDatabase
let pool: Pool

beforeEach(async () => {
  database = await freshDatabase('dash33')
  pool = new Pool(poolConfig(database.url))
  pool.on('error', () => {})
})

afterEach(async () => {
  await pool.end()
  await database.drop()
})

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

test('a connection that is cut between two statements of a transaction fails that transaction, and the next one works', async () => {
  const cut = inTransaction(pool, async (client) => {
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
    await pool.query('SELECT pg_terminate_backend($1)', [rows[0]?.pid])
    await pause(100)
    await client.query('SELECT')
  })
  await expect(cut).rejects.toThrow()
  const { rows } = await inTransaction(pool, (client) => client.query<{ one: number }>('SELECT 1 AS one'))
  expect(rows).toEqual([{ one: 1 }])
})

test('a connection that is cut under a statement fails the transaction, and the next one works', async () => {
  const cut = inTransaction(pool, async (client) => {
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
    await Promise.all([
      client.query('SELECT pg_sleep(5)'),
      pool.query('SELECT pg_terminate_backend($1)', [rows[0]?.pid]),
    ])
  })
  await expect(cut).rejects.toThrow()
  const { rows } = await inTransaction(pool, (client) => client.query<{ one: number }>('SELECT 1 AS one'))
  expect(rows).toEqual([{ one: 1 }])
})
