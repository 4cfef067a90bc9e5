import { calibrationOf } from '../evaluation/calibration.ts'
import { pearson, spearman } from '../statistics/correlation.ts'
import { dieboldMariano } from '../statistics/diebold-mariano.ts'
import { mean } from '../statistics/mean.ts'
import { rankArea } from './measures.ts'
import type { FoldForecasts, Metrics } from './recipe.ts'
import { MEAN, QUANTILES, quantileName, RISE } from './return-trees.ts'

const HORIZON = 1

/** Pooled over the folds; the random walk says that the mean return is zero, whatever is known. */
export function measureReturns(folds: readonly FoldForecasts[]): Metrics {
  const pooled = (name: string) => Float64Array.from(folds.flatMap((fold) => [...fold[name]!]))
  const outcome = pooled('outcome')
  const rises = Uint8Array.from(outcome, (value) => (value > 0 ? 1 : 0))
  const squares = (forecast: Float64Array) => forecast.map((value, i) => (value - outcome[i]!) ** 2)
  const zero = squares(new Float64Array(outcome.length))
  const means = pooled(MEAN)
  const [trees, ridge] = [squares(means), squares(pooled('ridge'))]
  const against = (losses: Float64Array) => dieboldMariano(trees, losses, HORIZON).pValueBetter
  const { brier, brierOfHalf, expectedCalibrationError } = calibrationOf(pooled(RISE), rises)
  const quantiles = QUANTILES.flatMap((level) => {
    const forecast = pooled(quantileName(level))
    return [
      [`${quantileName(level)}.coverage`, mean(forecast.map((value, i) => (outcome[i]! <= value ? 1 : 0)))],
      [`${quantileName(level)}.pinball`, pinball(forecast, outcome, level)],
      [
        `baseline.${quantileName(level)}.pinball`,
        pinball(pooled(`unconditional_${quantileName(level)}`), outcome, level),
      ],
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
    meanSquaredError: mean(trees),
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
