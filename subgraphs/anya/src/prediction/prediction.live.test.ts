import { type CloudEvent, MemoryTransport } from '@opsource/bus'
import type { Recording } from '@opsource/bus/contracts'
import { MemoryCache } from '@opsource/cache'
import { poolConfig } from '@opsource/database'
import { TokenVerifier } from '@opsource/identity'
import { IdSource, ManualClock, systemRandom } from '@opsource/kernel'
import type { Ports, Subgraph } from '@opsource/subgraph'
import { Client } from 'pg'
import { pino } from 'pino'
import { Registry } from 'prom-client'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type FreshDatabase, freshDatabase } from '../../../../tests/support/database.ts'
import { openDatabase } from '../database.ts'
import { MarketReader } from '../features/index.ts'
import { startAnya } from '../index.ts'
import { MODELS_DIRECTORY, openChampion } from '../registry/index.ts'
import { forecastSchema, RECORD, recordSchema } from '../testing/prediction-answers.ts'
import { openRegistry } from '../testing/registry.ts'
import { SyntheticMarket } from '../testing/synthetic-market.ts'
import { NewestForecasts } from './newest.ts'
import { PredictionObserver } from './observe.ts'
import { Predictor } from './predictor.ts'
import { PredictionStore } from './store.ts'

const START = Date.UTC(2024, 7, 9)
const SYMBOLS = ['BTC-USDT', 'ETH-USDT']
const TICK_MS = 20
const log = pino({ level: 'silent' })

let database: FreshDatabase
let clock: ManualClock
let cache: MemoryCache
let transport: MemoryTransport
let running: Subgraph[]

beforeEach(async () => {
  database = await freshDatabase('anya')
  clock = new ManualClock(START)
  cache = new MemoryCache({ clock, log })
  transport = new MemoryTransport({ log })
  running = []
})
afterEach(async () => {
  for (const subgraph of running) await subgraph.stop()
  await transport.close()
  await cache.close()
  await database.drop()
})

function ports(): Ports {
  return {
    databaseUrl: database.url,
    cache,
    transport,
    clock,
    log,
    random: systemRandom,
    ids: new IdSource(clock, systemRandom),
    metrics: new Registry(),
    verifier: new TokenVerifier({
      keys: async () => '{"keys":[]}',
      revocations: async () => '{"revocations":[]}',
      clock,
    }),
  }
}

async function start(): Promise<Subgraph> {
  const subgraph = await startAnya(ports(), { symbols: SYMBOLS, tickMs: TICK_MS })
  running.push(subgraph)
  return subgraph
}

function marketOf(symbol: string, recording: Recording = null): SyntheticMarket {
  return new SyntheticMarket({ cache, clock }, symbol, recording)
}

/** Lets exchange time pass, with a sign of life from the markets every second. */
async function pass(milliseconds: number, ...markets: SyntheticMarket[]): Promise<void> {
  for (let passed = 0; passed < milliseconds; passed += 1_000) {
    clock.advance(1_000)
    for (const market of markets) await market.move(0)
  }
}

async function ask<T>(subgraph: Subgraph, query: string, variables: object = {}): Promise<T> {
  const answer = JSON.parse(await subgraph.execute({ body: JSON.stringify({ query, variables }), headers: {} }))
  expect(answer.errors).toBeUndefined()
  return answer.data
}

const MARKETS = `query ($representations: [_Any!]!) { _entities(representations: $representations) { ... on Market {
  symbol
  prediction {
    id direction probability upProbability downProbability horizon horizonMs inSample madeAt featureVectorHash
    expectedReturnBps returnQuantiles { level returnBps } expectedVolatilityBps dataWindow { from to rows }
    explanation { output scale base total contributions(top: 2) { feature value contribution } }
    baseline { direction probability } modelVersion { version sha256 model { name } } market { symbol } outcome { returnBps } }
  hourly: prediction(horizon: H1) { id }
  predictions(first: 2) { pageInfo { hasNextPage endCursor } edges { node { id inSample outcome { direction returnBps correct baselineCorrect } } } }
} } }`
/** A walk that keeps its place, of a period that ten seconds are no multiple of. */
const STEPS = [3, -5, 4, 0, -2, 1, -1]
const representations = SYMBOLS.map((symbol) => ({ __typename: 'Market', symbol }))

interface Outcome {
  readonly direction: string | null
  readonly returnBps: number
  readonly correct: boolean | null
  readonly baselineCorrect: boolean | null
}
interface MarketAnswer {
  readonly symbol: string
  readonly prediction: Record<string, unknown> | null
  readonly predictions: {
    readonly pageInfo: { readonly hasNextPage: boolean }
    readonly edges: {
      readonly node: { readonly id: string; readonly inSample: boolean; readonly outcome: Outcome | null }
    }[]
  }
}

async function markets(subgraph: Subgraph): Promise<MarketAnswer[]> {
  const { _entities } = await ask<{ _entities: MarketAnswer[] }>(subgraph, MARKETS, { representations })
  return _entities
}

interface ScoreAnswer {
  readonly models: { readonly champion: { readonly score: Record<string, number | null> } }[]
}

async function score(subgraph: Subgraph) {
  const query = '{ models { name champion { version score { count hitRate brier baselineHitRate } } } }'
  return (await ask<ScoreAnswer>(subgraph, query)).models[0]?.champion.score
}

const eventually = <T>(read: () => Promise<T> | T, options?: { interval: number; timeout: number }) =>
  expect.poll(read, options)

async function record(subgraph: Subgraph, market?: string) {
  const data = await ask<{ predictionTrackRecord: unknown }>(subgraph, RECORD, { market })
  return recordSchema.parse(data.predictionTrackRecord)
}

describe('live markets', () => {
  test('are forecast in one run, stored, announced, and answered for all entities at once', async () => {
    const [btc, eth] = [marketOf('BTC-USDT'), marketOf('ETH-USDT')]
    await Promise.all([btc.open(), eth.open()])
    const announced: CloudEvent[] = []
    await transport.listen(['prediction.made'], async (events) => void announced.push(...events))
    const anya = await start()
    await pass(6_000, btc, eth)
    await eventually(async () => (await markets(anya)).every(({ prediction }) => prediction !== null)).toBe(true)
    const [first] = await markets(anya)
    // Nine tenths of the lots at the top are bids: rule and model expect the price to rise.
    expect(first?.prediction).toMatchObject({
      direction: 'UP',
      horizonMs: 10_000,
      inSample: false,
      madeAt: '2024-08-09T00:00:06.000Z',
      baseline: { direction: 'UP' },
      modelVersion: { version: 1, model: { name: 'mid-direction' } },
      market: { symbol: 'BTC-USDT' },
      outcome: null,
      horizon: 'S10',
      featureVectorHash: expect.stringMatching(/^[0-9a-f]{64}$/),
      dataWindow: { from: '2024-08-09T00:00:00.000Z', to: '2024-08-09T00:00:06.000Z' },
      // Too little was seen to say how far.
      expectedReturnBps: null,
      returnQuantiles: null,
      expectedVolatilityBps: null,
    })
    expect(first).toMatchObject({ hourly: null })
    await eventually(() => announced.length).toBe(2)
    expect(announced.map(({ subject }) => subject).sort()).toEqual(SYMBOLS)
    expect(announced.map(({ id }) => id)).toContain(first?.prediction?.id)
  })

  test('say what the forecast was made of: the rule of one feature, whose contribution is all of its log-odds', async () => {
    const btc = marketOf('BTC-USDT')
    await btc.open()
    const anya = await start()
    await pass(6_000, btc)
    await eventually(async () => (await markets(anya))[0]?.prediction !== null).toBe(true)
    const { explanation, upProbability, downProbability } = forecastSchema.parse((await markets(anya))[0]?.prediction)
    expect(explanation).toMatchObject({ scale: 'LOG_ODDS', base: 0, contributions: [{ feature: 'imbalance_1' }] })
    expect(explanation.contributions[0]?.contribution).toBeCloseTo(explanation.total, 9)
    expect(1 / (1 + Math.exp(-explanation.total))).toBeCloseTo(upProbability, 5)
    expect(upProbability + downProbability).toBe(1)
  })

  test('say how far once a minute was seen, and their record tells how often that held', async () => {
    const btc = marketOf('BTC-USDT')
    await btc.open()
    const anya = await start()
    let steps = 0
    const afterAnother = async () => {
      clock.advance(1_000)
      await btc.move(STEPS[steps++ % STEPS.length]!)
      return (await markets(anya))[0]?.prediction?.returnQuantiles ?? null
    }
    await eventually(afterAnother, { interval: TICK_MS * 2, timeout: 60_000 }).not.toBeNull()
    const said = forecastSchema.parse((await markets(anya))[0]?.prediction)
    expect(said.returnQuantiles?.map(({ level }) => level)).toEqual([0.05, 0.25, 0.5, 0.75, 0.95])
    const returns = said.returnQuantiles?.map(({ returnBps }) => returnBps) ?? []
    expect(returns).toEqual(returns.toSorted((a, b) => a - b))
    expect(said.expectedReturnBps).toBeGreaterThan(0)
    expect(said.expectedVolatilityBps).toBeGreaterThan(0)
    await eventually(
      async () => {
        await afterAnother()
        return (await record(anya, 'BTC-USDT')).forecast.quantiles[0]?.count
      },
      { interval: TICK_MS * 2, timeout: 60_000 },
    ).toBeGreaterThan(0)
    const [one, all] = [await record(anya, 'BTC-USDT'), await record(anya)]
    expect(one.scored).toBeGreaterThan(0)
    expect(one.forecast.calibration.reduce((sum, { count }) => sum + count, 0)).toBe(one.scored)
    expect(one.forecast.logLoss).toBeGreaterThan(0)
    expect(one).toMatchObject({ inSample: 0, horizon: 'S10', market: { symbol: 'BTC-USDT' }, comparison: null })
    // The rule itself serves: it is its own baseline.
    expect(one.baseline.brier).toBeCloseTo(one.forecast.brier!, 6)
    expect(all.scored).toBeGreaterThanOrEqual(one.scored)
    expect(all.market).toBeNull()
  }, 150_000)

  test('show what came of a forecast, beside the baseline, and the score counts it', async () => {
    const btc = marketOf('BTC-USDT')
    await btc.open()
    const anya = await start()
    await pass(6_000, btc)
    await eventually(async () => (await markets(anya))[0]?.prediction !== null).toBe(true)
    await btc.move(60)
    await pass(10_000, btc)
    await eventually(async () => (await score(anya))?.count).toBe(1)
    const oldest = (await markets(anya))[0]?.predictions.edges.at(-1)?.node
    expect(oldest?.outcome).toMatchObject({ direction: 'UP', correct: true, baselineCorrect: true })
    expect(oldest?.outcome?.returnBps).toBeCloseTo(0.1, 3)
    expect(await score(anya)).toMatchObject({ count: 1, hitRate: 1, baselineHitRate: 1 })
  })

  test('that play what the model was trained on are forecast in sample: with an outcome, without a score', async () => {
    const btc = marketOf('BTC-USDT', { dataSet: 'binance', segment: 'spot_btcusdt_20240808', pass: 1 })
    await btc.open()
    const anya = await start()
    await pass(6_000, btc)
    await eventually(async () => (await markets(anya))[0]?.prediction?.inSample).toBe(true)
    await btc.move(60)
    await pass(10_000, btc)
    await eventually(async () => (await markets(anya))[0]?.predictions.edges.at(-1)?.node.outcome?.correct).toBe(true)
    expect(await score(anya)).toMatchObject({ count: 0, hitRate: null })
    expect(await record(anya)).toMatchObject({ scored: 0, inSample: 1, since: null })
  })

  test('are not forecast while paused, and an outcome over a pause stays unknown', async () => {
    const btc = marketOf('BTC-USDT')
    await btc.open()
    const anya = await start()
    await pass(6_000, btc)
    await eventually(async () => (await markets(anya))[0]?.prediction !== null).toBe(true)
    await btc.move(0, 'PAUSED')
    clock.advance(30_000)
    await new Promise((resolve) => setTimeout(resolve, TICK_MS * 5))
    const [market] = await markets(anya)
    expect(market?.prediction).toBeNull()
    expect(market?.predictions.edges.map(({ node }) => node.outcome)).toEqual([null])
  })
})

test('a subscriber gets the newest forecast at once and every new one after it', async () => {
  const btc = marketOf('BTC-USDT')
  await btc.open()
  const anya = await start()
  await pass(6_000, btc)
  await eventually(async () => (await markets(anya))[0]?.prediction !== null).toBe(true)
  const body = JSON.stringify({ query: 'subscription { prediction(symbol: "BTC-USDT") { madeAt direction } }' })
  const results = anya.subscribe({ body, headers: {} })
  expect(JSON.parse((await results.next()).value).data.prediction.madeAt).toBe('2024-08-09T00:00:06.000Z')
  const next = results.next()
  await pass(1_000, btc)
  expect(JSON.parse((await next).value).data.prediction.madeAt).toBe('2024-08-09T00:00:07.000Z')
  const waiting = results.next()
  await results.return?.()
  expect((await waiting).done).toBe(true)
})

test('an unknown market is refused as a subscription and has no prediction as an entity', async () => {
  const anya = await start()
  const body = JSON.stringify({ query: 'subscription { prediction(symbol: "DOGE-USDT") { madeAt } }' })
  const { value } = await anya.subscribe({ body, headers: {} }).next()
  expect(JSON.parse(value).errors[0].extensions.code).toBe('BAD_USER_INPUT')
  const unknown = [{ __typename: 'Market', symbol: 'DOGE-USDT' }]
  const { _entities } = await ask<{ _entities: MarketAnswer[] }>(anya, MARKETS, { representations: unknown })
  expect(_entities[0]).toMatchObject({ prediction: null, predictions: { edges: [] } })
})

test.each(['', '\u0000', 'prd_\u0000', "' OR 1=1", 'x'.repeat(10_000)])(
  'nothing is known under the key %#',
  async (key) => {
    const anya = await start()
    const query = `query ($r: [_Any!]!, $key: String!) {
    model(name: $key) { name }
    predictionTrackRecord(model: $key) { scored }
    _entities(representations: $r) {
      ... on Market { prediction { id } predictions { edges { cursor } } }
      ... on Prediction { id }
      ... on Model { name }
    }
  }`
    const r = [
      { __typename: 'Market', symbol: key },
      { __typename: 'Market', symbol: { not: key } },
      { __typename: 'Prediction', id: key },
      { __typename: 'Model', name: key },
    ]
    const unknown = { prediction: null, predictions: { edges: [] } }
    expect(await ask(anya, query, { r, key })).toEqual({
      model: null,
      predictionTrackRecord: null,
      _entities: [unknown, unknown, null, null],
    })
  },
)

test('two instances keep one forecast a tick, and both answer with it', async () => {
  const btc = marketOf('BTC-USDT')
  await btc.open()
  const [one, other] = [await start(), await start()]
  await pass(6_000, btc)
  await eventually(async () => (await markets(one))[0]?.prediction !== null).toBe(true)
  await eventually(async () => (await markets(other))[0]?.prediction !== null).toBe(true)
  await new Promise((resolve) => setTimeout(resolve, TICK_MS * 5))
  expect((await markets(one))[0]).toEqual((await markets(other))[0])
  expect((await markets(one))[0]?.predictions.edges).toHaveLength(1)
})

test('a restarted instance still knows the newest forecast', async () => {
  const btc = marketOf('BTC-USDT')
  await btc.open()
  const first = await start()
  await pass(6_000, btc)
  await eventually(async () => (await markets(first))[0]?.prediction !== null).toBe(true)
  const before = (await markets(first))[0]?.prediction
  await first.stop()
  expect((await markets(await start()))[0]?.prediction).toEqual(before)
})

test('a start that fails leaves no connection behind', async () => {
  await expect(startAnya(ports(), { symbols: SYMBOLS, modelsDirectory: '/nowhere' })).rejects.toThrow('ENOENT')
  const admin = new Client(poolConfig(database.adminUrl))
  await admin.connect()
  const sessions = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND usename = 'opsource_anya'"
  await eventually(async () => (await admin.query(sessions)).rowCount).toBe(0)
  await admin.end()
})

test('while the inference thread is away there are no forecasts, and they come again with it', async () => {
  const btc = marketOf('BTC-USDT')
  await btc.open()
  const prisma = openDatabase(database.url)
  const world = ports()
  const observer = new PredictionObserver(world)
  const opened = openRegistry(prisma, clock)
  const model = await openChampion(opened.registry, MODELS_DIRECTORY)
  const { onnx, signature } = model
  const loaded = await opened.engine.load({ id: 'mid-direction 1', onnx, signature })
  if (!loaded.ok) throw new Error(loaded.error.kind)
  const runner = loaded.value
  const champion = () => ({ model, runner })
  const reader = new MarketReader('BTC-USDT', world, observer)
  const newest = new NewestForecasts(cache, clock, SYMBOLS)
  await Promise.all([reader.start(), newest.start()])
  const parts = { ports: world, readers: [reader], champion, newest, observer, tickMs: 1_000 }
  const predictor = new Predictor({ ...parts, store: new PredictionStore(prisma), onRecorded: () => {} })
  try {
    await pass(6_000, btc)
    await predictor.tick()
    expect(newest.of('BTC-USDT', 'S10')?.madeAt).toBe(START + 6_000)
    await pass(1_000, btc)
    runner.restart()
    await predictor.tick()
    expect(newest.of('BTC-USDT', 'S10')?.madeAt).toBe(START + 6_000)
    expect(await world.metrics.getSingleMetricAsString('opsource_anya_unanswered_total')).toContain(' 1')
    await eventually(() => runner.isReady).toBe(true)
    await predictor.tick()
    expect(newest.of('BTC-USDT', 'S10')?.madeAt).toBe(START + 7_000)
  } finally {
    await Promise.all([opened.close(), reader.close(), newest.close()])
    await prisma.$disconnect()
  }
})
