import { createHash } from 'node:crypto'
import { MemoryCache } from '@opsource/cache'
import { ManualClock } from '@opsource/kernel'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type FreshDatabase, freshDatabase } from '../../../../tests/support/database.ts'
import { type Database, openDatabase } from '../database.ts'
import { FEATURE_COUNT, FEATURE_HASH, FEATURE_NAMES } from '../features/index.ts'
import { RegistryStore } from '../registry/index.ts'
import { exportModel } from '../training/export.ts'
import { predictLogistic } from '../training/logistic.ts'
import { ModelAdmission } from './admission.ts'
import { TRIAL_LIMITS, tryInProcess } from './trial-process.ts'
import { MAX_FILE_BYTES, MAX_PART_BYTES } from './uploaded-parts.ts'

const model = { kind: 'LOGISTIC', weights: Float32Array.from({ length: FEATURE_COUNT }, (_, i) => i / 20) } as const
const rows = Float32Array.from({ length: 5 * FEATURE_COUNT }, (_, i) => Math.sin(i))
const onnx = exportModel(model, 'foreign', {})
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')
const floats = (values: ArrayLike<number>) => base64(new Uint8Array(Float32Array.from(values).buffer))
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

const upload = {
  model: 'foreign',
  file: { base64: base64(onnx) },
  signature: {
    input: { name: 'features', shape: [FEATURE_COUNT] },
    output: { name: 'probability', shape: [1] },
  },
  featureSet: 'book',
  features: [...FEATURE_NAMES],
  horizonMs: 10_000,
  sample: { rows: floats(rows), expected: floats(predictLogistic(model, rows)) },
  framework: 'torch 1.13.1',
}

let fresh: FreshDatabase
let database: Database
let store: RegistryStore
let cache: MemoryCache
let admission: ModelAdmission
const clock = new ManualClock(Date.UTC(2024, 7, 9))

beforeEach(async () => {
  fresh = await freshDatabase('anya')
  database = openDatabase(fresh.url)
  store = new RegistryStore(database, clock)
  cache = new MemoryCache({ clock, log: pino({ level: 'silent' }) })
  // The machine may be busy with other tests.
  const limits = { ...TRIAL_LIMITS, startMs: 60_000, runMs: 60_000 }
  const patient = (request: Parameters<typeof tryInProcess>[0]) =>
    tryInProcess({ ...request, maxBatchMs: 10_000 }, limits)
  admission = new ModelAdmission({ store, cache, tryOut: patient })
})
afterEach(async () => {
  await cache.close()
  await database.$disconnect()
  await fresh.drop()
})

test('a sound model joins the registry with its signature, its origin and its figures, and the same again changes nothing', async () => {
  const admitted = await admission.upload('usr_ann', upload)
  if (!admitted.ok) throw new Error(JSON.stringify(admitted.error))
  const { version, isNew, figures } = admitted.value
  expect(isNew).toBe(true)
  expect(figures.difference).toBeLessThanOrEqual(1e-6)
  expect(version).toMatchObject({
    modelName: 'foreign',
    version: 1,
    sha256: sha256(onnx),
    registeredBy: 'usr_ann',
    signature: { input: { name: 'features', tail: [FEATURE_COUNT] }, output: { name: 'probability', tail: [1] } },
    manifest: { featureHash: FEATURE_HASH, horizonMs: 10_000, recipe: { parameters: { framework: 'torch 1.13.1' } } },
  })
  expect(Buffer.from((await store.servable({ modelName: 'foreign', version: 1 }))?.onnx ?? [])).toEqual(
    Buffer.from(onnx),
  )
  const again = await Promise.all([admission.upload('usr_ann', upload), admission.upload('usr_bob', upload)])
  expect(again).toMatchObject([1, 2].map(() => ({ ok: true, value: { isNew: false, version: { version: 1 } } })))
})

test('a file in parts is the same file; parts that are missing, or make another file, are named', async () => {
  const hash = sha256(onnx)
  const half = onnx.length >> 1
  const parts = [onnx.slice(0, half), onnx.slice(half)]
  const inParts = (sha256: string) => ({ ...upload, file: { parts: { sha256, count: 2 } } })
  await admission.addPart('usr_ann', { sha256: hash, index: 1, base64: base64(parts[1]!) })
  expect(await admission.upload('usr_ann', inParts(hash))).toEqual({
    ok: false,
    error: { kind: 'INCOMPLETE', missing: [0] },
  })
  await admission.addPart('usr_ann', { sha256: hash, index: 0, base64: base64(parts[0]!) })
  expect(await admission.upload('usr_bob', inParts(hash))).toMatchObject({ error: { missing: [0, 1] } })
  expect(await admission.upload('usr_ann', inParts(hash))).toMatchObject({
    ok: true,
    value: { version: { sha256: hash } },
  })
  expect(await admission.upload('usr_ann', inParts(hash))).toMatchObject({ error: { missing: [0, 1] } })

  const other = '0'.repeat(64)
  for (const index of [0, 1]) {
    await admission.addPart('usr_ann', { sha256: other, index, base64: base64(parts[index]!) })
  }
  expect(await admission.upload('usr_ann', inParts(other))).toMatchObject({ error: { rejection: { check: 'FILE' } } })
})

test('nobody hands in more than two of the largest files in a quarter of an hour', async () => {
  const part = { sha256: sha256(onnx), base64: base64(new Uint8Array(MAX_PART_BYTES)) }
  for (let i = 0; i < 96; i++) await admission.addPart('usr_ann', { ...part, index: i % 48 })
  const refused = { ok: false, error: { kind: 'TOO_MUCH', limitBytes: 2 * MAX_FILE_BYTES } }
  expect(await admission.addPart('usr_ann', { ...part, index: 0 })).toEqual(refused)
  expect((await admission.addPart('usr_bob', { ...part, index: 0 })).ok).toBe(true)
  clock.advance(30 * 60_000)
  expect((await admission.addPart('usr_ann', { ...part, index: 0 })).ok).toBe(true)
})

test('nobody uploads more than a hundred models a day, and there are no more than a hundred lines', async () => {
  for (let i = 0; i < 100; i++) await cache.slide('anya:model-uploads:usr_ann', { amount: 1, windowMs: 86_400_000 })
  const asked = (userId: string, model: string) => admission.upload(userId, { ...upload, model })
  expect(await asked('usr_ann', 'a')).toEqual({ ok: false, error: { kind: 'TOO_MANY_UPLOADS', limit: 100 } })
  expect(await store.models()).toEqual([])
  expect((await asked('usr_bob', 'known')).ok).toBe(true)
  await database.model.createMany({ data: Array.from({ length: 99 }, (_, i) => ({ name: `line-${i}` })) })
  expect(await asked('usr_bob', 'another')).toEqual({ ok: false, error: { kind: 'TOO_MANY_LINES', limit: 100 } })
  expect((await asked('usr_bob', 'known')).ok).toBe(true)
  clock.advance(2 * 86_400_000)
  expect((await asked('usr_ann', 'known')).ok).toBe(true)
})

const refused: readonly [string, object, object][] = [
  ['a damaged file', { file: { base64: base64(onnx.slice(0, -40)) } }, { rejection: { check: 'FORMAT' } }],
  ['other features', { features: [...FEATURE_NAMES].reverse() }, { rejection: { check: 'FEATURES' } }],
  ['a feature too many', { features: [...FEATURE_NAMES, 'tomorrow'] }, { rejection: { check: 'FEATURES' } }],
  ['features of nothing', { featureSet: 'moon' }, { rejection: { check: 'FEATURES' } }],
  [
    'a sample of another width',
    { sample: { ...upload.sample, rows: floats([1, 2, 3]) } },
    { rejection: { check: 'SIGNATURE' } },
  ],
  [
    'fewer answers than rows',
    { sample: { ...upload.sample, expected: floats([0.5]) } },
    { rejection: { check: 'SIGNATURE' } },
  ],
  [
    'answers that are not the model’s',
    { sample: { ...upload.sample, expected: floats([0.5, 0.5, 0.5, 0.5, 0.5]) } },
    { rejection: { check: 'PARITY', limit: 1e-5 } },
  ],
  ['a name that leads elsewhere', { model: '../secret' }, { kind: 'UNREADABLE', fault: { field: 'model' } }],
  ['what is no base64', { file: { base64: '%%' } }, { kind: 'UNREADABLE' }],
  ['half a number', { sample: { ...upload.sample, rows: 'AAA=' } }, { fault: { field: 'sample.rows' } }],
  ['too wide a tolerance', { tolerance: 1 }, { fault: { field: 'tolerance' } }],
]

test('of what is refused nothing is registered', async () => {
  for (const [what, changes, refusal] of refused) {
    const answer = await admission.upload('usr_ann', { ...upload, ...changes })
    expect(answer, what).toMatchObject({ ok: false, error: refusal })
  }
  expect(await store.models()).toEqual([])
})

test('whoever sends the same again while it is tried waits for it; of others three at a time are taken', async () => {
  const named = (model: string) => admission.upload('usr_ann', { ...upload, model })
  const answers = await Promise.all(['a', 'b', 'c', 'a', 'd'].map(named))
  expect(answers.map((answer) => (answer.ok ? answer.value.version.modelName : answer.error.kind))).toEqual([
    'a',
    'b',
    'c',
    'a',
    'BUSY',
  ])
  expect(answers[3]).toBe(answers[0])
  expect((await store.models()).map(({ name }) => name)).toEqual(['a', 'b', 'c'])
})
