import { studentCdf } from './distribution.ts'
import { mean } from './mean.ts'

export interface DieboldMariano {
  /** Mean loss of the first forecast less the second's: negative where the first is better. */
  readonly meanDifference: number
  readonly statistic: number
  /** Two-sided: how likely so large a difference is where both forecast equally well. */
  readonly pValue: number
  /** One-sided, against the first being no better. */
  readonly pValueBetter: number
  /** Autocovariances of the loss differences that the variance counts. */
  readonly lags: number
}

/**
 * Tests equal accuracy of two forecasts by their losses in order of time (Diebold and Mariano 1995), with a variance robust to
 * heteroskedasticity and autocorrelation (Newey and West 1987, at least horizon - 1 lags) and the small-sample correction and
 * Student's t of Harvey, Leybourne and Newbold (1997).
 * @param horizon how many steps ahead was forecast; overlapping horizons make losses depend on each other.
 */
export function dieboldMariano(first: ArrayLike<number>, second: ArrayLike<number>, horizon: number): DieboldMariano {
  const n = first.length
  if (second.length !== n) throw new RangeError(`${n} losses do not go with ${second.length}`)
  if (n <= 2 * horizon) throw new RangeError(`${n} losses are too few for a horizon of ${horizon}`)
  const difference = Float64Array.from(first, (loss, i) => loss - second[i]!)
  const meanDifference = mean(difference)
  const lags = Math.max(horizon - 1, Math.floor(4 * (n / 100) ** (2 / 9)))
  const variance = longRunVariance(difference, meanDifference, lags)
  if (variance === 0) return { meanDifference, statistic: 0, pValue: 1, pValueBetter: 0.5, lags }
  const correction = Math.sqrt((n + 1 - 2 * horizon + (horizon * (horizon - 1)) / n) / n)
  const statistic = (meanDifference / Math.sqrt(variance / n)) * correction
  const below = studentCdf(statistic, n - 1)
  return {
    meanDifference,
    statistic,
    pValue: 2 * studentCdf(-Math.abs(statistic), n - 1),
    pValueBetter: below,
    lags,
  }
}

/** With Bartlett's weights, which keep it from being negative. */
function longRunVariance(values: Float64Array, mean: number, lags: number): number {
  let variance = 0
  for (let lag = 0; lag <= lags; lag++) {
    let sum = 0
    for (let i = lag; i < values.length; i++) sum += (values[i]! - mean) * (values[i - lag]! - mean)
    variance += ((lag === 0 ? 1 : 2) * (1 - lag / (lags + 1)) * sum) / values.length
  }
  return variance
}
