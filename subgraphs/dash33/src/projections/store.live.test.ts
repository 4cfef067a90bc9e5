import { poolConfig } from '@opsource/database'
import { Pool } from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type FreshDatabase, freshDatabase } from '../../../../tests/support/database.ts'
import { Engine } from '../engine/engine.ts'
import { WatermarkMoved } from './projector.ts'
import { projectionWriter, readWatermark } from './store.ts'

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

/** An account that is opened and credited, as two batches of the engine. */
function openAndCredit() {
  const engine = new Engine()
  const opened = engine.applyBatch([{ kind: 'OPEN_ACCOUNT', accountId: 'acc_a', userId: 'usr_a' }], 1)
  const credited = engine.applyBatch(
    [{ kind: 'CREDIT', accountId: 'acc_a', asset: 'USDT', amount: 700, reference: 'first' }],
    2,
  )
  return [opened.batch, credited.batch] as const
}

const rows = async (text: string) => (await pool.query<Record<string, string>>(text)).rows

test('a write that was committed without an answer changes nothing when it is made again', async () => {
  const batches = openAndCredit()
  const write = projectionWriter(pool)
  await write(batches, 0)
  await write(batches, 0)
  expect(await readWatermark(pool)).toBe(2)
  expect(await rows('SELECT total FROM balance ORDER BY total')).toEqual([{ total: '-700' }, { total: '700' }])
  expect(await rows('SELECT count(*) FROM outbox_event')).toEqual([{ count: '1' }])
})

test('what a former leader still wrote is not written again by its successor, who goes on behind it', async () => {
  const [opened, credited] = openAndCredit()
  const [former, successor] = [projectionWriter(pool), projectionWriter(pool)]
  await former([opened], 0)
  await successor([opened, credited], 0)
  await former([credited], 1)
  expect(await readWatermark(pool)).toBe(2)
  expect(await rows('SELECT total FROM balance ORDER BY total')).toEqual([{ total: '-700' }, { total: '700' }])
})

test('a writer goes on from where another one left the projections in the meantime', async () => {
  const [opened, credited] = openAndCredit()
  const [former, successor] = [projectionWriter(pool), projectionWriter(pool)]
  const later = { ...credited, firstSequence: 3, lastSequence: 3, events: [], balances: [], holds: [] }
  await successor([opened], 0)
  await former([credited], 1)
  await successor([credited, later], 1)
  expect(await readWatermark(pool)).toBe(3)
  expect(await rows('SELECT total FROM balance ORDER BY total')).toEqual([{ total: '-700' }, { total: '700' }])
})

test('a write behind a place that the projections never reached is refused', async () => {
  const [opened, credited] = openAndCredit()
  const write = projectionWriter(pool)
  await expect(write([credited], 1)).rejects.toThrow(WatermarkMoved)
  await expect(write([opened], 0)).resolves.toBeUndefined()
})
