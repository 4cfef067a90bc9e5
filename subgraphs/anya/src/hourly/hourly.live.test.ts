import { MemoryTransport } from '@opsource/bus'
import { TokenVerifier } from '@opsource/identity'
import { IdSource, ManualClock, systemRandom } from '@opsource/kernel'
import { pino } from 'pino'
import { Registry } from 'prom-client'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type FreshDatabase, freshDatabase } from '../../../../tests/support/database.ts'
import { type Database, openDatabase } from '../database.ts'
import { LONGEST_MEMORY } from '../evaluation/variance-models.ts'
import { startAnya } from '../index.ts'
import { BarStore } from '../patterns/index.ts'
import { type Forecast, NewestForecasts, PredictionStore } from '../prediction/index.ts'
import { recordedHours } from '../testing/recorded-hours.ts'
import { type OpenRegistry, openRegistry } from '../testing/registry.ts'
import { compute } from './calculator.ts'
import { columnsOf } from './input.ts'
import { HOUR_MS, RETURN_LINE } from './lines.ts'
import { ruleFile } from './rules.ts'
import { HourlyService } from './service.ts'

const log = pino({ level: 'silent' })
const SYMBOL = 'BTC-USDT'
const CLOSE = Date.UTC(2024, 7, 9, 12)
const LOOKBACK = 500
/** The shapes of real hours, up to seven hours behind CLOSE. */
const BARS = recordedHours()
  .slice(1_000, 1_000 + LOOKBACK + 7)
  .map((bar, i) => ({ ...bar, openTime: CLOSE + (i - LOOKBACK) * HOUR_MS }))

let server: FreshDatabase
let database: Database
let clock: ManualClock
let opened: OpenRegistry
let service: HourlyService
let newest: NewestForecasts
let store: PredictionStore
const counted = { recorded: 0, outcomes: 0, unanswered: 0 }

// Threads start slowly on a machine that is busy with other tests.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 120_000 })
const PATIENCE = { timeout: 60_000 }

beforeAll(async () => {
  server = await freshDatabase('anya')
  database = openDatabase(server.url)
  clock = new ManualClock(CLOSE + 60_000)
  opened = openRegistry(database, clock)
  store = new PredictionStore(database)
  newest = new NewestForecasts(opened.cache, clock, [SYMBOL])
  service = open()
})
afterAll(async () => {
  await service.close()
  await opened.close()
  await database.$disconnect()
  await server.drop()
})

function open(): HourlyService {
  return new HourlyService({
    ports: { clock, ids: new IdSource(clock, systemRandom), log },
    registry: opened.registry,
    engine: opened.engine,
    symbols: [SYMBOL],
    bars: new BarStore(database),
    recordingOf: () => null,
    store,
    newest,
    observer: {
      recorded(forecasts, outcomes) {
        counted.recorded += forecasts.length
        counted.outcomes += outcomes.length
      },
      unanswered(markets) {
        counted.unanswered += markets
      },
    },
    onRecorded: () => {},
    quietMs: 3_600_000,
  })
}

const append = (bars: typeof BARS) =>
  database.patternBar.createMany({
    data: bars.map((bar) => ({ ...bar, symbol: SYMBOL, interval: 'H1', openTime: new Date(bar.openTime) })),
  })
const forecastsOf = (symbol: string, horizon: 'H1' | 'H6'): Promise<Forecast[]> =>
  store.page(symbol, horizon, { first: 10, after: null })

test('a stop waits for no computation, and who asked gets nothing', async () => {
  const stopped = open()
  const asked = stopped.reference('EUR-USD', 'H1')
  await stopped.close()
  expect(await asked).toBeNull()
  expect(counted.recorded).toBe(0)
  const question = { kind: 'MARKET' as const, bars: columnsOf(BARS) }
  await expect(compute(question, 'MARKET', AbortSignal.abort())).rejects.toThrow('aborted')
})

test('a live market is forecast at the close of each hour once its bars reach back, and scored when the bars of the horizon are there', async () => {
  await append(BARS.slice(LOOKBACK - 200, LOOKBACK))
  await service.closeHour()
  expect(counted.recorded).toBe(0)
  const neededHours = LONGEST_MEMORY + 1
  expect(await service.status(SYMBOL, 'H6')).toMatchObject({ state: 'TOO_LITTLE_HISTORY', hours: 200, neededHours })
  expect(await service.status(SYMBOL, 'S10')).toMatchObject({ state: 'AWAITED', hours: null, neededHours: null })
  expect(await service.status('EUR-USD', 'H6')).toBeNull()

  await append(BARS.slice(0, LOOKBACK - 200))
  expect(await service.status(SYMBOL, 'H6')).toMatchObject({ state: 'AWAITED', hours: LOOKBACK })
  await service.closeHour()
  await service.closeHour()
  const [[next], [six]] = await Promise.all([forecastsOf(SYMBOL, 'H1'), forecastsOf(SYMBOL, 'H6')])
  expect(counted.recorded).toBe(2)
  expect(next).toMatchObject({ dataTo: CLOSE, dataRows: LOOKBACK, vectorHash: expect.stringMatching(/^[0-9a-f]{64}$/) })
  expect(newest.of(SYMBOL, 'H6')?.id).toBe(six?.id)
  expect(await service.status(SYMBOL, 'H6')).toMatchObject({ state: 'FORECAST' })

  await append(BARS.slice(LOOKBACK))
  for (let hour = 1; hour <= 7; hour++) {
    clock.advance(HOUR_MS)
    if (hour === 1 || hour === 7) await service.closeHour()
  }
  const closes = BARS.slice(LOOKBACK - 1).map(({ close }) => close)
  const [oldest] = (await forecastsOf(SYMBOL, 'H1')).slice(-1)
  expect(oldest?.returnBps).toBeCloseTo((closes[1]! / closes[0]! - 1) * 10_000, 6)
  const [settled] = (await forecastsOf(SYMBOL, 'H6')).slice(-1)
  expect(settled?.returnBps).toBeCloseTo((closes[6]! / closes[0]! - 1) * 10_000, 6)
  expect(settled?.realisedVolatilityBps).toBeGreaterThan(0)
  expect(counted.outcomes).toBeGreaterThanOrEqual(2)
})

test('the reference market is forecast once, by the rules where no model serves, and the forecast says how old its data are', async () => {
  const before = counted.recorded
  await expect.poll(() => service.reference('EUR-USD', 'H6'), PATIENCE).not.toBeNull()
  const [first, again, volatility] = await Promise.all([
    service.reference('EUR-USD', 'H1'),
    service.reference('EUR-USD', 'H1'),
    service.reference('EUR-USD', 'H6'),
  ])
  expect(again?.id).toBe(first?.id)
  expect(first).toMatchObject({
    modelName: 'hourly-return',
    modelVersion: 1,
    expectedReturnBps: 0,
    dataFrom: Date.parse('2007-01-01T21:00:00Z'),
    dataTo: Date.parse('2018-12-31T22:00:00Z'),
    dataRows: 74_439,
    madeAt: clock.now(),
    inSample: false,
    returnBps: null,
  })
  expect(first?.quantilesBps).toEqual(first?.baselineQuantilesBps)
  expect(first?.quantilesBps?.[0]).toBeCloseTo(-15.34, 1)
  expect(volatility).toMatchObject({ modelName: 'hourly-volatility', direction: null, expectedReturnBps: null })
  expect(volatility?.volatilityBps).toBeCloseTo(24.42, 1)
  const [champion] = await opened.registry.aliases.of(['hourly-volatility'])
  expect(champion).toMatchObject({ alias: 'champion', version: 1 })

  const restarted = open()
  expect((await restarted.reference('EUR-USD', 'H1'))?.id).toBe(first?.id)
  await restarted.close()
  expect(counted).toMatchObject({ recorded: before + 2, unanswered: 0 })
  expect(await service.reference('SP500', 'H1')).toBeNull()
  expect(await service.reference('EUR-USD', 'S10')).toBeNull()
})

test('where another version serves, the reference market is forecast anew, and where that cannot be loaded by what served before', async () => {
  const { registry } = opened
  const variance = { weights: [1, 0, 0, 0], means: [0, 0, 0, 0], level: 0 }
  const rules = { trainedOn: [], returns: [0.1, -2, -1, 0, 1, 2, 0.6], variance }
  const { onnx, manifest } = ruleFile(rules, RETURN_LINE)
  const [rule] = (await registry.store.versionsOf('hourly-return')).slice(-1)
  const model = { ...manifest, kind: 'MODEL' as const }
  const { version } = await registry.store.register(onnx, model, { signature: rule!.signature })
  const key = { modelName: 'hourly-return', version }
  await registry.installRule(key, 1, 'another')
  const forecast = () => service.reference('EUR-USD', 'H1')
  await expect.poll(async () => (await forecast())?.modelVersion, PATIENCE).toBe(version)
  expect(await forecast()).toMatchObject({ direction: 'UP', baselineReturnBps: 0 })
  expect((await forecast())?.expectedReturnBps).toBeGreaterThan(0)

  await database.$executeRaw`ALTER TABLE model_version DISABLE TRIGGER USER`
  await database.modelVersion.updateMany({ where: key, data: { onnx: Uint8Array.of(0) } })
  clock.advance(HOUR_MS)
  await append([{ ...BARS.at(-1)!, openTime: BARS.at(-1)!.openTime + HOUR_MS }])
  await service.closeHour()
  const [newest] = await forecastsOf(SYMBOL, 'H1')
  expect(newest).toMatchObject({ modelVersion: 1, expectedReturnBps: 0 })
})

test('the graph tells it as a field of the reference market, with what made it', async () => {
  const transport = new MemoryTransport({ log })
  const ids = new IdSource(clock, systemRandom)
  const verifier = new TokenVerifier({
    keys: async () => '{"keys":[]}',
    revocations: async () => '{"revocations":[]}',
    clock,
  })
  const { cache } = opened
  const metrics = new Registry()
  const anya = await startAnya(
    { databaseUrl: server.url, cache, transport, clock, log, random: systemRandom, ids, metrics, verifier },
    { symbols: [SYMBOL] },
  )
  const query = `{ _entities(representations: [{ __typename: "ReferenceMarket", symbol: "EUR-USD" }, { __typename: "Market", symbol: "BTC-USDT" }]) {
    ... on Market { predictionStatus(horizon: H1) { state hours } } ... on ReferenceMarket {
    seconds: prediction(horizon: S10) { id }
    hours: prediction(horizon: H6) { horizon direction expectedVolatilityBps dataWindow { to rows } modelVersion { kind model { name } }
      explanation { output contributions(top: 1) { feature } } } } } }`
  const answer = JSON.parse(await anya.execute({ body: JSON.stringify({ query }), headers: {} }))
  await anya.stop()
  await transport.close()
  expect(answer.errors).toBeUndefined()
  expect(answer.data._entities).toEqual([
    {
      seconds: null,
      hours: {
        horizon: 'H6',
        direction: null,
        expectedVolatilityBps: expect.closeTo(24.4, 1),
        dataWindow: { to: '2018-12-31T22:00:00.000Z', rows: 74_439 },
        modelVersion: { kind: 'RULE', model: { name: 'hourly-volatility' } },
        explanation: { output: 'log_variance', contributions: [{ feature: 'log_variance_480' }] },
      },
    },
    { predictionStatus: { state: 'FORECAST', hours: expect.any(Number) } },
  ])
})
