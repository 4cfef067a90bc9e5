import { pickLabels } from '../evaluation/bar-rows.ts'
import { calibrationOf } from '../evaluation/calibration.ts'
import type { ReturnProblem } from '../evaluation/return-models.ts'
import type { BarFold } from '../evaluation/walk-forward.ts'
import { pearson, spearman } from '../statistics/correlation.ts'
import { dieboldMariano } from '../statistics/diebold-mariano.ts'
import { mean } from '../statistics/mean.ts'
import { rankArea } from '../statistics/measures.ts'
import type { FoldForecasts, Metrics } from './recipe.ts'

/** Of the return in units of current volatility. */
export const QUANTILES = [0.05, 0.25, 0.5, 0.75, 0.95] as const
export const quantileName = (level: number) => `quantile_${Math.round(level * 100)}`
const unconditionalName = (level: number) => `unconditional_${quantileName(level)}`
export const MEAN = 'mean'
export const RISE = 'probability_up'
/** What the file gives for each row, in order. */
export const RETURN_OUTPUTS: readonly string[] = [MEAN, ...QUANTILES.map(quantileName), RISE]

const HORIZON = 1

/** Of each test row the quantiles of the training rows' outcomes, whatever is known. */
export function unconditionalQuantiles({ target }: ReturnProblem, { train, test }: BarFold): FoldForecasts {
  const sorted = pickLabels(target, train).sort()
  return Object.fromEntries(
    QUANTILES.map((level) => [
      unconditionalName(level),
      new Float64Array(test.length).fill(sorted[Math.floor(level * (sorted.length - 1))]!),
    ]),
  )
}

/** Pooled over the folds; the random walk says that the mean return is zero, whatever is known. */
export function measureReturns(folds: readonly FoldForecasts[]): Metrics {
  const pooled = (name: string) => Float64Array.from(folds.flatMap((fold) => [...fold[name]!]))
  const outcome = pooled('outcome')
  const rises = Uint8Array.from(outcome, (value) => (value > 0 ? 1 : 0))
  const squares = (forecast: Float64Array) => forecast.map((value, i) => (value - outcome[i]!) ** 2)
  const zero = squares(new Float64Array(outcome.length))
  const means = pooled(MEAN)
  const [model, ridge] = [squares(means), squares(pooled('ridge'))]
  const against = (losses: Float64Array) => dieboldMariano(model, losses, HORIZON).pValueBetter
  const { brier, brierOfHalf, expectedCalibrationError } = calibrationOf(pooled(RISE), rises)
  const quantiles = QUANTILES.flatMap((level) => {
    const forecast = pooled(quantileName(level))
    return [
      [`${quantileName(level)}.coverage`, mean(forecast.map((value, i) => (outcome[i]! <= value ? 1 : 0)))],
      [`${quantileName(level)}.pinball`, pinball(forecast, outcome, level)],
      [`baseline.${quantileName(level)}.pinball`, pinball(pooled(unconditionalName(level)), outcome, level)],
    ] as const
  })
  return finite({
    testRows: outcome.length,
    informationCoefficient: pearson(means, outcome).value,
    informationCoefficientStandardError: pearson(means, outcome).standardError,
    rankInformationCoefficient: spearman(means, outcome).value,
    auc: rankArea(means, rises),
    brier,
    'baseline.brier': brierOfHalf,
    expectedCalibrationError,
    meanSquaredError: mean(model),
    'baseline.meanSquaredError': mean(zero),
    'ridge.meanSquaredError': mean(ridge),
    'dieboldMariano.againstRandomWalk': against(zero),
    'dieboldMariano.againstRidge': against(ridge),
    ...Object.fromEntries(quantiles),
  })
}

/** What is undefined, such as a correlation of forecasts that never vary, is left out. */
export const finite = (metrics: Metrics): Metrics =>
  Object.fromEntries(Object.entries(metrics).filter(([, value]) => Number.isFinite(value)))

function pinball(forecast: Float64Array, outcome: Float64Array, level: number): number {
  return mean(
    forecast.map((value, i) => {
      const rest = outcome[i]! - value
      return rest > 0 ? level * rest : (level - 1) * rest
    }),
  )
}
