import { BAR_FEATURE_HASH, BAR_FEATURES, barFeatureTable, findLookahead } from '../bar-features/index.ts'
import { requireRows } from '../evaluation/bar-rows.ts'
import { PLAN } from '../evaluation/forecast.ts'
import { withNextChange } from '../evaluation/planted.ts'
import { column, type ReturnProblem, ridgeForecast, targetOf } from '../evaluation/return-models.ts'
import { sessionsOf } from '../evaluation/sessions.ts'
import { type BarFold, walkForwardBars } from '../evaluation/walk-forward.ts'
import type { Manifest } from '../registry/index.ts'
import { pearson } from '../statistics/correlation.ts'
import { shuffled } from '../statistics/random.ts'
import {
  CANARY_THRESHOLD,
  type Canary,
  CREDIBLE_CORRELATION,
  evidenceOf,
  type HeldOutForecasts,
  plantedFuture,
  prefixInvariance,
  tooGood,
} from './evidence.ts'
import { sha256 } from './fingerprint.ts'
import { HOUR_MS, type HourlyLearner, hourlyRecipe, loadHourlyBars, PREFIXES, servingFold } from './hourly-bars.ts'
import {
  type Breathe,
  type Choice,
  type FoldForecasts,
  type Metrics,
  type Preparation,
  parameter,
  type Recipe,
} from './recipe.ts'
import { MEAN, measureReturns, RETURN_OUTPUTS, unconditionalQuantiles } from './return-measures.ts'

const RIDGE = 'ridge'
const OUTCOME = 'outcome'

/** A model that forecasts the next hour's return. */
export interface ReturnForecaster {
  /** @returns a column for each of RETURN_OUTPUTS. */
  predict(part: Int32Array): Promise<Record<string, Float64Array>>
  /** @returns an ONNX file from `features` [rows, width] to RETURN_OUTPUTS [rows, outputs]. */
  exported(metadata: Readonly<Record<string, string>>): Uint8Array<ArrayBuffer>
}

/** A way to learn returns, with a line of models of its own. */
export interface ReturnLearner extends HourlyLearner {
  readonly candidate: string
  fit(problem: ReturnProblem, fold: BarFold, choice: Choice, breathe: Breathe): Promise<ReturnForecaster>
  /** The expected returns of the fold's test, by no more than it takes to see a leak. */
  expect(problem: ReturnProblem, fold: BarFold, choice: Choice): Promise<Float64Array>
}

/** The next hour's return with its quantiles and the probability that it is positive, in units of current volatility. */
export const returnRecipe = (learner: ReturnLearner): Recipe =>
  hourlyRecipe(learner, (choice, dataDirectory) => prepare(learner, choice, dataDirectory))

async function prepare(learner: ReturnLearner, choice: Choice, dataDirectory: string): Promise<Preparation> {
  const { parameters: chosen, seed } = choice
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
      const model = await learner.fit(problem, fold, choice, breathe)
      return {
        [OUTCOME]: Float64Array.from(fold.test, (row) => target[row]!),
        [RIDGE]: ridgeForecast(problem, fold),
        persistence: column(rows, fold.test, 'return_1'),
        ...(await model.predict(fold.test)),
        ...unconditionalQuantiles(problem, fold),
      }
    },
    measure: measureReturns,
    async fit(forecasts, breathe) {
      const serving = servingFold(bars.size, plan, isEligible)
      const model = await learner.fit(problem, serving, choice, breathe)
      const all = Int32Array.from({ length: bars.size }, (_, row) => row)
      const expected = rowMajor(await model.predict(all))
      const onnx = model.exported(metadataOf(trainedOn, seed))
      const manifest = manifestOf(learner, { onnx, trainedOn, ...choice, metrics: measureReturns(forecasts) })
      const heldOut = heldOutOf(problem, forecasts)
      const looking = findLookahead(bars, planted, PREFIXES)
      const canaries = [
        await shuffledReturns(learner, problem, choice),
        prefixInvariance(looking.filter((column) => column < rows.width).length),
        plantedFuture([looking.includes(rows.width), await showsPlanted(learner, problem, choice)]),
        tooGood(pearson(Float64Array.from(heldOut.forecasts), Float64Array.from(heldOut.outcomes)).value),
      ]
      const training = { features: manifest.features, rows: rows.values, expected }
      return {
        onnx,
        manifest,
        sample: { rows: rows.values, width: rows.width, expected },
        evaluation: evidenceOf(heldOut, training, canaries),
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

/** How far what learns returns in a drawn order foresees those of the last fold, in standard errors of a correlation. */
async function shuffledReturns(learner: ReturnLearner, problem: ReturnProblem, choice: Choice): Promise<Canary> {
  const known = problem.target.filter((value) => !Number.isNaN(value))
  const drawn = shuffled(known, choice.seed)
  let next = 0
  const target = problem.target.map((value) => (Number.isNaN(value) ? value : drawn[next++]!))
  const { value, standardError } = await foreseen(learner, { ...problem, target }, choice)
  return { name: 'shuffled-target', observed: Math.abs(value || 0) / standardError, threshold: CANARY_THRESHOLD }
}

/** Beside the features a column that holds the next bar's change, to be found. */
const planted = withNextChange(barFeatureTable)

/** Whether the planted column is found by what is learnt from it. */
async function showsPlanted(learner: ReturnLearner, problem: ReturnProblem, choice: Choice): Promise<boolean> {
  const { value } = await foreseen(learner, { ...problem, rows: planted(problem.bars) }, choice)
  return value > CREDIBLE_CORRELATION
}

/** Between what is expected of the last fold's test and what came. */
async function foreseen(learner: ReturnLearner, problem: ReturnProblem, choice: Choice) {
  const fold = problem.folds.at(-1)!
  const outcome = Float64Array.from(fold.test, (row) => problem.target[row]!)
  return pearson(await learner.expect(problem, fold, choice), outcome)
}

const metadataOf = (trainedOn: Manifest['trainedOn'], seed: number) => ({
  feature_hash: BAR_FEATURE_HASH,
  data_hash: sha256(trainedOn.map((file) => file.sha256).join()),
  horizon_ms: String(HOUR_MS),
  seed: String(seed),
  outputs: RETURN_OUTPUTS.join(),
})

interface Origin extends Choice {
  readonly onnx: Uint8Array
  readonly trainedOn: Manifest['trainedOn']
  readonly metrics: Metrics
}

function manifestOf(
  { name, candidate }: ReturnLearner,
  { onnx, trainedOn, seed, parameters: chosen, metrics }: Origin,
): Manifest {
  return {
    name,
    sha256: sha256(onnx),
    featureHash: BAR_FEATURE_HASH,
    features: BAR_FEATURES.map(({ name }) => name),
    horizonMs: HOUR_MS,
    trainedOn: [...trainedOn],
    seed,
    recipe: { candidate, parameters: { ...chosen } },
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
