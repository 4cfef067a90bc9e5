import { poolConfig } from '@opsource/database'
import { ManualClock } from '@opsource/kernel'
import { Client } from 'pg'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type FreshDatabase, freshDatabase } from '../../../../tests/support/database.ts'
import { type Database, openDatabase } from '../database.ts'
import { MODELS_DIRECTORY, openChampion } from '../registry/index.ts'
import { forecastOf } from '../testing/forecast.ts'
import { type OpenRegistry, openRegistry } from '../testing/registry.ts'
import type { Forecast } from './forecast.ts'
import { HORIZONS } from './horizon.ts'
import { ALL_MARKETS, readScores } from './score-store.ts'
import { HOURLY_RETENTION_MS, PREDICTION_RETENTION_MS, PredictionStore } from './store.ts'
import type { TrackSums } from './track-record.ts'
import { keepVector, vectorOf } from './vector.ts'

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
  await database.score.deleteMany()
})

const forecast = (tick: number, changes: Partial<Forecast> = {}): Forecast =>
  forecastOf({ id: `prd_${String(tick).padStart(6, '0')}`, tick, madeAt: NOW + tick * 1_000, ...changes })

/** Of all markets together, or of one. */
async function score(symbol = ALL_MARKETS, horizonMs: number = HORIZONS.S10): Promise<TrackSums | undefined> {
  const key = { modelName: 'mid-direction', version: 1, symbol, horizonMs }
  return (await readScores(database, [key]))[0]?.sums
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
  for (const sums of [await score(), await score('BTC-USDT')]) {
    expect(sums?.forecast).toMatchObject({ count: 1, hits: 1 })
    expect(sums?.baseline).toMatchObject({ count: 1, hits: 0 })
    expect(sums?.forecast.squaredErrors).toBeCloseTo(0.09, 12)
    expect(sums?.baseline.squaredErrors).toBeCloseTo(0.36, 12)
  }
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
  expect(await score()).toMatchObject({ inSample: 1, unmoved: 1, forecast: { count: 0 } })
})

test('a market’s forecasts come newest first, page by page', async () => {
  await store.record(
    [1, 2, 3].map((tick) => forecast(tick)),
    [],
  )
  const first = await store.page('BTC-USDT', 'S10', { first: 2, after: null })
  expect(first.map(({ tick }) => tick)).toEqual([3, 2, 1])
  expect((await store.page('BTC-USDT', 'S10', { first: 2, after: [first[1]!.id] })).map(({ tick }) => tick)).toEqual([
    1,
  ])
  expect(await store.page('ETH-USDT', 'S10', { first: 2, after: null })).toEqual([])
})

test('old forecasts are deleted, and what they scored stays', async () => {
  await store.record([forecast(1), forecast(100)], [{ forecast: forecast(1), returnBps: 1 }])
  expect(await store.prune(NOW + 50_000 + PREDICTION_RETENTION_MS)).toBe(1)
  expect((await store.page('BTC-USDT', 'S10', { first: 9, after: null })).map(({ tick }) => tick)).toEqual([100])
  expect((await score())?.forecast.count).toBe(1)
})

test('all that a forecast says is kept to the last bit, with the very vector that the model was given', async () => {
  const row = Float32Array.of(0.1, Number.NaN, -1e-20)
  const full = forecast(1, {
    expectedReturnBps: 0.1 + 0.2,
    quantilesBps: [-3.3, -1.1, 0.1, 1.2, 3.4],
    volatilityBps: 1.9,
    baselineReturnBps: -0.3,
    baselineQuantilesBps: [-3, -1, 0, 1, 3],
    baselineVolatilityBps: 2,
    ...keepVector(row, 'ab'.repeat(32)),
    dataFrom: NOW - 90_000,
    dataTo: NOW,
    dataRows: 812,
  })
  expect(await store.record([full], [])).toEqual([full])
  const [kept] = await store.byIds([full.id])
  expect(kept).toEqual(full)
  expect(vectorOf(kept!.vector!)).toEqual(row)
})

test('the database itself refuses to rewrite a forecast or its outcome', async () => {
  await store.record([forecast(1)], [])
  const rewrite = (change: string) => database.$executeRawUnsafe(`UPDATE prediction SET ${change}`)
  await expect(rewrite('probability = 0.99')).rejects.toThrow('never rewritten')
  await expect(rewrite("return_bps = 1, made_at = made_at + interval '1 s'")).rejects.toThrow('never rewritten')
  await store.record([], [{ forecast: forecast(1), returnBps: 2, realisedVolatilityBps: 3 }])
  await expect(rewrite('return_bps = 1')).rejects.toThrow('never rewritten')
  await expect(rewrite('return_bps = NULL')).rejects.toThrow('never rewritten')
  const expected = forecast(1, { returnBps: 2, realisedVolatilityBps: 3 })
  expect(await store.byIds(['prd_000001'])).toEqual([expected])
})

test('horizons have steps, pages, outcomes, scores and retentions of their own', async () => {
  const hourly = (tick: number) =>
    forecast(tick, {
      id: `prd_h${tick}`,
      horizonMs: HORIZONS.H1,
      direction: null,
      probability: null,
      volatilityBps: 20,
    })
  await store.record([forecast(1), hourly(1), hourly(2)], [])
  expect((await store.page('BTC-USDT', 'H1', { first: 9, after: null })).map(({ id }) => id)).toEqual([
    'prd_h2',
    'prd_h1',
  ])
  expect(await store.awaiting('BTC-USDT', 'H1', NOW + HORIZONS.H1)).toEqual([])
  expect(await store.awaiting('BTC-USDT', 'H1', NOW + HORIZONS.H1 + 1_000)).toEqual([hourly(1)])
  await store.record([], [{ forecast: hourly(1), returnBps: 12, realisedVolatilityBps: 30 }])
  expect(await store.awaiting('BTC-USDT', 'H1', NOW + HORIZONS.H1 + 2_000)).toEqual([hourly(2)])
  expect((await score('BTC-USDT', HORIZONS.H1))?.forecast).toMatchObject({
    count: 0,
    volatility: { count: 1, ratios: 2.25 },
  })
  expect(await score('BTC-USDT')).toBeUndefined()
  expect(await store.prune(NOW + 2 * PREDICTION_RETENTION_MS)).toBe(1)
  expect(await store.prune(NOW + 2 * HOURLY_RETENTION_MS)).toBe(2)
})

test('forecasts that never get an outcome do not keep newer ones from theirs', async () => {
  const hourly = (tick: number) => forecast(tick, { horizonMs: HORIZONS.H1 })
  await store.record(
    Array.from({ length: 1_001 }, (_, i) => hourly(i)),
    [],
  )
  const [first] = await store.awaiting('BTC-USDT', 'H1', NOW + HORIZONS.H1 + 1_000_000)
  expect(first).toEqual(hourly(1_000))
})

test('two instances that add outcomes at once lose none', async () => {
  const forecasts = Array.from({ length: 20 }, (_, i) => forecast(i, { symbol: i % 2 === 0 ? 'BTC-USDT' : 'ETH-USDT' }))
  await store.record(forecasts, [])
  const other = new PredictionStore(database)
  await Promise.all(
    forecasts.map((each, i) => (i < 10 ? store : other).record([], [{ forecast: each, returnBps: i + 1 }])),
  )
  expect((await score())?.forecast.count).toBe(20)
  expect((await score('ETH-USDT'))?.forecast).toMatchObject({ count: 10, hits: 10 })
})
