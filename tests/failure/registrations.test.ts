import { poolConfig } from '@opsource/database'
import { ManualClock } from '@opsource/kernel'
import { Client } from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Database, openDatabase } from '../../subgraphs/anya/src/database.ts'
import { AliasStore } from '../../subgraphs/anya/src/registry/alias-store.ts'
import { RegistryStore } from '../../subgraphs/anya/src/registry/store.ts'
import { rivalModel } from '../../subgraphs/anya/src/testing/rival-model.ts'
import { type FreshDatabase, freshDatabase } from '../support/database.ts'

const NAME = 'mid-direction'
const clock = new ManualClock(Date.UTC(2024, 7, 9))
let fresh: FreshDatabase
let databases: Database[]

beforeEach(async () => {
  fresh = await freshDatabase('anya')
  databases = []
})
afterEach(async () => {
  for (const database of databases) await database.$disconnect()
  await fresh.drop()
})

/** A registry in a process of its own would have connections of its own. */
function trainer(): RegistryStore {
  const database = openDatabase(fresh.url)
  databases.push(database)
  return new RegistryStore(database, clock)
}

async function rows(): Promise<Record<string, number>> {
  const client = new Client(poolConfig(fresh.url))
  await client.connect()
  const { rows } = await client.query(`SELECT (SELECT count(*)::int FROM model) AS models,
    (SELECT count(*)::int FROM model_version) AS versions,
    (SELECT count(*)::int FROM model_transition) AS transitions`)
  await client.end()
  return rows[0]
}

test('trainers that register at once get versions without a gap, each with all that belongs to it', async () => {
  const models = await Promise.all([1, 2, 3, 4, 5, 6].map((weight) => rivalModel({ weight })))
  const registered = await Promise.all(
    models.map(({ onnx, manifest, evaluation }) => trainer().register(onnx, manifest, { evaluation })),
  )
  expect(registered.map(({ version }) => version).sort()).toEqual([1, 2, 3, 4, 5, 6])
  expect(await rows()).toEqual({ models: 1, versions: 6, transitions: 6 })
  for (const [i, { version }] of registered.entries())
    expect(await trainer().evaluation({ modelName: NAME, version })).toEqual(models[i]!.evaluation)
})

test('trainers that register the same file at once register it once', async () => {
  const { onnx, manifest, evaluation } = await rivalModel()
  const registered = await Promise.all([1, 2, 3, 4].map(() => trainer().register(onnx, manifest, { evaluation })))
  expect(registered.filter(({ isNew }) => isNew)).toHaveLength(1)
  expect(await rows()).toEqual({ models: 1, versions: 1, transitions: 1 })
})

test('a registration that dies midway leaves nothing, and the next takes its number', async () => {
  const { onnx, manifest, evaluation } = await rivalModel()
  const other = await rivalModel({ weight: 2 })
  await trainer().register(onnx, manifest, { evaluation })
  const [locking, watching] = [new Client(poolConfig(fresh.adminUrl)), new Client(poolConfig(fresh.adminUrl))]
  await Promise.all([locking.connect(), watching.connect()])
  try {
    // Its last statement but one waits, as the history is locked: file and number are written and not committed.
    await locking.query('BEGIN; LOCK TABLE anya.model_transition IN ACCESS EXCLUSIVE MODE')
    const dying = trainer().register(other.onnx, other.manifest, { evaluation: other.evaluation })
    const outcome = dying.then(
      () => 'registered',
      () => 'died',
    )
    const waiting = `SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%model_transition%'
      AND datname = current_database() AND pid <> pg_backend_pid()`
    await expect.poll(async () => (await watching.query(waiting)).rowCount).toBe(1)
    await watching.query(`SELECT pg_terminate_backend(pid) FROM (${waiting}) AS dying`)
    expect(await outcome).toBe('died')
  } finally {
    await locking.query('ROLLBACK')
    await Promise.all([locking.end(), watching.end()])
  }
  expect(await rows()).toEqual({ models: 1, versions: 1, transitions: 1 })
  expect(await trainer().register(other.onnx, other.manifest)).toEqual({ version: 2, isNew: true })
})

test('a champion moves only from where whoever decided saw it', async () => {
  const store = trainer()
  const [first, second] = await Promise.all([rivalModel(), rivalModel({ weight: 2 })])
  await store.register(first.onnx, first.manifest)
  await store.register(second.onnx, second.manifest)
  const aliases = new AliasStore(databases[0]!, clock)
  const move = (toVersion: number) =>
    aliases.move(
      {
        modelName: NAME,
        alias: 'champion',
        action: 'PROMOTED',
        fromVersion: null,
        toVersion,
        by: null,
        reason: 'a race',
      },
      null,
    )
  const moved = await Promise.all([move(1), move(2)])
  expect(moved.filter((result) => 'kind' in result)).toHaveLength(1)
  expect((await aliases.moves(NAME, 'champion', 9)).map(({ action }) => action)).toEqual(['PROMOTED'])
})
