import { createHash } from 'node:crypto'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { ManualClock } from '@opsource/kernel'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type FreshDatabase, freshDatabase } from '../../../../tests/support/database.ts'
import { type Database, openDatabase } from '../database.ts'
import { FEATURE_HASH } from '../features/index.ts'
import { MODELS_DIRECTORY, readModel } from './model-file.ts'
import { openChampion } from './registry.ts'
import { RegistryStore } from './store.ts'

let fresh: FreshDatabase
let database: Database
let store: RegistryStore
let directory: string

beforeEach(async () => {
  fresh = await freshDatabase('anya')
  database = openDatabase(fresh.url)
  store = new RegistryStore(database, new ManualClock(Date.UTC(2024, 7, 9)))
  directory = await mkdtemp(path.join(tmpdir(), 'opsource-models-'))
  await cp(MODELS_DIRECTORY, directory, { recursive: true })
})
afterEach(async () => {
  await database.$disconnect()
  await fresh.drop()
  await rm(directory, { recursive: true })
})

/** Another model file, as a later training would leave it. */
async function retrain(changes: object = {}): Promise<void> {
  const { onnx, manifest } = await readModel(directory)
  const file = Buffer.concat([onnx, Buffer.from([0x72, 0])])
  const sha256 = createHash('sha256').update(file).digest('hex')
  await writeFile(path.join(directory, 'mid-direction.onnx'), file)
  await writeFile(path.join(directory, 'manifest.json'), JSON.stringify({ ...manifest, sha256, ...changes }))
}

test('the committed model becomes the first version and serves, with the very bytes of its file', async () => {
  const served = await openChampion(store, directory)
  expect(served).toMatchObject({ name: 'mid-direction', version: 1 })
  expect(Buffer.from(served.onnx)).toEqual(await readFile(path.join(directory, 'mid-direction.onnx')))
})

test('a start with a known file registers nothing', async () => {
  await openChampion(store, directory)
  await openChampion(store, directory)
  expect(await store.versionsOf('mid-direction')).toHaveLength(1)
})

test('a newly trained file becomes the next version and serves, and the old one stays', async () => {
  await openChampion(store, directory)
  await retrain()
  expect((await openChampion(store, directory)).version).toBe(2)
  expect((await store.versionsOf('mid-direction')).map(({ version }) => version)).toEqual([2, 1])
})

test('instances that start at once register one version', async () => {
  const opened = await Promise.all([1, 2, 3, 4].map(() => openChampion(store, directory)))
  expect(opened.map(({ version }) => version)).toEqual([1, 1, 1, 1])
})

test('a file that is not the one its manifest names is refused', async () => {
  await writeFile(path.join(directory, 'mid-direction.onnx'), 'something else')
  await expect(openChampion(store, directory)).rejects.toThrow('its manifest names')
  expect(await store.models()).toEqual([])
})

test('where another release left a model that does not fit, the one of this release serves again', async () => {
  await retrain({ featureHash: '0'.repeat(64) })
  await expect(openChampion(store, directory)).rejects.toThrow('trained on other features')
  expect((await openChampion(store, MODELS_DIRECTORY)).manifest.featureHash).toBe(FEATURE_HASH)
  await store.promote({ modelName: 'mid-direction', version: 1 })
  expect((await openChampion(store, MODELS_DIRECTORY)).version).toBe(2)
})

test('a model that was trained on other features does not serve', async () => {
  await retrain({ featureHash: '0'.repeat(64) })
  await expect(openChampion(store, directory)).rejects.toThrow('trained on other features')
})
