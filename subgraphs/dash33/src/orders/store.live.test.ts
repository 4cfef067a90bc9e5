import { poolConfig } from '@opsource/database'
import { Pool } from 'pg'
import { expect, test } from 'vitest'
import { freshDatabase } from '../../../../tests/support/database.ts'
import { VariedTrading } from '../../../../tests/support/varied-trading.ts'
import type { OrderSnapshot } from '../engine/acks.ts'
import { projectionWriter } from '../projections/index.ts'
import { findOwnOrders } from './store.ts'

test('every order is in the database as the engine itself says that it stands: terms, progress, pairs, reasons', async () => {
  const database = await freshDatabase('dash33')
  const pool = new Pool(poolConfig(database.url))
  const { engine, batches } = new VariedTrading(21, 30)
  // Whoever cancels an order is told all of it.
  await projectionWriter(pool)(batches, 0)
  const open = await openOrders(pool)
  const commands = open.map(({ account, id }) => ({ kind: 'CANCEL', accountId: account, orderId: id }) as const)
  const { batch, acks } = engine.applyBatch(commands, engine.state.time)
  await projectionWriter(pool)([batch], engine.state.sequence - commands.length)
  const told = acks.flatMap((ack) => (ack.kind === 'CANCELLED' ? [ack.order] : []))
  expect(told.length).toBeGreaterThan(5)
  const stored = new Map<string, OrderSnapshot>()
  for (const accountId of new Set(told.map((order) => order.accountId))) {
    const ids = told.map(({ orderId }) => orderId)
    for (const [id, order] of await findOwnOrders(pool, accountId, ids)) stored.set(id, order)
  }
  for (const order of told) expect(stored.get(order.orderId)).toEqual(order)
  expect(new Set(told.map(({ type }) => type)).size).toBeGreaterThan(2)
  await pool.end()
  await database.drop()
})

async function openOrders(pool: Pool): Promise<{ id: string; account: string }[]> {
  const { rows } = await pool.query<{ id: string; account: string }>(
    `SELECT o.id, a.id AS account FROM exchange_order o JOIN account a ON a.no = o.account_no WHERE closed_at IS NULL ORDER BY o.id`,
  )
  return rows
}
