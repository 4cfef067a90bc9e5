import { ManualClock } from '@opsource/kernel'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { AnalystStage } from '../../../../tests/support/analyst-stage.ts'
import { type Database, openDatabase } from '../database.ts'
import { MarketReader } from '../features/index.ts'
import { MODELS_DIRECTORY, openChampion } from '../registry/index.ts'
import { type OpenRegistry, openRegistry } from '../testing/registry.ts'
import { NewestForecasts } from './newest.ts'
import { PredictionObserver } from './observe.ts'
import { Predictor } from './predictor.ts'
import { PredictionStore } from './store.ts'

const START = Date.UTC(2024, 7, 9)
const SYMBOL = 'BTC-USDT'

let stage: AnalystStage
let clock: ManualClock
let database: Database
let opened: OpenRegistry

beforeEach(async () => {
  clock = new ManualClock(START)
  stage = await AnalystStage.open({ clock })
  database = openDatabase(stage.fresh.url)
  opened = openRegistry(database, clock)
})
afterEach(async () => {
  await opened?.close()
  await database?.$disconnect()
  await stage?.close()
})

test('while the inference thread is away there are no forecasts, and they come again with it', async () => {
  const { ports } = stage
  const market = await stage.market(SYMBOL)
  const observer = new PredictionObserver(ports)
  const model = await openChampion(opened.registry, MODELS_DIRECTORY)
  const { onnx, signature } = model
  const loaded = await opened.engine.load({ id: 'mid-direction 1', onnx, signature })
  if (!loaded.ok) throw new Error(loaded.error.kind)
  const runner = loaded.value
  const champion = () => ({ model, runner })
  await using watching = new AsyncDisposableStack()
  const reader = new MarketReader(SYMBOL, ports, observer)
  watching.defer(() => reader.close())
  const newest = new NewestForecasts(ports.cache, clock, [SYMBOL])
  watching.defer(() => newest.close())
  await Promise.all([reader.start(), newest.start()])
  const parts = { ports, readers: [reader], champion, newest, observer, tickMs: 1_000 }
  const predictor = new Predictor({ ...parts, store: new PredictionStore(database), onRecorded: () => {} })
  const pass = async (seconds: number) => {
    for (let second = 0; second < seconds; second++) {
      clock.advance(1_000)
      await market.move(0)
    }
  }
  await pass(6)
  await predictor.tick()
  expect(newest.of(SYMBOL, 'S10')?.madeAt).toBe(START + 6_000)
  await pass(1)
  runner.restart()
  await predictor.tick()
  expect(newest.of(SYMBOL, 'S10')?.madeAt).toBe(START + 6_000)
  expect(await ports.metrics.getSingleMetricAsString('opsource_anya_unanswered_total')).toContain(' 1')
  await expect.poll(() => runner.isReady).toBe(true)
  await predictor.tick()
  expect(newest.of(SYMBOL, 'S10')?.madeAt).toBe(START + 7_000)
})
