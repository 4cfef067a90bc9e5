import { poolConfig } from '@opsource/database'
import { Pool } from 'pg'
import { expect, test } from 'vitest'
import { freshDatabase } from '../../../../tests/support/database.ts'
import { TestExchange } from '../../../../tests/support/exchange.ts'
import { MAX_UNOPENED } from './store.ts'

test('everyone who registered while the engine was away gets an account, also where they are more than one round takes', async () => {
  const database = await freshDatabase('dash33')
  const pool = new Pool(poolConfig(database.url))
  const users = MAX_UNOPENED + 1
  await pool.query(
    `INSERT INTO holder (user_id, kind) SELECT 'usr_' || n, 'PERSON' FROM generate_series(1, ${users}) AS n`,
  )
  const exchange = await TestExchange.start(database.url)
  try {
    const opened = async () =>
      Number((await pool.query('SELECT count(*) FROM account WHERE user_id IS NOT NULL')).rows[0].count)
    await expect.poll(opened, { timeout: 40_000, interval: 100 }).toBe(users)
  } finally {
    await exchange.stop()
    await pool.end()
    await database.drop()
  }
})
