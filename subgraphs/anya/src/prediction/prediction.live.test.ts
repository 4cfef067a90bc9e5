import type { CloudEvent } from '@opsource/bus'
import { poolConfig } from '@opsource/database'
import { ManualClock } from '@opsource/kernel'
import { Client } from 'pg'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Analyst, AnalystStage } from '../../../../tests/support/analyst-stage.ts'
import { forecastSchema, marketsOf, RECORD, recordSchema } from '../testing/prediction-answers.ts'
import type { SyntheticMarket } from '../testing/synthetic-market.ts'

const START = Date.UTC(2024, 7, 9)
const SYMBOLS = ['BTC-USDT', 'ETH-USDT']
const TICK_MS = 20

let stage: AnalystStage
let clock: ManualClock

beforeEach(async () => {
  clock = new ManualClock(START)
  stage = await AnalystStage.open({ clock })
})
afterEach(() => stage?.close())

const start = () => stage.start({ symbols: SYMBOLS, tickMs: TICK_MS })

/** Lets exchange time pass, with a sign of life from the markets every second. */
async function pass(milliseconds: number, ...markets: SyntheticMarket[]): Promise<void> {
  for (let passed = 0; passed < milliseconds; passed += 1_000) {
    clock.advance(1_000)
    for (const market of markets) await market.move(0)
  }
}

/** A walk that keeps its place, of a period that ten seconds are no multiple of. */
const STEPS = [3, -5, 4, 0, -2, 1, -1]
const markets = (analyst: Analyst) => marketsOf(analyst, SYMBOLS)

async function score(analyst: Analyst) {
  const query = '{ models { name champion { version score { count hitRate brier baselineHitRate } } } }'
  return (await analyst.ask(query)).models[0]?.champion.score
}

const eventually = <T>(read: () => Promise<T> | T, options?: { interval: number; timeout: number }) =>
  expect.poll(read, options)

async function record(analyst: Analyst, market?: string) {
  return recordSchema.parse((await analyst.ask(RECORD, { market })).predictionTrackRecord)
}

describe('live markets', () => {
  test('are forecast in one run, stored, announced, and answered for all entities at once', async () => {
    const [btc, eth] = [await stage.market('BTC-USDT'), await stage.market('ETH-USDT')]
    const announced: CloudEvent[] = []
    await stage.ports.transport.listen(['prediction.made'], async (events) => void announced.push(...events))
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
    const btc = await stage.market('BTC-USDT')
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
    const btc = await stage.market('BTC-USDT')
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
    const btc = await stage.market('BTC-USDT')
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
    const btc = await stage.market('BTC-USDT', { dataSet: 'binance', segment: 'spot_btcusdt_20240808', pass: 1 })
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
    const btc = await stage.market('BTC-USDT')
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
  const btc = await stage.market('BTC-USDT')
  const anya = await start()
  await pass(6_000, btc)
  await eventually(async () => (await markets(anya))[0]?.prediction !== null).toBe(true)
  const results = await anya.subscribe('subscription { prediction(symbol: "BTC-USDT") { madeAt direction } }')
  expect(JSON.parse((await results.next()).value).data.prediction.madeAt).toBe('2024-08-09T00:00:06.000Z')
  let next: string | undefined
  const coming = results.next().then(({ value }) => {
    next = value
  })
  // A busy machine may leave out a tick: the next second has another.
  await eventually(
    async () => {
      if (next === undefined) await pass(1_000, btc)
      return next
    },
    { interval: TICK_MS * 5, timeout: 40_000 },
  ).toBeDefined()
  await coming
  expect(JSON.parse(next ?? '').data.prediction.madeAt > '2024-08-09T00:00:06.000Z').toBe(true)
  // It may hold another forecast by now; it ends all the same.
  const waiting = results.next()
  await results.return?.()
  await waiting
  expect((await results.next()).done).toBe(true)
})

test('an unknown market is refused as a subscription and has no prediction as an entity', async () => {
  const anya = await start()
  const results = await anya.subscribe('subscription { prediction(symbol: "DOGE-USDT") { madeAt } }')
  expect(JSON.parse((await results.next()).value).errors[0].extensions.code).toBe('BAD_USER_INPUT')
  const [unknown] = await marketsOf(anya, ['DOGE-USDT'])
  expect(unknown).toMatchObject({ prediction: null, predictions: { edges: [] } })
})

test('nothing is known under keys of which none was given out', async () => {
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
  const unknown = { prediction: null, predictions: { edges: [] } }
  for (const key of ['', '\u0000', 'prd_\u0000', "' OR 1=1", 'x'.repeat(10_000)]) {
    const r = [
      { __typename: 'Market', symbol: key },
      { __typename: 'Market', symbol: { not: key } },
      { __typename: 'Prediction', id: key },
      { __typename: 'Model', name: key },
    ]
    expect(await anya.ask(query, { r, key }), key.slice(0, 9)).toEqual({
      model: null,
      predictionTrackRecord: null,
      _entities: [unknown, unknown, null, null],
    })
  }
})

test('two instances keep one forecast a tick, and both answer with it', async () => {
  const btc = await stage.market('BTC-USDT')
  const [one, other] = [await start(), await start()]
  await pass(6_000, btc)
  await eventually(async () => (await markets(one))[0]?.prediction !== null).toBe(true)
  await eventually(async () => (await markets(other))[0]?.prediction !== null).toBe(true)
  await new Promise((resolve) => setTimeout(resolve, TICK_MS * 5))
  expect((await markets(one))[0]).toEqual((await markets(other))[0])
  expect((await markets(one))[0]?.predictions.edges).toHaveLength(1)
})

test('a restarted instance still knows the newest forecast', async () => {
  const btc = await stage.market('BTC-USDT')
  const first = await start()
  await pass(6_000, btc)
  await eventually(async () => (await markets(first))[0]?.prediction !== null).toBe(true)
  const before = (await markets(first))[0]?.prediction
  await stage.stop(first)
  expect((await markets(await start()))[0]?.prediction).toEqual(before)
})

test('a start that fails leaves no connection behind', async () => {
  await expect(stage.start({ symbols: SYMBOLS, modelsDirectory: '/nowhere' })).rejects.toThrow('ENOENT')
  const admin = new Client(poolConfig(stage.fresh.adminUrl))
  await admin.connect()
  const sessions = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND usename = 'opsource_anya'"
  await eventually(async () => (await admin.query(sessions)).rowCount).toBe(0)
  await admin.end()
})
