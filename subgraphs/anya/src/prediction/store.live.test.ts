import { poolConfig } from '@opsource/database'
import { ManualClock } from '@opsource/kernel'
import { Client } from 'pg'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type FreshDatabase, freshDatabase } from '../../../../tests/support/database.ts'
import { type Database, openDatabase } from '../database.ts'
import { MODELS_DIRECTORY, openChampion } from '../registry/index.ts'
import { type OpenRegistry, openRegistry } from '../testing/registry.ts'
import type { Forecast } from './forecast.ts'
import { PREDICTION_RETENTION_MS, PredictionStore } from './store.ts'

const NOW = Date.UTC(2024, 7, 9)
let fresh: FreshDatabase
let database: Database
let opened: OpenRegistry
let store: PredictionStore

beforeAll(async () => {
  fresh = await freshDatabase('anya')
  database = openDatabase(fresh.url)
  opened = openRegistry(database, new ManualClock(NOW))
  store = new PredictionStore(database)
  await openChampion(opened.registry, MODELS_DIRECTORY)
})
afterAll(async () => {
  await opened.close()
  await database.$disconnect()
  await fresh.drop()
})
beforeEach(async () => {
  await database.prediction.deleteMany()
  await database.outboxEvent.deleteMany()
  await database.score.updateMany({ data: { count: 0, hits: 0, brierSum: 0, baselineHits: 0, baselineBrierSum: 0 } })
})

function forecast(tick: number, changes: Partial<Forecast> = {}): Forecast {
  return {
    id: `prd_${String(tick).padStart(6, '0')}`,
    symbol: 'BTC-USDT',
    tick,
    madeAt: NOW + tick * 1_000,
    modelName: 'mid-direction',
    modelVersion: 1,
    horizonMs: 10_000,
    direction: 'UP',
    probability: 0.7,
    baselineDirection: 'DOWN',
    baselineProbability: 0.6,
    inSample: false,
    returnBps: null,
    ...changes,
  }
}

async function score() {
  const [sums] = await opened.registry.store.scores([{ modelName: 'mid-direction', version: 1 }])
  return sums
}

test('forecasts and their events are written together, and a second one for the same tick is left out', async () => {
  expect(await store.record([forecast(1), forecast(2)], [])).toHaveLength(2)
  expect(await store.record([forecast(2, { id: 'prd_other' }), forecast(3)], [])).toEqual([forecast(3)])
  const client = new Client(poolConfig(fresh.url))
  await client.connect()
  const { rows } = await client.query("SELECT event ->> 'id' AS id FROM outbox_event ORDER BY position")
  await client.end()
  expect(rows.map(({ id }) => id)).toEqual(['prd_000001', 'prd_000002', 'prd_000003'])
})

test('an outcome is added once, leaves the forecast as it was, and counts for model and baseline', async () => {
  await store.record([forecast(1)], [])
  await store.record([], [{ forecast: forecast(1), returnBps: 2.5 }])
  await store.record([], [{ forecast: forecast(1), returnBps: -9 }])
  expect(await store.byIds(['prd_000001'])).toEqual([forecast(1, { returnBps: 2.5 })])
  const sums = await score()
  expect(sums).toMatchObject({ count: 1, hits: 1, baselineHits: 0 })
  expect(sums?.brierSum).toBeCloseTo(0.09, 12)
  expect(sums?.baselineBrierSum).toBeCloseTo(0.36, 12)
})

test('in-sample forecasts and unmoved prices get an outcome, and are not scored', async () => {
  const forecasts = [forecast(1, { inSample: true }), forecast(2)]
  await store.record(forecasts, [])
  await store.record(
    [],
    [
      { forecast: forecasts[0]!, returnBps: 3 },
      { forecast: forecasts[1]!, returnBps: 0 },
    ],
  )
  expect((await store.byIds(['prd_000001', 'prd_000002'])).map(({ returnBps }) => returnBps).sort()).toEqual([0, 3])
  expect((await score())?.count).toBe(0)
})

test('a market’s forecasts come newest first, page by page', async () => {
  await store.record(
    [1, 2, 3].map((tick) => forecast(tick)),
    [],
  )
  const first = await store.page('BTC-USDT', { first: 2, after: null })
  expect(first.map(({ tick }) => tick)).toEqual([3, 2, 1])
  expect((await store.page('BTC-USDT', { first: 2, after: [first[1]!.id] })).map(({ tick }) => tick)).toEqual([1])
  expect(await store.page('ETH-USDT', { first: 2, after: null })).toEqual([])
})

test('old forecasts are deleted, and what they scored stays', async () => {
  await store.record([forecast(1), forecast(100)], [{ forecast: forecast(1), returnBps: 1 }])
  expect(await store.prune(NOW + 50_000)).toBe(1)
  expect((await store.page('BTC-USDT', { first: 9, after: null })).map(({ tick }) => tick)).toEqual([100])
  expect((await score())?.count).toBe(1)
  expect(PREDICTION_RETENTION_MS).toBeGreaterThan(3_600_000)
})
