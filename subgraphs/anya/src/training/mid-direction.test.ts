import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { FEATURE_COUNT, FEATURE_HASH, FeatureEngine } from '../features/index.ts'
import { manifestSchema } from '../registry/index.ts'
import { CANDIDATES, predict } from './candidates.ts'
import { sampleMarket } from './dataset.ts'
import { loadDataset, midDirection } from './mid-direction.ts'
import { exportDifference, MAX_DIFFERENCE } from './parity.ts'
import { type RecordedEvent, readRecording } from './recording.ts'
import { type TrainedModel, train } from './run.ts'

const root = path.resolve(import.meta.dirname, '../../../..')
const dataDirectory = path.join(root, 'data')
const recordings = path.join(dataDirectory, 'binance-btc-eth-2024-08-08')
const models = path.join(root, 'subgraphs/anya/models')

const trainMidDirection = () =>
  train({ recipe: midDirection.name, parameters: {}, seed: midDirection.seed }, { dataDirectory })

let trained: TrainedModel
beforeAll(async () => {
  trained = await trainMidDirection()
}, 60_000)

test('training twice on one machine gives the same file, byte by byte', async () => {
  const again = await trainMidDirection()
  expect(again.manifest).toEqual(trained.manifest)
  expect(Buffer.compare(again.onnx, trained.onnx)).toBe(0)
}, 60_000)

// Hashes of trained files compare within one machine only, so the committed one is compared by what it forecasts.
test('the committed model is what training gives', async () => {
  const manifest = manifestSchema.parse(JSON.parse(await readFile(path.join(models, 'manifest.json'), 'utf8')))
  const onnx = await readFile(path.join(models, 'mid-direction.onnx'))
  expect(createHash('sha256').update(onnx).digest('hex')).toBe(manifest.sha256)
  const { metrics, sha256: _, baseline, ...lineage } = manifest
  expect(lineage).toEqual({ ...trained.manifest, metrics: undefined, sha256: undefined, baseline: undefined })
  expect(baseline.coefficient).toBeCloseTo(trained.manifest.baseline.coefficient, 6)
  for (const [name, value] of Object.entries(trained.manifest.metrics)) expect(metrics[name]).toBeCloseTo(value, 4)
  const { data } = await loadDataset(recordings)
  const best = CANDIDATES.find(({ name }) => name === manifest.recipe.candidate)!
  const expected = predict(best.fit(data, midDirection.seed), data.rows)
  expect(await exportDifference(onnx, data.rows, FEATURE_COUNT, expected)).toBeLessThanOrEqual(MAX_DIFFERENCE)
}, 60_000)

test('the manifest names features, files, seed, and every figure beside the baseline’s', () => {
  const { manifest } = trained
  expect(manifest.featureHash).toBe(FEATURE_HASH)
  expect(manifest.trainedOn.map(({ segment }) => segment)).toEqual(['spot_btcusdt_20240808', 'spot_ethusdt_20240808'])
  for (const name of ['auc', 'brier', 'logLoss', 'hitRate']) {
    expect(manifest.metrics[name]).toBeGreaterThan(0)
    expect(manifest.metrics[`baseline.${name}`]).toBeGreaterThan(0)
  }
})

test('serving computes on the recorded stream, one update at a time, exactly what training computed', async () => {
  const events = await readRecording(path.join(recordings, 'spot_ethusdt_20240808.gz'), {
    tickScale: 2,
    lotScale: 4,
  })
  const trainingRows = sampleMarket(events, 1_000, 10_000)
  const served = serve(events)
  expect(trainingRows.size).toBeGreaterThan(300)
  for (let i = 0; i < trainingRows.size; i++) {
    const row = trainingRows.rows.subarray(i * FEATURE_COUNT, (i + 1) * FEATURE_COUNT)
    expect(row).toEqual(served.get(trainingRows.times[i]!))
  }
}, 60_000)

/** As live: a look at every update, not only at full seconds. */
function serve(events: readonly RecordedEvent[]): Map<number, Float32Array> {
  const engine = new FeatureEngine()
  const rows = new Map<number, Float32Array>()
  let next = 0
  for (const event of events) {
    const time = event.kind === 'BOOK' ? event.book.time : event.update.time
    next ||= Math.ceil(time / 1_000) * 1_000
    for (; next < time; next += 1_000) {
      const row = engine.sample(next)
      if (row) rows.set(next, row)
    }
    if (event.kind === 'BOOK') engine.replaceBook(event.book)
    else engine.update(event.update)
    engine.sample(time)
  }
  return rows
}
