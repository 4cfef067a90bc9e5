import { type Bars, barFeatureTable } from '../bar-features/index.ts'
import {
  Binning,
  type BoostedModel,
  type BoostingOptions,
  fitTrees,
  type Matrix,
  scoreTrees,
} from '../learners/boosted-trees/index.ts'
import { fitRidge, predictRidge, type RidgeModel } from '../learners/ridge.ts'
import { mean } from '../statistics/mean.ts'
import { pickLabels, pickRows, withColumns } from './bar-rows.ts'
import { InvalidBars } from './bars.ts'
import { hourColumns, sameHourColumns } from './same-hour.ts'
import type { BarFold } from './walk-forward.ts'

export const HORIZON = 6
/** Bars of past realised variance: of hours the horizon itself, a day, a week, a month, as HAR has them of days (Corsi 2009). */
export const MEMORIES = [6, 24, 120, 480]
export const LONGEST_MEMORY = Math.max(...MEMORIES)
/** RiskMetrics' decay (J.P. Morgan 1996). */
export const DECAY = 0.94
/** Realised variances below this share of their median count as that: prices that stand still have no logarithm of variance. */
const FLOOR_SHARE = 1e-3
/** Next to nothing: hours of the day add up to one, which least squares alone cannot solve. */
const HAR_PENALTY = 1
/** The level counts half by what validation rows say where they are so many, some two months of hours: their outcomes overlap. */
const LEVEL_ROWS = 1_000

/** As in the first prototype. Labels are realised variances ÷ HAR's forecast, so that the trees learn only what HAR gets wrong. */
export const TREES: Omit<BoostingOptions, 'objective' | 'seed'> = {
  rounds: 400,
  learningRate: 0.05,
  leaves: 31,
  depth: 7,
  minHessian: 100,
  penalty: 10,
  bins: 64,
  rowShare: 0.7,
  columnShare: 0.7,
  patience: 30,
}
export const SEEDS = [1, 2]

/** Mean squared change of a bar over the next bars, and what is known before. */
export interface VarianceProblem {
  readonly realised: Float64Array
  readonly floor: number
  /** Logarithms of past realised variances. */
  readonly memories: Matrix
  /** The same with a column for each hour of the day. */
  readonly seasonal: Matrix
  readonly rows: Matrix
  readonly smoothed: Float64Array
}

/** A model's forecast of the variance for any row, fitted on the training rows of a fold. */
export type Forecaster = (rows: Int32Array) => Float64Array

/** @throws InvalidBars where the price stands still most of the time. */
export function problemOf(bars: Bars, firstTraining: Int32Array): VarianceProblem {
  const table = barFeatureTable(bars)
  const squares = table.change.map((change) => (Number.isNaN(change) ? 0 : change * change))
  const sums = new Float64Array(bars.size + 1)
  squares.forEach((square, i) => {
    sums[i + 1] = sums[i]! + square
  })
  const raw = squares.map((_, i) => (sums[Math.min(bars.size, i + 1 + HORIZON)]! - sums[i + 1]!) / HORIZON)
  const known = Float64Array.from(firstTraining, (row) => raw[row]!).sort()
  const floor = known[Math.floor(known.length / 2)]! * FLOOR_SHARE
  if (floor === 0) throw new InvalidBars(`the price stands still over most spans of ${HORIZON} bars`)
  const memories = memoriesOf(bars.size, squares)
  return {
    realised: raw.map((value) => Math.max(value, floor)),
    floor,
    memories,
    seasonal: withColumns(memories, hourColumns(bars.time)),
    rows: inputsOf(bars),
    smoothed: smoothedSquares(squares),
  }
}

/** What the trees see. */
export function inputsOf(bars: Bars): Matrix {
  const table = barFeatureTable(bars)
  const squares = table.change.map((change) => (Number.isNaN(change) ? 0 : change * change))
  const { width, values } = memoriesOf(bars.size, squares)
  const columns = MEMORIES.map((_, column) => Float64Array.from(squares, (_, i) => values[i * width + column]!))
  return withColumns(table, [...columns, ...sameHourColumns(bars.time, squares, HORIZON)])
}

/** Logarithms of the mean squares over the memories; summed afresh for each bar, so that no rounding is carried along. */
function memoriesOf(size: number, squares: Float64Array): Matrix {
  const width = MEMORIES.length
  const values = new Float32Array(size * width).fill(Number.NaN)
  for (let row = 0; row < size; row++) {
    let sum = 0
    let back = 0
    MEMORIES.forEach((memory, column) => {
      for (; back < memory && back <= row; back++) sum += squares[row - back]!
      if (back === memory && sum > 0) values[row * width + column] = Math.log(sum / memory)
    })
  }
  return { width, values }
}

function smoothedSquares(squares: Float64Array): Float64Array {
  let value = squares[1] ?? 0
  return squares.map((square) => {
    value += (1 - DECAY) * (square - value)
    return value
  })
}

/** HAR, HAR with a level for each hour of the day, and EWMA, fitted on all rows before the fold's test. */
export function fitBaselines(problem: VarianceProblem, { train, validation }: BarFold) {
  const known = Int32Array.from([...train, ...validation])
  const level = (rows: Int32Array) => Float64Array.from(rows, (row) => Math.max(problem.smoothed[row]!, problem.floor))
  return {
    har: linear(problem, problem.memories, known).forecast,
    harWithHours: linear(problem, problem.seasonal, known).forecast,
    ewma: unbiased(problem, level, known).forecast,
  }
}

export function fitModels(problem: VarianceProblem, fold: BarFold, seeds: readonly number[] = SEEDS) {
  return { boostedTrees: fitCorrectedHar(problem, fold, seeds).forecast, ...fitBaselines(problem, fold) }
}

/** A forecast with what it was multiplied by so that realised ÷ forecast is one in the mean. */
interface Scaled {
  readonly forecast: Forecaster
  readonly scale: number
}
interface Linear extends Scaled {
  /** Of the logarithm. */
  readonly ridge: RidgeModel
}

/** HAR with its correction by trees, in its parts: the variance is har.scale × scale × exp(har.ridge + the mean of the trees' scores). */
export interface CorrectedHar extends Scaled {
  readonly har: Linear
  readonly corrections: readonly BoostedModel[]
}

export function fitCorrectedHar(
  problem: VarianceProblem,
  fold: Pick<BarFold, 'train' | 'validation'>,
  seeds: readonly number[] = SEEDS,
): CorrectedHar {
  const known = Int32Array.from([...fold.train, ...fold.validation])
  return correct(problem, linear(problem, problem.memories, known), fold, seeds)
}

function correct(
  problem: VarianceProblem,
  har: Linear,
  { train, validation }: Pick<BarFold, 'train' | 'validation'>,
  seeds: readonly number[],
): CorrectedHar {
  const known = Int32Array.from([...train, ...validation])
  const pairs = fitCorrections(problem, har.forecast, { train, validation, known }, seeds)
  const by = (models: readonly BoostedModel[]): Forecaster => {
    if (models.length === 0) return har.forecast
    return (rows) => {
      const inputs = pickRows(problem.rows, rows)
      const scores = models.map((model) => scoreTrees(model, inputs))
      return har.forecast(rows).map((variance, i) => variance * Math.exp(mean(scores.map((logs) => logs[i]!))))
    }
  }
  const [judged, corrections] = [pairs.map((pair) => pair.judged), pairs.map((pair) => pair.final)]
  const [unseen, learnt] = [
    unbiased(problem, by(judged), validation).scale,
    unbiased(problem, by(corrections), known).scale,
  ]
  // Of rows that they have learnt, trees seem to know the level; of few that they have not, the level is chance.
  const share = validation.length / (validation.length + LEVEL_ROWS)
  const scale = unseen ** share * learnt ** (1 - share)
  const forecast = by(corrections)
  return { har, corrections, scale, forecast: (rows) => forecast(rows).map((value) => value * scale) }
}

/** Trees of the training rows, and as many of all that are known. */
interface CorrectionPair {
  readonly judged: BoostedModel
  readonly final: BoostedModel
}

/**
 * Trees for the logarithm of realised variance ÷ HAR's forecast: by its own loss, which heeds the largest variances most, and by least
 * squares of the logarithm, which heeds all alike, each from several seeds. Their mean is better than either where both err differently.
 * The validation rows decide the number of rounds; then as many are fitted on all rows that are known.
 */
function fitCorrections(
  problem: VarianceProblem,
  har: Forecaster,
  { train, validation, known }: Pick<BarFold, 'train' | 'validation'> & { readonly known: Int32Array },
  seeds: readonly number[],
): CorrectionPair[] {
  const inputs = [train, validation, known].map((rows) => {
    const expected = har(rows)
    const labels = Float32Array.from(rows, (row, i) => problem.realised[row]! / expected[i]!)
    return { ...pickRows(problem.rows, rows), labels }
  })
  const binning = new Binning()
  return (['GAMMA', 'SQUARED'] as const).flatMap((kind) => {
    const [fit, unseen, all] = inputs.map(({ labels, ...rows }) => ({
      ...rows,
      labels: kind === 'SQUARED' ? labels.map(Math.log) : labels,
    }))
    return seeds.flatMap((seed) => {
      const options = { ...TREES, objective: { kind }, seed }
      const judged = fitTrees(fit!, options, unseen, binning)
      const { patience: _, ...noStopping } = options
      const rounds = judged.trees.length
      return rounds === 0 ? [] : [{ judged, final: fitTrees(all!, { ...noStopping, rounds }, undefined, binning) }]
    })
  })
}

/** Least squares of the logarithm, as HAR is usually fitted. */
function linear(problem: VarianceProblem, columns: Matrix, train: Int32Array): Linear {
  const logarithms = problem.realised.map(Math.log)
  const ridge = fitRidge({ ...pickRows(columns, train), labels: pickLabels(logarithms, train) }, HAR_PENALTY)
  return { ridge, ...unbiased(problem, (rows) => predictRidge(ridge, pickRows(columns, rows)).map(Math.exp), train) }
}

/** Scales a forecast so that QLIKE is least on rows that are known: realised ÷ forecast is one in their mean. */
function unbiased(problem: VarianceProblem, forecast: Forecaster, known: Int32Array): Scaled {
  const scale = forecast(known).reduce((sum, value, i) => sum + problem.realised[known[i]!]! / value, 0) / known.length
  return { scale, forecast: (rows) => forecast(rows).map((value) => value * scale) }
}
