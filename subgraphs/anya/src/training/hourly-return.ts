import { BAR_FEATURE_HASH, BAR_FEATURES, barFeatureTable, findLookahead } from '../bar-features/index.ts'
import { requireRows } from '../evaluation/bar-rows.ts'
import { PLAN } from '../evaluation/forecast.ts'
import { column, type ReturnProblem, ridgeForecast, targetOf } from '../evaluation/return-models.ts'
import { sessionsOf } from '../evaluation/sessions.ts'
import { walkForwardBars } from '../evaluation/walk-forward.ts'
import type { Manifest } from '../registry/index.ts'
import { shuffled } from '../statistics/random.ts'
import { CANARY_THRESHOLD, type Canary, evidenceOf, type HeldOutForecasts, prefixInvariance } from './evidence.ts'
import { sha256 } from './fingerprint.ts'
import { asInvalidData, barParameters, HOUR_MS, loadHourlyBars, servingFold } from './hourly-bars.ts'
import {
  type FoldForecasts,
  type Metrics,
  type Parameters,
  type Preparation,
  parameter,
  type Recipe,
  real,
  type TrainingInput,
  whole,
} from './recipe.ts'
import { measureReturns } from './return-measures.ts'
import { exportReturns, fitReturns, MEAN, meanCorrelation, predictReturns, RETURN_OUTPUTS } from './return-trees.ts'

const MODEL_NAME = 'hourly-return'
const RIDGE = 'ridge'
const OUTCOME = 'outcome'
/** Prefixes of the bars on which the features are computed again. */
const PREFIXES = 2

const parameters = [
  ...barParameters,
  whole({
    name: 'rounds',
    about: 'trees a model at most; validation stops it before',
    default: 300,
    minimum: 5,
    maximum: 2_000,
  }),
  whole({
    name: 'models',
    about: 'models of other seeds whose mean is the expected return',
    default: 3,
    minimum: 1,
    maximum: 8,
  }),
  whole({ name: 'leaves', about: 'leaves a tree at most', default: 15, minimum: 2, maximum: 128 }),
  whole({ name: 'depth', about: 'splits from the root to a leaf at most', default: 5, minimum: 1, maximum: 12 }),
  whole({ name: 'leafRows', about: 'rows a leaf at least', default: 200, minimum: 1, maximum: 10_000 }),
  real({ name: 'learningRate', about: 'share of a tree that counts', default: 0.03, minimum: 0.001, maximum: 1 }),
  real({
    name: 'quantileLearningRate',
    about: 'the same of the quantiles’ trees',
    default: 0.1,
    minimum: 0.001,
    maximum: 1,
  }),
  real({ name: 'penalty', about: 'L2 penalty of leaf values, in rows', default: 50, minimum: 0, maximum: 10_000 }),
]

/** The next hour's return with its quantiles and the probability that it is positive, in units of current volatility. */
export const hourlyReturn: Recipe = {
  name: MODEL_NAME,
  about:
    'return of the next hour: its mean, five quantiles and the probability of a rise, by boosted trees on hourly bars',
  parameters,
  seed: 1,
  prepare: (input, dataDirectory) => asInvalidData(() => prepare(input, dataDirectory)),
}

async function prepare(
  { parameters: chosen, seed }: Omit<TrainingInput, 'recipe'>,
  dataDirectory: string,
): Promise<Preparation> {
  const { bars, trainedOn } = await loadHourlyBars(dataDirectory, parameter(chosen, 'bars'))
  const sessions = sessionsOf(bars.time)
  const rows = barFeatureTable(bars)
  const { target } = targetOf(bars, rows)
  const plan = { ...PLAN, folds: parameter(chosen, 'folds') }
  const isEligible = (row: number) => !Number.isNaN(target[row]!) && !sessions.isClosing(row)
  const folds = walkForwardBars(bars.size, plan, isEligible)
  requireRows(folds, bars.size)
  const problem: ReturnProblem = { bars, rows, target, folds }
  return {
    fingerprint: sha256([...trainedOn.map((file) => file.sha256), BAR_FEATURE_HASH, JSON.stringify(plan)].join()),
    folds: plan.folds,
    async judge(index, breathe) {
      const fold = folds[index]!
      const model = await fitReturns(problem, fold, { parameters: chosen, seed }, breathe)
      const forecast = predictReturns(model, rows, fold.test)
      return {
        [OUTCOME]: Float64Array.from(fold.test, (row) => target[row]!),
        [RIDGE]: ridgeForecast(problem, fold),
        persistence: column(rows, fold.test, 'return_1'),
        ...forecast,
        ...model.unconditional(fold.test.length),
      }
    },
    measure: measureReturns,
    async fit(forecasts, breathe) {
      const serving = servingFold(bars.size, plan, isEligible)
      const model = await fitReturns(problem, serving, { parameters: chosen, seed }, breathe)
      const all = Int32Array.from({ length: bars.size }, (_, row) => row)
      const expected = rowMajor(predictReturns(model, rows, all))
      const onnx = exportReturns(model, MODEL_NAME, metadataOf(trainedOn, seed))
      const manifest = manifestOf({ onnx, trainedOn, seed, parameters: chosen, metrics: measureReturns(forecasts) })
      const canaries = [
        shuffledReturns(problem, chosen, seed),
        prefixInvariance(findLookahead(bars, barFeatureTable, PREFIXES).length),
      ]
      const training = { features: manifest.features, rows: rows.values, expected }
      return {
        onnx,
        manifest,
        sample: { rows: rows.values, width: rows.width, expected },
        evaluation: evidenceOf(heldOutOf(problem, forecasts), training, canaries),
      }
    },
  }
}

/** The expected return beside the better of the random walk and a linear model. */
function heldOutOf({ bars, folds }: ReturnProblem, forecasts: readonly FoldForecasts[]): HeldOutForecasts {
  const pooled = (name: string) => forecasts.flatMap((fold) => [...fold[name]!])
  const outcomes = pooled(OUTCOME)
  const linear = pooled(RIDGE)
  const squares = (of: (i: number) => number) => outcomes.reduce((sum, value, i) => sum + (value - of(i)) ** 2, 0)
  const isLinearBetter = squares((i) => linear[i]!) < squares(() => 0)
  return {
    loss: { kind: 'SQUARED_ERROR' },
    baselineName: isLinearBetter ? RIDGE : 'random-walk',
    horizonSteps: PLAN.horizon,
    times: folds.flatMap(({ test }) => Array.from(test, (row) => bars.time[row]!)),
    forecasts: pooled(MEAN),
    baseline: isLinearBetter ? linear : outcomes.map(() => 0),
    outcomes,
  }
}

/** How far trees that learn returns in a drawn order foresee those of the last fold, in standard errors of a correlation. */
function shuffledReturns(problem: ReturnProblem, chosen: Parameters, seed: number): Canary {
  const known = problem.target.filter((value) => !Number.isNaN(value))
  const drawn = shuffled(known, seed)
  let next = 0
  const target = problem.target.map((value) => (Number.isNaN(value) ? value : drawn[next++]!))
  const { value, standardError } = meanCorrelation({ ...problem, target }, problem.folds.at(-1)!, chosen, seed)
  return { name: 'shuffled-target', observed: Math.abs(value || 0) / standardError, threshold: CANARY_THRESHOLD }
}

const metadataOf = (trainedOn: Manifest['trainedOn'], seed: number) => ({
  feature_hash: BAR_FEATURE_HASH,
  data_hash: sha256(trainedOn.map((file) => file.sha256).join()),
  horizon_ms: String(HOUR_MS),
  seed: String(seed),
  outputs: RETURN_OUTPUTS.join(),
})

interface Origin {
  readonly onnx: Uint8Array
  readonly trainedOn: Manifest['trainedOn']
  readonly seed: number
  readonly parameters: Parameters
  readonly metrics: Metrics
}

function manifestOf({ onnx, trainedOn, seed, parameters: chosen, metrics }: Origin): Manifest {
  return {
    name: MODEL_NAME,
    sha256: sha256(onnx),
    featureHash: BAR_FEATURE_HASH,
    features: BAR_FEATURES.map(({ name }) => name),
    horizonMs: HOUR_MS,
    trainedOn: [...trainedOn],
    seed,
    recipe: { candidate: 'boosted-trees', parameters: { ...chosen } },
    // The random walk: nothing of the last return goes on.
    baseline: { feature: 'return_1', coefficient: 0 },
    metrics: { ...metrics },
  }
}

/** Columns as rows. */
function rowMajor(columns: Readonly<Record<string, Float64Array>>): Float64Array {
  const all = RETURN_OUTPUTS.map((name) => columns[name]!)
  const result = new Float64Array(all[0]!.length * all.length)
  all.forEach((values, k) => {
    values.forEach((value, row) => {
      result[row * all.length + k] = value
    })
  })
  return result
}
