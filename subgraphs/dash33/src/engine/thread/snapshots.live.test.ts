import { setImmediate as turn } from 'node:timers/promises'
import { poolConfig } from '@opsource/database'
import { Client } from 'pg'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type FreshDatabase, freshDatabase } from '../../../../../tests/support/database.ts'
import { nthOrder, opening, unlimited } from '../../../../../tests/support/engine.ts'
import { hashState, writeState } from '../canonical.ts'
import { Engine } from '../engine.ts'
import { GENESIS_HASH, type SnapshotRow } from '../journal/rows.ts'
import { JournalStore } from '../journal/store.ts'
import { Snapshots } from './snapshots.ts'

const CLOSED = 12_000

let database: FreshDatabase
let store: JournalStore
let engine: Engine
let next: number

beforeEach(async () => {
  database = await freshDatabase('dash33')
  store = await JournalStore.connect(poolConfig(database.url), () => undefined)
  await store.lead(null)
  engine = new Engine()
  engine.applyBatch([unlimited, ...opening], 1)
  next = 0
  while (next < CLOSED) trade()
})

afterEach(async () => {
  await store.close()
  await database.drop()
})

/** Two orders that meet and close. */
function trade(): void {
  const orders = (['ann', 'bob'] as const).map((accountId, i) => ({
    ...nthOrder(2),
    accountId,
    side: i === 0 ? ('BUY' as const) : ('SELL' as const),
    clientOrderId: `trade-${next++}`,
  }))
  engine.applyBatch(orders, 1 + next)
}

const snapshotsOf = (failed: (error: unknown) => void = (error) => expect.fail(String(error))) =>
  new Snapshots(engine, store, { keep: 'ALL', projectedThrough: 0, newest: 0 }, failed)

async function stored(): Promise<SnapshotRow[]> {
  const rows: SnapshotRow[] = []
  for await (const row of store.journal.snapshotsThrough(Number.MAX_SAFE_INTEGER)) rows.push(row)
  return rows
}

async function rename(from: string, to: string): Promise<void> {
  const client = new Client(poolConfig(database.url))
  await client.connect()
  await client.query(`ALTER TABLE ${from} RENAME TO ${to}`)
  await client.end()
}

it('what is stored is the state as it was, however much the engine does meanwhile', async () => {
  const { sequence } = engine.state
  const hash = hashState(writeState(engine.state))
  const snapshots = snapshotsOf()
  const taken = snapshots.take(GENESIS_HASH)
  while (snapshots.isRunning) {
    for (let i = 0; i < 20; i++) trade()
    await turn()
  }
  await taken
  const [row] = await stored()
  expect(engine.state.sequence).toBeGreaterThan(sequence)
  expect(row).toMatchObject({ sequence, stateHash: hash })
  expect(hashState(row!.state)).toBe(hash)
})

it('one that is cut off is not stored, and nothing is kept for it any more', async () => {
  const snapshots = snapshotsOf()
  const taken = snapshots.take(GENESIS_HASH)
  await turn()
  snapshots.stop()
  await taken
  expect(await stored()).toEqual([])
  const { size: rows } = engine.state.records
  for (const end = next + 3 * CLOSED; next < end; ) trade()
  // The accounts' windows are full, so that each order that closes takes the place of another.
  expect(engine.state.records.size).toBeLessThan(rows + CLOSED)
})

it('one that fails is told of, and the next may be taken', async () => {
  const failures: unknown[] = []
  const snapshots = snapshotsOf((error) => failures.push(error))
  await rename('engine_snapshot', 'hidden')
  await snapshots.take(GENESIS_HASH)
  expect(failures).toHaveLength(1)
  await rename('hidden', 'engine_snapshot')
  trade()
  await snapshots.take(GENESIS_HASH)
  expect(failures).toHaveLength(1)
  expect(await stored()).toHaveLength(1)
})
