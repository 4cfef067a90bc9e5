import { type Bars, findLookahead } from '../bar-features/index.ts'
import { requireRows } from '../evaluation/bar-rows.ts'
import { withNextChange } from '../evaluation/planted.ts'
import { fitBaselines, HORIZON, problemOf, type VarianceProblem } from '../evaluation/variance-models.ts'
import { PLAN } from '../evaluation/volatility.ts'
import { type BarFold, walkForwardBars } from '../evaluation/walk-forward.ts'
import type { Matrix } from '../learners/boosted-trees/index.ts'
import { pearson } from '../statistics/correlation.ts'
import { dieboldMariano } from '../statistics/diebold-mariano.ts'
import { mean } from '../statistics/mean.ts'
import { shuffled } from '../statistics/random.ts'
import { CANARY_THRESHOLD, type Canary, evidenceOf, plantedFuture, prefixInvariance } from './evidence.ts'
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

const REALISED = 'realised'
const MODEL = 'model'
const BASELINES = { har: 'HAR', harWithHours: 'HAR with hours', ewma: 'EWMA' } as const
type BaselineName = keyof typeof BASELINES
const BASELINE_NAMES = ['har', 'harWithHours', 'ewma'] as const satisfies BaselineName[]

/** A model that forecasts the variance of the next six hours. */
export interface VarianceForecaster {
  /** @returns the variance of an hour. */
  forecast(rows: Int32Array): Promise<Float64Array>
  /** @returns an ONNX file from `features` [rows, width] to the logarithm of the variance [rows, 1]. */
  exported(metadata: Readonly<Record<string, string>>): Uint8Array<ArrayBuffer>
}

/** A way to learn variances, with a line of models of its own. */
export interface VarianceLearner extends HourlyLearner {
  readonly candidate: string
  readonly features: readonly string[]
  readonly featureHash: string
  /** The feature that is the logarithm of the newest variance. */
  readonly newest: string
  inputs(this: void, bars: Bars): Matrix
  fit(problem: VarianceProblem, fold: BarFold, choice: Choice, breathe: Breathe): Promise<VarianceForecaster>
  /** The variances of the fold's test, by no more than it takes to see a leak. */
  expect(problem: VarianceProblem, fold: BarFold, choice: Choice): Promise<Float64Array>
}

/** The variance of the next six hours. */
export const varianceRecipe = (learner: VarianceLearner): Recipe =>
  hourlyRecipe(learner, (choice, dataDirectory) => prepare(learner, choice, dataDirectory))

async function prepare(learner: VarianceLearner, choice: Choice, dataDirectory: string): Promise<Preparation> {
  const { parameters, seed } = choice
  const { features, featureHash } = learner
  const { bars, trainedOn } = await loadHourlyBars(dataDirectory, parameter(parameters, 'bars'))
  const plan = { ...PLAN, folds: parameter(parameters, 'folds') }
  const folds = walkForwardBars(bars.size, plan, () => true)
  requireRows(folds, bars.size)
  const problem = { ...problemOf(bars, folds[0]!.train), rows: learner.inputs(bars) }
  const dataHash = sha256(trainedOn.map((file) => file.sha256).join())
  return {
    fingerprint: sha256([dataHash, featureHash, JSON.stringify(plan)].join()),
    folds: plan.folds,
    async judge(index, breathe) {
      const fold = folds[index]!
      const model = await learner.fit(problem, fold, choice, breathe)
      const baselines = fitBaselines(problem, fold)
      return {
        [REALISED]: Float64Array.from(fold.test, (row) => problem.realised[row]!),
        [MODEL]: await model.forecast(fold.test),
        ...Object.fromEntries(BASELINE_NAMES.map((name) => [name, baselines[name](fold.test)])),
      }
    },
    measure,
    async fit(forecasts, breathe) {
      const serving = servingFold(bars.size, plan, () => true)
      const model = await learner.fit(problem, serving, choice, breathe)
      const all = Int32Array.from({ length: bars.size }, (_, row) => row)
      const expected = (await model.forecast(all)).map(Math.log)
      const onnx = model.exported({
        feature_hash: featureHash,
        horizon_ms: String(HORIZON * HOUR_MS),
        outputs: 'log_variance',
        data_hash: dataHash,
        seed: String(seed),
      })
      const training = { features, rows: problem.rows.values, expected }
      const pooled = (name: string) => forecasts.flatMap((forecast) => [...forecast[name]!])
      const baseline = bestBaseline(forecasts)
      const heldOut = {
        loss: { kind: 'QLIKE' as const },
        baselineName: BASELINES[baseline],
        horizonSteps: HORIZON,
        times: folds.flatMap(({ test }) => Array.from(test, (row) => bars.time[row]!)),
        forecasts: pooled(MODEL),
        baseline: pooled(baseline),
        outcomes: pooled(REALISED),
      }
      // Beside the features a column that holds the next bar's change, to be found.
      const looking = findLookahead(bars, withNextChange(learner.inputs), PREFIXES)
      const canaries = [
        await shuffledVariances(learner, problem, folds.at(-1)!, choice),
        prefixInvariance(looking.filter((column) => column < features.length).length),
        plantedFuture([looking.includes(features.length)]),
      ]
      return {
        onnx,
        evaluation: evidenceOf(heldOut, training, canaries),
        sample: { rows: problem.rows.values, width: problem.rows.width, expected },
        manifest: {
          name: learner.name,
          sha256: sha256(onnx),
          featureHash,
          features: [...features],
          horizonMs: HORIZON * HOUR_MS,
          trainedOn,
          seed,
          recipe: { candidate: learner.candidate, parameters: { ...parameters } },
          // The variance of the last six hours goes on.
          baseline: { feature: learner.newest, coefficient: 1 },
          metrics: { ...measure(forecasts) },
        },
      }
    },
  }
}

/** How far what learns variances in a drawn order foresees those of the fold, in standard errors of a correlation. */
async function shuffledVariances(
  learner: VarianceLearner,
  problem: VarianceProblem,
  fold: BarFold,
  choice: Choice,
): Promise<Canary> {
  const drawn = { ...problem, realised: shuffled(problem.realised, choice.seed) }
  const forecast = await learner.expect(drawn, fold, choice)
  const outcome = Float64Array.from(fold.test, (row) => Math.log(drawn.realised[row]!))
  const { value, standardError } = pearson(forecast.map(Math.log), outcome)
  return { name: 'shuffled-target', observed: Math.abs(value || 0) / standardError, threshold: CANARY_THRESHOLD }
}

/** QLIKE (Patton 2011) of every model, pooled over the folds, and tests against each. */
function measure(folds: readonly FoldForecasts[]): Metrics {
  const losses = lossesOf(folds, MODEL)
  const others = BASELINE_NAMES.flatMap((name) => {
    const rival = lossesOf(folds, name)
    return [
      [`${name}.qlike`, mean(rival)] as const,
      [`dieboldMariano.against.${name}`, dieboldMariano(losses, rival, HORIZON).pValueBetter] as const,
    ]
  })
  return {
    testRows: losses.length,
    qlike: mean(losses),
    'baseline.qlike': mean(lossesOf(folds, bestBaseline(folds))),
    ...Object.fromEntries(others),
  }
}

/** Whichever of them loses least. */
function bestBaseline(folds: readonly FoldForecasts[]): BaselineName {
  const losses = BASELINE_NAMES.map((name) => ({ name, loss: mean(lossesOf(folds, name)) }))
  return losses.reduce((best, each) => (each.loss < best.loss ? each : best)).name
}

const lossesOf = (folds: readonly FoldForecasts[], name: typeof MODEL | BaselineName) =>
  folds.flatMap((fold) => [...fold[name]!].map((variance, i) => qlike(fold[REALISED]![i]! / variance)))

const qlike = (ratio: number) => ratio - Math.log(ratio) - 1
