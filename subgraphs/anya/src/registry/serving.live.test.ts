import { createHash } from 'node:crypto'
import { ManualClock } from '@opsource/kernel'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type FreshDatabase, freshDatabase } from '../../../../tests/support/database.ts'
import { type Database, openDatabase } from '../database.ts'
import { FEATURE_COUNT } from '../features/index.ts'
import { type OpenRegistry, openRegistry } from '../testing/registry.ts'
import { rivalModel } from '../testing/rival-model.ts'
import { CHALLENGER } from './history.ts'
import { MODELS_DIRECTORY } from './model-file.ts'
import { openChampion } from './registry.ts'
import { ServedVersions } from './serving.ts'

const NAME = 'mid-direction'
const [RULE, TRAINED, RIVAL] = [1, 2, 3]
const wish = { by: 'usr_ada', reason: 'a try' }
const row = new Float32Array(FEATURE_COUNT)
/** A busy machine is no reason to refuse. */
const PATIENT = { deadlineMs: 40_000 }
let fresh: FreshDatabase
let database: Database
let opened: OpenRegistry
let serving: ServedVersions
let falls = 0

beforeAll(async () => {
  fresh = await freshDatabase('anya')
  database = openDatabase(fresh.url)
  const onUnstable = (id: string) => serving.retreat(id, 'it falls')
  const onRestarted = () => {
    falls++
  }
  opened = openRegistry(database, new ManualClock(Date.UTC(2024, 7, 9)), { onUnstable, onRestarted })
  const { registry, engine, cache } = opened
  await openChampion(registry, MODELS_DIRECTORY)
  serving = new ServedVersions({ registry, engine, ports: { cache, log: pino({ level: 'silent' }) }, modelName: NAME })
  await serving.start()
})
afterAll(async () => {
  await serving.close()
  await opened.close()
  await database.$disconnect()
  await fresh.drop()
})

const champion = () => serving.champion().model.version
const challenger = () => serving.challenger()?.model.version ?? null

test('a champion and its challenger are loaded, and answer', async () => {
  expect([champion(), challenger()]).toEqual([RULE, TRAINED])
  for (const { runner } of [serving.champion(), serving.challenger()!]) {
    const answer = await runner.run(row, PATIENT)
    // An even book says nothing of the direction.
    expect(answer.ok && answer.value).toEqual(Float32Array.of(0.5))
  }
})

test('what was asked of a version is answered by it, though another has taken its place', async () => {
  const { onnx, manifest, evaluation } = await rivalModel()
  await opened.registry.store.register(onnx, manifest, { evaluation })
  const before = serving.champion()
  const asked = Promise.all(Array.from({ length: 50 }, () => before.runner.run(row, PATIENT)))
  expect((await opened.registry.promote({ modelName: NAME, version: RIVAL }, wish)).kind).toBe('PROMOTED')
  await expect.poll(champion).toBe(RIVAL)
  expect((await asked).every(({ ok }) => ok)).toBe(true)
})

test('a champion that falls again and again makes room for what served before', async () => {
  expect(champion()).toBe(RIVAL)
  for (let fall = 1; fall <= 3; fall++) {
    const { runner } = serving.champion()
    await expect.poll(() => runner.isReady).toBe(true)
    runner.restart('a fall')
    await expect.poll(() => falls).toBe(fall)
  }
  await expect.poll(champion).toBe(RULE)
  const [newest] = await opened.registry.aliases.history(NAME, { limit: 1 })
  expect(newest).toMatchObject({ action: 'ROLLED_BACK', fromVersion: RIVAL, toVersion: RULE, by: null })
})

test('a version that others have left already is not left again, with what took its place', async () => {
  const { registry } = opened
  expect(await registry.rollBack(NAME, null, wish, RIVAL)).toEqual({ kind: 'BUSY' })
  expect(await registry.deleteAlias(NAME, CHALLENGER, wish, RIVAL)).toBeNull()
  await serving.look()
  expect([champion(), challenger()]).toEqual([RULE, TRAINED])
})

test('however many names a model has, those that serve are found', async () => {
  const key = { modelName: NAME, version: RULE }
  const { registry } = opened
  const names = Array.from({ length: 97 }, (_, i) => ({ ...key, alias: `a${i}`, setAt: new Date(0) }))
  await database.modelAlias.createMany({ data: names })
  expect(await registry.setAlias(key, 'a97', wish)).not.toBeNull()
  expect(await registry.setAlias(key, 'a98', wish)).toBeNull()
  expect(await registry.setAlias(key, 'a0', wish)).not.toBeNull()
  expect(await registry.setAlias({ ...key, version: TRAINED }, CHALLENGER, wish)).not.toBeNull()
  const listed = (await registry.aliases.of([NAME])).map(({ alias }) => alias)
  expect(listed).toEqual(expect.arrayContaining(['champion', 'challenger']))
})

test('a version that cannot be loaded takes nobody’s place', async () => {
  const { manifest } = await rivalModel()
  const onnx = Uint8Array.from(Buffer.from('no model'))
  const sha256 = createHash('sha256').update(onnx).digest('hex')
  const { version } = await opened.registry.store.register(onnx, { ...manifest, sha256 })
  const key = { modelName: NAME, version }
  await opened.registry.setAlias(key, CHALLENGER, wish)
  await opened.registry.installRule(key, RULE, 'past the gate')
  await serving.look()
  expect([champion(), challenger()]).toEqual([RULE, TRAINED])
})
