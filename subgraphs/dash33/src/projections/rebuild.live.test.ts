import { poolConfig } from '@opsource/database'
import { ManualClock } from '@opsource/kernel'
import { Pool } from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type FreshDatabase, freshDatabase } from '../../../../tests/support/database.ts'
import { VariedTrading } from '../../../../tests/support/varied-trading.ts'
import { JournalReader } from '../engine/journal/reader.ts'
import { JournalStore } from '../engine/journal/store.ts'
import { START } from '../engine/model/random-commands.ts'
import { PROJECTIONS } from './catalogue.ts'
import { catchUpProjections } from './catch-up.ts'
import { checksumsOf } from './checksum.ts'
import { RebuildRefused, rebuild } from './rebuild.ts'
import { refold } from './refold.ts'
import { projectionWriter } from './store.ts'
import { readWatermarks } from './watermarks.ts'

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

/** Varied trading, journaled and projected a few batches at a time. */
async function traded(): Promise<VariedTrading> {
  const trading = new VariedTrading(7, 6)
  await trading.journal(database.url)
  const write = projectionWriter(pool)
  let after = 0
  for (let n = 0; n < trading.batches.length; n += 40) {
    const batches = trading.batches.slice(n, n + 40)
    await write(batches, after)
    after = batches.at(-1)!.lastSequence
  }
  return trading
}

const rebuilding = (...names: string[]) =>
  rebuild({ pool, journal: new JournalReader(pool), names, retention: () => [], clock: new ManualClock(START) })

const count = async (what: string) => Number((await pool.query(`SELECT count(*) FROM ${what}`)).rows[0].count)

test('projections that are dropped and folded anew are equal, table by table, and no event goes out again', async () => {
  const trading = await traded()
  const events = await count('outbox_event')
  const before = await checksumsOf(pool, PROJECTIONS)
  const filled = before.filter(({ rows }) => rows > 0).map(({ table }) => table)
  expect(filled).toEqual(
    expect.arrayContaining(['ledger_entry', 'pending_transfer', 'exchange_order', 'trade', 'venue_change', 'candle']),
  )
  const rebuilt = await rebuilding()
  expect(rebuilt.filter(({ equal }) => !equal)).toEqual([])
  expect(await checksumsOf(pool, PROJECTIONS)).toEqual(before)
  expect(await count('outbox_event')).toBe(events)
  const { sequence } = trading.engine.state
  expect((await readWatermarks(pool)).map(({ engineSequence }) => engineSequence)).toEqual(
    PROJECTIONS.map(() => sequence),
  )
})

test('one projection is rebuilt alone; what had been changed in it by hand is told', async () => {
  await traded()
  await pool.query(`UPDATE exchange_order SET quantity = quantity + 1 WHERE id = (SELECT max(id) FROM exchange_order)`)
  await pool.query(`UPDATE trade SET price = price + 1`)
  const rebuilt = await rebuilding('orders')
  expect(rebuilt).toMatchObject([{ projection: 'orders', table: 'exchange_order', equal: false }])
  expect(rebuilt[0]?.rows).toBe(rebuilt[0]?.rowsBefore)
  expect(await rebuilding('orders')).toMatchObject([{ equal: true }])
  expect(await rebuilding('trades')).toMatchObject([{ equal: false }])
})

test('a rebuild that died goes on from its watermark, in each projection from its own', async () => {
  const trading = await traded()
  const before = await checksumsOf(pool, PROJECTIONS)
  const { sequence } = trading.engine.state
  const journal = new JournalReader(pool)
  await pool.query('TRUNCATE trade')
  await pool.query('TRUNCATE candle')
  await pool.query(`UPDATE watermark SET engine_sequence = 0 WHERE name IN ('trades', 'candles')`)
  await refold(journal, projectionWriter(pool), 0, Math.floor(sequence / 3))
  await pool.query('TRUNCATE candle')
  await pool.query(`UPDATE watermark SET engine_sequence = 0 WHERE name = 'candles'`)
  await refold(journal, projectionWriter(pool), 0, sequence)
  expect(await checksumsOf(pool, PROJECTIONS)).toEqual(before)
})

test('projections that are far behind read the journal at their own pace before the engine starts; where another leads, they wait', async () => {
  const trading = new VariedTrading(7, 6)
  await trading.journal(database.url)
  const { sequence } = trading.engine.state
  const write = projectionWriter(pool)
  const catchUp = (atOnce: number) =>
    catchUpProjections({ pool, databaseUrl: database.url, write, leads: false, atOnce })
  expect(await catchUp(sequence)).toBe(0)
  const leader = await JournalStore.connect(poolConfig(database.url), () => {})
  await leader.tryLead()
  expect(await catchUp(sequence - 1)).toBe(0)
  await leader.close()
  expect(await catchUp(sequence - 1)).toBe(sequence)
  expect(await count('trade')).toBeGreaterThan(5)
})

test('what the journal no longer reaches back to is not dropped', async () => {
  await traded()
  const before = await checksumsOf(pool, PROJECTIONS)
  await pool.query('DELETE FROM journal_batch WHERE first_seq = 1')
  await expect(rebuilding()).rejects.toThrow('what came before was not kept')
  await expect(rebuilding('nothing')).rejects.toThrow('there is no projection nothing: ledger, orders')
  expect(await checksumsOf(pool, PROJECTIONS)).toEqual(before)
})

test.each([
  ['a batch that cannot be followed', `UPDATE journal_batch SET digest_before = repeat('0', 16) WHERE first_seq > 50`],
  ['an end before the projections’', `DELETE FROM journal_batch WHERE first_seq > 50`],
])('where the journal has %s nothing is dropped', async (_what, damage) => {
  await traded()
  const before = await checksumsOf(pool, PROJECTIONS)
  await pool.query(damage)
  await expect(rebuilding()).rejects.toThrow(RebuildRefused)
  expect(await checksumsOf(pool, PROJECTIONS)).toEqual(before)
})
