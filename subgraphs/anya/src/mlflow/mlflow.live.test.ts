import { execFile } from 'node:child_process'
import path from 'node:path'
import { promisify } from 'node:util'
import { ManualClock } from '@opsource/kernel'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type FreshDatabase, freshDatabase } from '../../../../tests/support/database.ts'
import { type Database, openDatabase } from '../database.ts'
import { plainSignature } from '../registry/signature.ts'
import { type Cut, MlflowServer } from '../testing/mlflow-server.ts'
import { type OpenRegistry, openRegistry } from '../testing/registry.ts'
import { type RivalModel, rivalModel } from '../testing/rival-model.ts'
import { MlflowClient } from './client.ts'
import { exportVersion, importVersion } from './transfer.ts'

const NAME = 'mid-direction'
const KEY = { modelName: NAME, version: 1 }
const clock = new ManualClock(Date.UTC(2024, 7, 9))

interface Platform extends OpenRegistry {
  readonly fresh: FreshDatabase
  readonly database: Database
}

let server: MlflowServer
let client: MlflowClient
let model: RivalModel
let platforms: Platform[]

beforeEach(async () => {
  server = new MlflowServer('a token')
  await server.start()
  client = new MlflowClient({ url: server.url, token: 'a token' })
  model = await rivalModel()
  platforms = []
})
afterEach(async () => {
  for (const { close, database, fresh } of platforms) {
    await close()
    await database.$disconnect()
    await fresh.drop()
  }
  await server.stop()
})

async function platform(): Promise<Platform> {
  const fresh = await freshDatabase('anya')
  const database = openDatabase(fresh.url)
  const opened = { ...openRegistry(database, clock), fresh, database }
  platforms.push(opened)
  return opened
}

/** A platform on which the model is version 1, with a remark and an alias. */
async function withModel(): Promise<Platform> {
  const opened = await platform()
  const { registry } = opened
  await registry.store.register(model.onnx, model.manifest, { evaluation: model.evaluation })
  await registry.aliases.setTag(KEY, { key: 'reviewed-by', value: 'ada' })
  await registry.setAlias(KEY, 'challenger', { by: 'usr_ada', reason: 'a try' })
  return opened
}

test('a version is exported with run, parameters, metrics, tags, aliases, and files as MLflow lays them out', async () => {
  const { registry } = await withModel()
  expect(await exportVersion(registry, client, KEY, clock)).toEqual({ version: '1', isNew: true })
  const [version] = server.models.get(NAME)!
  const run = server.runs.get(version!.run_id)!
  expect(run.info.status).toBe('FINISHED')
  expect(run.data.params).toContainEqual({ key: 'recipe', value: model.manifest.recipe.candidate })
  expect(run.data.metrics).toContainEqual({ key: 'auc', value: model.manifest.metrics.auc })
  expect(version!.tags).toContainEqual({ key: 'reviewed-by', value: 'ada' })
  expect(server.aliases.get(`${NAME}@challenger`)).toBe('1')
  const folder = `1/${version!.run_id}/artifacts/model`
  expect(server.artifacts.get(`${folder}/model.onnx`)).toEqual(Buffer.from(model.onnx))
  const mlModel = server.artifacts.get(`${folder}/MLmodel`)!.toString()
  expect(mlModel).toContain('data: model.onnx')
  expect(mlModel).toContain(`"tensor-spec":{"dtype":"float32","shape":[-1,${model.manifest.features.length}]}`)
})

test('what was exported is imported elsewhere as the very version, and serves nobody', async () => {
  const { registry } = await withModel()
  await exportVersion(registry, client, KEY, clock)
  const there = (await platform()).registry
  const wish = { name: NAME, version: '@challenger', by: 'usr_grace' }
  expect(await importVersion(there, client, wish)).toEqual({ version: 1, isNew: true })
  const [here, copy] = await Promise.all([registry.store.servable(KEY), there.store.servable(KEY)])
  const { registeredBy: _, createdAt: __, ...promised } = here!
  expect(copy).toMatchObject(promised)
  expect(await there.store.evaluation(KEY)).toEqual(model.evaluation)
  expect(await there.aliases.of([NAME])).toEqual([])
  const tags = await there.aliases.tags([KEY])
  expect(tags.map(({ key, value }) => [key, value])).toEqual([
    ['mlflow.version', `${NAME} 1`],
    ['reviewed-by', 'ada'],
  ])
  expect(await there.aliases.history(NAME, { limit: 9 })).toMatchObject([
    { action: 'REGISTERED', by: 'usr_grace', reason: `imported from MLflow: ${NAME} 1` },
  ])
})

test('an export that was changed is no baseline, no other line’s, and no file that its trainer did not answer for', async () => {
  const { registry } = await withModel()
  await exportVersion(registry, client, KEY, clock)
  const file = `1/${server.models.get(NAME)![0]!.run_id}/artifacts/model/opsource.json`
  const own = { manifest: model.manifest, signature: plainSignature(17), evaluation: model.evaluation }
  const change = (changes: object) => server.artifacts.set(file, Buffer.from(JSON.stringify({ ...own, ...changes })))
  const there = (await platform()).registry
  const imported = () => importVersion(there, client, { name: NAME, version: '1', by: null })

  change({ manifest: { ...model.manifest, name: 'hourly-return' } })
  await expect(imported()).rejects.toThrow('another model than mid-direction')
  const { sample } = model.evaluation
  change({ evaluation: { ...model.evaluation, sample: { ...sample, expected: sample.expected.map(() => [0.9]) } } })
  await expect(imported()).rejects.toThrow('PARITY')
  expect(await there.store.models()).toEqual([])
  change({ manifest: { ...model.manifest, kind: 'RULE' } })
  await imported()
  expect((await there.store.servable(KEY))?.manifest).not.toHaveProperty('kind')
})

test('to export or import again changes nothing', async () => {
  const { registry } = await withModel()
  await exportVersion(registry, client, KEY, clock)
  expect(await exportVersion(registry, client, KEY, clock)).toEqual({ version: '1', isNew: false })
  expect(await importVersion(registry, client, { name: NAME, version: '1', by: null })).toEqual({
    version: 1,
    isNew: false,
  })
  expect(server.runs.size).toBe(1)
})

describe('a model that others logged', () => {
  const ML_MODEL = 'flavors:\n  onnx:\n    code: null\n    data: net.onnx\n    onnx_version: 1.16.0\nrun_id: run1\n'

  const RUN_METRICS = [
    { key: 'auc', value: 0.7 },
    { key: 'trial.difference', value: 0 },
  ]

  beforeEach(async () => {
    await client.ensureModel('theirs')
    const run = await client.createRun(await client.experiment('theirs'), 'theirs', clock.now())
    const { run_id, artifact_uri } = run.info
    await client.logBatch(run_id, { params: [], metrics: RUN_METRICS, tags: [] }, clock.now())
    const body = { name: 'theirs', source: `runs:/${run_id}/model`, run_id, description: '', tags: [] }
    await client.createVersion(body)
    await client.putArtifact(`${artifact_uri}/model`, 'MLmodel', Uint8Array.from(Buffer.from(ML_MODEL)))
    await client.putArtifact(`${artifact_uri}/model`, 'net.onnx', model.onnx)
  })

  const wish = { name: 'theirs', version: '1', by: null }

  test('is registered with a manifest that says what it takes, and the metrics of its run, but those that are ours to measure', async () => {
    const { registry } = await platform()
    const { sha256: _, metrics: __, ...manifest } = model.manifest
    expect(await importVersion(registry, client, { ...wish, manifest })).toEqual({ version: 1, isNew: true })
    expect((await registry.store.servable(KEY))?.manifest.metrics).toEqual({ auc: 0.7 })
  })

  test('is refused without one, and where it is no ONNX; nothing of it stays', async () => {
    const { registry } = await platform()
    await expect(importVersion(registry, client, wish)).rejects.toThrow('say with a manifest what it takes')
    const { sha256: _, metrics: __, ...manifest } = model.manifest
    server.artifacts.set('1/run1/artifacts/model/net.onnx', Buffer.from('a pickle'))
    await expect(importVersion(registry, client, { ...wish, manifest })).rejects.toThrow('FORMAT')
    const elsewhere = ML_MODEL.replace('net.onnx', '../../../secrets')
    server.artifacts.set('1/run1/artifacts/model/MLmodel', Buffer.from(elsewhere))
    await expect(importVersion(registry, client, { ...wish, manifest })).rejects.toThrow('no ONNX flavour')
    expect(await registry.store.models()).toEqual([])
  })
})

test('a server that refuses says why: a wrong token, an unknown version, artifacts beside its proxy', async () => {
  const { registry } = await withModel()
  const stranger = new MlflowClient({ url: server.url, token: 'another' })
  await expect(exportVersion(registry, stranger, KEY, clock)).rejects.toThrow('UNAUTHENTICATED')
  const wish = { name: NAME, version: '7', by: null }
  await expect(importVersion(registry, client, wish)).rejects.toThrow('RESOURCE_DOES_NOT_EXIST')
  await expect(client.artifact('s3://bucket/model', 'MLmodel')).rejects.toThrow('artifact proxy')
})

describe('a line that goes dead', () => {
  test('before the version is there leaves a failed run and no version, and the next export goes through', async () => {
    const { registry } = await withModel()
    const cuts: Cut[] = [
      { call: /^PUT .*model\.onnx/, when: 'BEFORE' },
      { call: /^PUT .*model\.onnx/, when: 'AFTER' },
      { call: /^PUT .*MLmodel/, when: 'BEFORE' },
    ]
    for (const cut of cuts) {
      server.cut = cut
      await expect(exportVersion(registry, client, KEY, clock)).rejects.toThrow('MLflow does not answer')
      expect(server.models.get(NAME)).toEqual([])
    }
    expect([...server.runs.values()].map(({ info }) => info.status)).toEqual(['FAILED', 'FAILED', 'FAILED'])
    expect(await exportVersion(registry, client, KEY, clock)).toEqual({ version: '1', isNew: true })
  })

  test('once the version is there loses its names only until the next export', async () => {
    const { registry } = await withModel()
    server.cut = { call: /model-versions\/create/, when: 'AFTER' }
    await expect(exportVersion(registry, client, KEY, clock)).rejects.toThrow('MLflow does not answer')
    expect(server.aliases.size).toBe(0)
    expect(await exportVersion(registry, client, KEY, clock)).toEqual({ version: '1', isNew: false })
    expect(server.aliases.get(`${NAME}@challenger`)).toBe('1')
    expect(server.runs.size).toBe(1)
  })

  test('in the middle of whatever is imported leaves nothing here', async () => {
    const { registry } = await withModel()
    await exportVersion(registry, client, KEY, clock)
    const there = (await platform()).registry
    const wish = { name: NAME, version: '1', by: null }
    for (const file of ['model.onnx', 'opsource.json', 'MLmodel', 'runs/get']) {
      server.cut = { call: new RegExp(`^GET .*${file}`), when: 'HALFWAY' }
      await expect(importVersion(there, client, wish)).rejects.toThrow('MLflow does not answer')
      expect(server.cut).toBeNull()
    }
    expect(await there.store.models()).toEqual([])
    expect(await importVersion(there, client, wish)).toEqual({ version: 1, isNew: true })
  })
})

test('versions are numbered by who keeps them: what is 1 there is 2 here, where another is 1, and stays so', async () => {
  const { registry } = await withModel()
  await exportVersion(registry, client, KEY, clock)
  const there = (await platform()).registry
  const other = await rivalModel({ weight: 2 })
  await there.store.register(other.onnx, other.manifest)
  const wish = { name: NAME, version: '1', by: null }
  const imported = await Promise.all([1, 2].map(() => importVersion(there, client, wish)))
  expect(imported.map(({ version }) => version)).toEqual([2, 2])
  expect(imported.filter(({ isNew }) => isNew)).toHaveLength(1)
  expect(await exportVersion(there, client, { modelName: NAME, version: 2 }, clock)).toEqual({
    version: '1',
    isNew: false,
  })
})

test('a version that is not ready there is not taken', async () => {
  const { registry } = await withModel()
  await exportVersion(registry, client, KEY, clock)
  const [version] = server.models.get(NAME)!
  server.models.set(NAME, [{ ...version!, status: 'PENDING_REGISTRATION' }])
  const there = (await platform()).registry
  await expect(importVersion(there, client, { name: NAME, version: '1', by: null })).rejects.toThrow(
    'PENDING_REGISTRATION',
  )
  expect(await there.store.models()).toEqual([])
})

test('the command exports, and says in one line what is wrong', async () => {
  const { fresh } = await withModel()
  const command = (...args: string[]) =>
    promisify(execFile)(process.execPath, [path.join(import.meta.dirname, 'main.ts'), ...args], {
      env: {
        PATH: process.env.PATH,
        DATABASE_URL: fresh.url,
        MLFLOW_TRACKING_URI: server.url,
        MLFLOW_TRACKING_TOKEN: 'a token',
      },
    })
  const version = ['--model', NAME, '--version', '1']
  expect((await command('export', ...version)).stdout).toBe(`exported as version 1 of ${NAME}\n`)
  await expect(command('import', '--model', NAME, '--version', '9')).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^mlflow: MLflow: RESOURCE_DOES_NOT_EXIST.*\n$/),
  })
})
