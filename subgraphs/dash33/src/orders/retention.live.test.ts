import { poolConfig } from '@opsource/database'
import { ManualClock } from '@opsource/kernel'
import { Pool } from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type FreshDatabase, freshDatabase } from '../../../../tests/support/database.ts'
import {
  OrderRetention,
  PERSON_NEVER_FILLED_RETENTION_MS,
  SERVICE_FILLED_RETENTION_MS,
  SERVICE_NEVER_FILLED_RETENTION_MS,
} from './retention.ts'

const NOW = Date.UTC(2026, 0, 1)
let database: FreshDatabase
let pool: Pool

beforeEach(async () => {
  database = await freshDatabase('dash33')
  pool = new Pool(poolConfig(database.url))
  await pool.query(
    `INSERT INTO account (no, id, user_id) VALUES (10, 'acc_maker', 'usr_maker'), (11, 'acc_person', 'usr_person'), (12, 'acc_unknown', 'usr_unknown')`,
  )
  await pool.query(`INSERT INTO holder (user_id, kind) VALUES ('usr_maker', 'SERVICE'), ('usr_person', 'PERSON')`)
})

afterEach(async () => {
  await pool.end()
  await database.drop()
})

/** @param closed milliseconds before now, or null for an open order. */
async function order(id: string, accountNo: number, closed: number | null, filled = 0): Promise<void> {
  await pool.query(
    `INSERT INTO exchange_order (id, engine_sequence, account_no, symbol, client_order_id, side, type, time_in_force, status,
      price, quantity, post_only, self_trade_prevention, filled_quantity, filled_quote_amount, created_at, closed_at)
     VALUES ($1, 1, $2, 'BTC-USDT', $1, 'BUY', 'LIMIT', 'GTC', $3, 1, 5, false, 'NONE', $4, 0, $5, $6)`,
    [
      id,
      accountNo,
      closed === null ? 'OPEN' : 'CANCELLED',
      filled,
      new Date(0),
      closed === null ? null : new Date(NOW - closed),
    ],
  )
}

const left = async () =>
  (await pool.query<{ id: string }>('SELECT id FROM exchange_order ORDER BY id')).rows.map(({ id }) => id)

test('closed orders go after the time of their kind; open ones and what a person has traded stay', async () => {
  await order('maker due', 10, SERVICE_NEVER_FILLED_RETENTION_MS + 1)
  await order('maker fresh', 10, SERVICE_NEVER_FILLED_RETENTION_MS - 1_000)
  await order('maker filled', 10, SERVICE_FILLED_RETENTION_MS - 1_000, 1)
  await order('maker filled due', 10, SERVICE_FILLED_RETENTION_MS + 1, 1)
  await order('person filled', 11, PERSON_NEVER_FILLED_RETENTION_MS * 2, 1)
  await order('maker open', 10, null)
  await order('person due', 11, PERSON_NEVER_FILLED_RETENTION_MS + 1)
  await order('person fresh', 11, SERVICE_NEVER_FILLED_RETENTION_MS + 1)
  await order('unknown fresh', 12, SERVICE_NEVER_FILLED_RETENTION_MS + 1)
  const retention = new OrderRetention(pool, new ManualClock(NOW))
  expect(await retention.run()).toBe(3)
  expect(await left()).toEqual([
    'maker filled',
    'maker fresh',
    'maker open',
    'person filled',
    'person fresh',
    'unknown fresh',
  ])
})

test('a later round takes what has fallen due since', async () => {
  const clock = new ManualClock(NOW)
  const retention = new OrderRetention(pool, clock)
  await order('a', 10, SERVICE_NEVER_FILLED_RETENTION_MS + 1)
  await order('b', 10, 0)
  expect(await retention.run()).toBe(1)
  clock.advance(SERVICE_NEVER_FILLED_RETENTION_MS + 1)
  expect(await retention.run()).toBe(1)
  expect(await left()).toEqual([])
})

test('more than one statement’s worth goes in one round', async () => {
  await pool.query(
    `INSERT INTO exchange_order (id, engine_sequence, account_no, symbol, client_order_id, side, type, time_in_force, status,
      price, quantity, post_only, self_trade_prevention, filled_quantity, filled_quote_amount, created_at, closed_at)
     SELECT 'ord_' || n, n, 10, 'BTC-USDT', n, 'BUY', 'LIMIT', 'GTC', 'CANCELLED', 1, 5, false, 'NONE', 0, 0, $1, $1 FROM generate_series(1, 12000) n`,
    [new Date(NOW - SERVICE_NEVER_FILLED_RETENTION_MS * 2)],
  )
  const retention = new OrderRetention(pool, new ManualClock(NOW))
  expect(await retention.run()).toBe(12_000)
})
