import { BAR_FEATURE_HASH, BAR_FEATURES, findLookahead } from '../bar-features/index.ts'
import { requireRows } from '../evaluation/bar-rows.ts'
import { withNextChange } from '../evaluation/planted.ts'
import { SAME_HOUR_NAMES } from '../evaluation/same-hour.ts'
import {
  type CorrectedHar,
  fitCorrectedHar,
  fitModels,
  HORIZON,
  inputsOf,
  MEMORIES,
  problemOf,
  TREES,
  type VarianceProblem,
} from '../evaluation/variance-models.ts'
import { PLAN } from '../evaluation/volatility.ts'
import { type BarFold, walkForwardBars } from '../evaluation/walk-forward.ts'
import { pearson } from '../statistics/correlation.ts'
import { dieboldMariano } from '../statistics/diebold-mariano.ts'
import { mean } from '../statistics/mean.ts'
import { shuffled } from '../statistics/random.ts'
import { CANARY_THRESHOLD, type Canary, evidenceOf, plantedFuture, prefixInvariance } from './evidence.ts'
import { sha256 } from './fingerprint.ts'
import { asInvalidData, barParameters, HOUR_MS, loadHourlyBars, servingFold } from './hourly-bars.ts'
import type { FoldForecasts, Metrics, Preparation, Recipe, TrainingInput } from './recipe.ts'
import { parameter } from './recipe.ts'
import { exportCorrectedHar } from './volatility-export.ts'

const MODEL_NAME = 'hourly-volatility'
const seedsFrom = (seed: number) => [seed, seed + 1]
/** Prefixes of the bars on which the features are computed again. */
const PREFIXES = 2
const REALISED = 'realised'
const BASELINES = { har: 'HAR', harWithHours: 'HAR with hours', ewma: 'EWMA' } as const
type BaselineName = keyof typeof BASELINES
const BASELINE_NAMES = ['har', 'harWithHours', 'ewma'] as const satisfies BaselineName[]
const MODELS = ['boostedTrees', ...BASELINE_NAMES] as const
const memoryName = (bars: number) => `log_variance_${bars}`
export const FEATURES = [...BAR_FEATURES.map(({ name }) => name), ...MEMORIES.map(memoryName), ...SAME_HOUR_NAMES]
export const FEATURE_HASH = sha256(JSON.stringify({ bars: BAR_FEATURE_HASH, version: 1, features: FEATURES }))

/** The variance of the next six hours: HAR, corrected by boosted trees. */
export const hourlyVolatility: Recipe = {
  name: MODEL_NAME,
  about:
    'logarithm of the variance of an hour over the next six: HAR with a correction by boosted trees on hourly bars',
  parameters: barParameters,
  seed: 1,
  prepare: (input, dataDirectory) => asInvalidData(() => prepare(input, dataDirectory)),
}

async function prepare(
  { parameters, seed }: Omit<TrainingInput, 'recipe'>,
  dataDirectory: string,
): Promise<Preparation> {
  const { bars, trainedOn } = await loadHourlyBars(dataDirectory, parameter(parameters, 'bars'))
  const plan = { ...PLAN, folds: parameter(parameters, 'folds') }
  const folds = walkForwardBars(bars.size, plan, () => true)
  requireRows(folds, bars.size)
  const problem = problemOf(bars, folds[0]!.train)
  const dataHash = sha256(trainedOn.map((file) => file.sha256).join())
  return {
    fingerprint: sha256([dataHash, FEATURE_HASH, JSON.stringify([plan, TREES])].join()),
    folds: plan.folds,
    async judge(index) {
      const fold = folds[index]!
      const models = fitModels(problem, fold, seedsFrom(seed))
      const forecasts = MODELS.map((name) => [name, models[name](fold.test)] as const)
      return {
        [REALISED]: Float64Array.from(fold.test, (row) => problem.realised[row]!),
        ...Object.fromEntries(forecasts),
      }
    },
    measure,
    async fit(forecasts) {
      const model = fitCorrectedHar(
        problem,
        servingFold(bars.size, plan, () => true),
        seedsFrom(seed),
      )
      const all = Int32Array.from({ length: bars.size }, (_, row) => row)
      const expected = model.forecast(all).map(Math.log)
      const onnx = exportModel(model, problem.rows.width, { data_hash: dataHash, seed: String(seed) })
      const training = { features: FEATURES, rows: problem.rows.values, expected }
      const pooled = (name: string) => forecasts.flatMap((forecast) => [...forecast[name]!])
      const baseline = bestBaseline(forecasts)
      const heldOut = {
        loss: { kind: 'QLIKE' as const },
        baselineName: BASELINES[baseline],
        horizonSteps: HORIZON,
        times: folds.flatMap(({ test }) => Array.from(test, (row) => bars.time[row]!)),
        forecasts: pooled('boostedTrees'),
        baseline: pooled(baseline),
        outcomes: pooled(REALISED),
      }
      const canaries = [
        shuffledVariances(problem, folds.at(-1)!, seed),
        prefixInvariance(findLookahead(bars, inputsOf, PREFIXES).length),
        plantedFuture([findLookahead(bars, withNextChange(inputsOf), PREFIXES).includes(FEATURES.length)]),
      ]
      return {
        onnx,
        evaluation: evidenceOf(heldOut, training, canaries),
        sample: { rows: problem.rows.values, width: problem.rows.width, expected },
        manifest: {
          name: MODEL_NAME,
          sha256: sha256(onnx),
          featureHash: FEATURE_HASH,
          features: FEATURES,
          horizonMs: HORIZON * HOUR_MS,
          trainedOn,
          seed,
          recipe: { candidate: 'har-with-boosted-trees', parameters: { ...parameters } },
          // The variance of the last six hours goes on.
          baseline: { feature: memoryName(HORIZON), coefficient: 1 },
          metrics: { ...measure(forecasts) },
        },
      }
    },
  }
}

/** How far a model that learns variances in a drawn order foresees those of the fold, in standard errors of a correlation. */
function shuffledVariances(problem: VarianceProblem, fold: BarFold, seed: number): Canary {
  const drawn = { ...problem, realised: shuffled(problem.realised, seed) }
  const forecast = fitCorrectedHar(drawn, fold, [seed]).forecast(fold.test).map(Math.log)
  const outcome = Float64Array.from(fold.test, (row) => Math.log(drawn.realised[row]!))
  const { value, standardError } = pearson(forecast, outcome)
  return { name: 'shuffled-target', observed: Math.abs(value || 0) / standardError, threshold: CANARY_THRESHOLD }
}

function exportModel(model: CorrectedHar, width: number, metadata: Readonly<Record<string, string>>) {
  return exportCorrectedHar(model, {
    name: MODEL_NAME,
    width,
    firstMemory: BAR_FEATURES.length,
    metadata: {
      feature_hash: FEATURE_HASH,
      horizon_ms: String(HORIZON * HOUR_MS),
      outputs: 'log_variance',
      ...metadata,
    },
  })
}

/** QLIKE (Patton 2011) of every model, pooled over the folds, and tests against each. */
function measure(folds: readonly FoldForecasts[]): Metrics {
  const trees = lossesOf(folds, 'boostedTrees')
  const others = BASELINE_NAMES.flatMap((name) => {
    const losses = lossesOf(folds, name)
    return [
      [`${name}.qlike`, mean(losses)] as const,
      [`dieboldMariano.against.${name}`, dieboldMariano(trees, losses, HORIZON).pValueBetter] as const,
    ]
  })
  return {
    testRows: trees.length,
    qlike: mean(trees),
    'baseline.qlike': mean(lossesOf(folds, bestBaseline(folds))),
    ...Object.fromEntries(others),
  }
}

/** Whichever of them loses least. */
function bestBaseline(folds: readonly FoldForecasts[]): BaselineName {
  const losses = BASELINE_NAMES.map((name) => ({ name, loss: mean(lossesOf(folds, name)) }))
  return losses.reduce((best, each) => (each.loss < best.loss ? each : best)).name
}

const lossesOf = (folds: readonly FoldForecasts[], name: (typeof MODELS)[number]) =>
  folds.flatMap((fold) => [...fold[name]!].map((variance, i) => qlike(fold[REALISED]![i]! / variance)))

const qlike = (ratio: number) => ratio - Math.log(ratio) - 1
