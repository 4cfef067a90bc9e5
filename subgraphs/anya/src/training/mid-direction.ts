import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { baselineProbabilities, FEATURE_COUNT, FEATURE_HASH, FEATURE_NAMES, TOP_IMBALANCE } from '../features/index.ts'
import type { Evaluation, Manifest } from '../registry/index.ts'
import { type Measures, measure } from '../statistics/measures.ts'
import { shuffled } from '../statistics/random.ts'
import { CANDIDATES, fitBaseline, type Candidate as Learner, predict } from './candidates.ts'
import { type Dataset, mergeDatasets, sampleMarket } from './dataset.ts'
import { evidenceOf, plantedFuture, prefixInvariance, shuffledTarget } from './evidence.ts'
import { exportModel } from './export.ts'
import { sha256 } from './fingerprint.ts'
import {
  type Candidate,
  type FoldForecasts,
  InvalidData,
  type Metrics,
  type Preparation,
  type Recipe,
} from './recipe.ts'
import { type MarketSteps, readRecording } from './recording.ts'
import { type Fold, walkForward } from './split.ts'

const MODEL_NAME = 'mid-direction'
const DATA_SET = 'binance-btc-eth-2024-08-08'
const HORIZON_MS = 10_000
/** As often as serving forecasts. */
const SAMPLE_STEP_MS = 1_000
const SEED = 20_240_808

/** Each market's first file only: the second stays unseen, so that a first replay of it is out of sample. */
const TRAINING_SEGMENTS: readonly (MarketSteps & { readonly segment: string })[] = [
  { segment: 'spot_btcusdt_20240808', tickScale: 2, lotScale: 5 },
  { segment: 'spot_ethusdt_20240808', tickScale: 2, lotScale: 4 },
]

const FOLDS = 5
/** The first fold trains on this share of the time line. */
const FIRST_TEST_SHARE = 0.4
/** In the columns of a fold: what happened, and the rule that every model has to beat. */
const [OUTCOME, BASELINE] = ['outcome', 'baseline']

/** Whether the mid price of a market of the order book will be higher or lower after ten seconds. */
export const midDirection: Recipe = {
  name: MODEL_NAME,
  about: 'the direction of the mid price ten seconds ahead, from the order book and its trades',
  parameters: [],
  seed: SEED,
  async prepare({ seed }, dataDirectory): Promise<Preparation> {
    const { data, trainedOn } = await loadDataset(path.join(dataDirectory, DATA_SET))
    const folds = walkForward(data, { folds: FOLDS, firstTestShare: FIRST_TEST_SHARE, purgeMs: HORIZON_MS })
    const dataHash = sha256(trainedOn.map((file) => file.sha256).join())
    return {
      fingerprint: sha256([dataHash, FEATURE_HASH, JSON.stringify(CANDIDATES)].join()),
      folds: FOLDS,
      async judge(fold, breathe) {
        const { train, test } = folds[fold]!
        const forecasts: Record<string, Float64Array> = {
          [OUTCOME]: Float64Array.from(test.labels),
          [BASELINE]: baselineProbabilities(test.rows, fitBaseline(train).coefficient),
        }
        for (const [i, learner] of CANDIDATES.entries()) {
          forecasts[learner.name] = predict(learner.fit(train, seed), test.rows)
          await breathe((i + 1) / CANDIDATES.length)
        }
        return forecasts
      },
      measure: (forecasts) => {
        const { baseline, candidates } = compare(forecasts)
        const all = [{ name: BASELINE, measures: baseline }, ...candidates]
        return Object.assign({}, ...all.map(({ name, measures }) => named(`${name}.`, measures)))
      },
      async fit(forecasts) {
        const candidate = fit(data, trainedOn, forecasts, seed)
        const learner = CANDIDATES.find(({ name }) => name === candidate.manifest.recipe.candidate)!
        const canaries = [tryShuffled(data, learner, seed), ...(await tryPrefixes(path.join(dataDirectory, DATA_SET)))]
        return { ...candidate, evaluation: evaluate(candidate, folds, forecasts, canaries) }
      },
    }
  },
}

function fit(
  data: Dataset,
  trainedOn: Manifest['trainedOn'],
  forecasts: readonly FoldForecasts[],
  seed: number,
): Candidate {
  const { testRows, baseline, candidates } = compare(forecasts)
  const best = candidates[0]!
  const model = best.learner.fit(data, seed)
  const onnx = exportModel(model, MODEL_NAME, {
    feature_hash: FEATURE_HASH,
    data_hash: sha256(trainedOn.map((file) => file.sha256).join()),
    horizon_ms: String(HORIZON_MS),
    seed: String(seed),
    candidate: best.name,
  })
  const manifest: Manifest = {
    name: MODEL_NAME,
    sha256: sha256(onnx),
    featureHash: FEATURE_HASH,
    features: [...FEATURE_NAMES],
    horizonMs: HORIZON_MS,
    trainedOn,
    seed,
    recipe: { candidate: best.name, parameters: { ...best.learner.parameters } },
    baseline: { feature: FEATURE_NAMES[TOP_IMBALANCE]!, coefficient: fitBaseline(data).coefficient },
    metrics: { ...named('', best.measures), ...named('baseline.', baseline), testRows },
  }
  const sample = { rows: data.rows, width: FEATURE_COUNT, expected: predict(model, data.rows) }
  return { onnx: Uint8Array.from(onnx), manifest, sample }
}

function evaluate(
  { manifest, sample }: Candidate,
  folds: readonly Fold[],
  forecasts: readonly FoldForecasts[],
  canaries: Evaluation['canaries'],
): Evaluation {
  const pooled = (column: string) => forecasts.flatMap((fold) => [...fold[column]!])
  const heldOut = {
    loss: { kind: 'LOG_LOSS' as const },
    baselineName: 'imbalance',
    horizonSteps: HORIZON_MS / SAMPLE_STEP_MS,
    times: folds.flatMap(({ test }) => [...test.times]),
    forecasts: pooled(manifest.recipe.candidate),
    baseline: pooled(BASELINE),
    outcomes: pooled(OUTCOME),
  }
  return evidenceOf(heldOut, { features: FEATURE_NAMES, rows: sample.rows, expected: sample.expected }, canaries)
}

/** The same walk-forward on the same rows, their outcomes in a drawn order. */
function tryShuffled(data: Dataset, learner: Learner, seed: number): Evaluation['canaries'][number] {
  const labels = Uint8Array.from(shuffled(Float64Array.from(data.labels), seed))
  const folds = walkForward(
    { ...data, labels },
    { folds: FOLDS, firstTestShare: FIRST_TEST_SHARE, purgeMs: HORIZON_MS },
  )
  const forecasts = folds.flatMap(({ train, test }) => [...predict(learner.fit(train, seed), test.rows)])
  return shuffledTarget(
    forecasts,
    folds.flatMap(({ test }) => [...test.labels]),
  )
}

interface Judged {
  readonly name: string
  readonly learner: Learner
  readonly measures: Measures
}

/** Every candidate and the baseline on the same later stretches, pooled over the folds. Best first, by log loss: a proper score, unlike the hit rate. */
function compare(folds: readonly FoldForecasts[]) {
  const pooled = (column: string) => folds.flatMap((fold) => [...fold[column]!])
  const outcomes = pooled(OUTCOME)
  const judge = (column: string) => measure(pooled(column), outcomes)
  const candidates = CANDIDATES.map(
    (learner): Judged => ({ name: learner.name, learner, measures: judge(learner.name) }),
  )
  return {
    testRows: outcomes.length,
    baseline: judge(BASELINE),
    candidates: candidates.sort((a, b) => a.measures.logLoss - b.measures.logLoss),
  }
}

/** @param directory of the recorded files. @throws InvalidData where one of them is not there. */
export async function loadDataset(directory: string): Promise<{ data: Dataset; trainedOn: Manifest['trainedOn'] }> {
  const markets: Dataset[] = []
  const trainedOn: Manifest['trainedOn'] = []
  for (const { segment, ...steps } of TRAINING_SEGMENTS) {
    const file = path.join(directory, `${segment}.gz`)
    const bytes = await readFile(file).catch(() => null)
    if (!bytes) throw new InvalidData(`the recording ${DATA_SET}/${segment}.gz is not there`)
    trainedOn.push({ segment, sha256: sha256(bytes) })
    markets.push(sampleMarket(await readRecording(file, steps), SAMPLE_STEP_MS, HORIZON_MS))
  }
  return { data: mergeDatasets(markets), trainedOn }
}

const named = (prefix: string, measures: Measures): Metrics =>
  Object.fromEntries(Object.entries(measures).map(([name, value]) => [prefix + name, value]))

/**
 * Whether features of rows are others where the second half of the recording is not there yet, and whether that would show in a column
 * that holds what the next row's first one does.
 */
async function tryPrefixes(directory: string): Promise<Evaluation['canaries']> {
  let [differing, plantedDiffering] = [0, 0]
  for (const { segment, ...steps } of TRAINING_SEGMENTS) {
    const events = await readRecording(path.join(directory, `${segment}.gz`), steps)
    const whole = sampleMarket(events, SAMPLE_STEP_MS, HORIZON_MS)
    const half = sampleMarket(events.slice(0, Math.floor(events.length / 2)), SAMPLE_STEP_MS, HORIZON_MS)
    differing += countDiffering(half.rows, whole.rows)
    plantedDiffering += countDiffering(nextOf(half), nextOf(whole))
  }
  return [prefixInvariance(differing), plantedFuture([plantedDiffering > 0])]
}

const countDiffering = (part: Float32Array, whole: Float32Array) =>
  part.reduce((count, value, i) => count + (Object.is(value, whole[i]) ? 0 : 1), 0)

const nextOf = ({ size, rows }: Dataset) =>
  Float32Array.from({ length: size }, (_, row) => rows[(row + 1) * FEATURE_COUNT] ?? Number.NaN)
