import { BAR_FEATURES, type Bars } from '../bar-features/index.ts'
import { Binning, type BoostingOptions, fitTrees, type Matrix, predictTrees } from '../learners/boosted-trees/index.ts'
import { fitRidge, predictRidge } from '../learners/ridge.ts'
import { pickLabels, pickRows } from './bar-rows.ts'
import { type Progress, silent } from './progress.ts'
import type { BarFold } from './walk-forward.ts'

/** As in a first prototype, not tuned since: shallow, strongly penalised trees, as returns are nearly all noise. */
export const TREES: Omit<BoostingOptions, 'seed'> = {
  objective: { kind: 'SQUARED' },
  rounds: 300,
  learningRate: 0.03,
  leaves: 15,
  depth: 5,
  minHessian: 200,
  penalty: 50,
  bins: 64,
  rowShare: 0.7,
  columnShare: 0.6,
  patience: 30,
}
/** The forecast is the mean of models that differ in their seeds only. */
export const SEEDS = [1, 2, 3]
export const RIDGE_PENALTY = 1_000
/** Of the blend: the rest is the ridge regression's. */
export const TREES_SHARE = 0.5
/** Targets are cut off at so many standard deviations, so that single bars do not decide. */
export const TARGET_LIMIT = 6
export interface ReturnProblem {
  readonly bars: Bars
  readonly rows: Matrix
  /** The next bar's change in standard deviations as known now. */
  readonly target: Float64Array
  readonly folds: readonly BarFold[]
}

export function targetOf(bars: Bars, table: { change: Float64Array; volatility: Float64Array }) {
  const target = new Float64Array(bars.size).fill(Number.NaN)
  let splits = 0
  for (let row = 0; row + 1 < bars.size; row++) {
    const change = table.change[row + 1]!
    const isSplit = change === 0 && bars.close[row + 1] !== bars.close[row]
    if (isSplit) splits++
    else target[row] = Math.max(-TARGET_LIMIT, Math.min(TARGET_LIMIT, change / table.volatility[row]!))
  }
  return { target, splits }
}

export interface TreeForecast {
  readonly validation: Float64Array
  readonly test: Float64Array
}

/** The mean forecast of trees of several seeds, by fold. */
export function treeForecasts(
  { rows, target, folds }: ReturnProblem,
  seeds: readonly number[] = SEEDS,
  progress: Progress = silent,
): TreeForecast[] {
  return folds.map(({ train, validation, test }, fold) => {
    const labelled = (part: Int32Array) => ({ ...pickRows(rows, part), labels: pickLabels(target, part) })
    const [fit, judge, unseen, binning] = [labelled(train), labelled(validation), pickRows(rows, test), new Binning()]
    const models = seeds.map((seed, i) => {
      const model = fitTrees(fit, { ...TREES, seed }, judge, binning)
      progress.at((fold + (i + 1) / seeds.length) / folds.length)
      return model
    })
    const forecast = (inputs: Matrix) => {
      const each = models.map((model) => predictTrees(model, inputs))
      return each[0]!.map((_, i) => each.reduce((sum, values) => sum + values[i]!, 0) / each.length)
    }
    return { validation: forecast(judge), test: forecast(unseen) }
  })
}

/** JSON has no NaN. */
export const orNull = (value: number) => (Number.isFinite(value) ? value : null)

export const pooled = (parts: readonly Float64Array[]) => Float64Array.from(parts.flatMap((part) => [...part]))
export const testsOf = (trees: readonly TreeForecast[]) => pooled(trees.map(({ test }) => test))

export function ridgeForecast({ rows, target }: ReturnProblem, { train, validation, test }: BarFold): Float64Array {
  const known = Int32Array.from([...train, ...validation])
  const model = fitRidge({ ...pickRows(rows, known), labels: pickLabels(target, known) }, RIDGE_PENALTY)
  return predictRidge(model, pickRows(rows, test))
}

/** What trees and a ridge regression expect together. */
export const blended = (trees: Float64Array, ridge: Float64Array) =>
  trees.map((value, i) => TREES_SHARE * value + (1 - TREES_SHARE) * ridge[i]!)

export function column(rows: Matrix, part: Int32Array, name: string): Float64Array {
  const index = BAR_FEATURES.findIndex((feature) => feature.name === name)
  return Float64Array.from(part, (row) => rows.values[row * rows.width + index]! || 0)
}

export const outcome = ({ folds, target }: ReturnProblem) =>
  pooled(folds.map(({ test }) => Float64Array.from(test, (row) => target[row]!)))
