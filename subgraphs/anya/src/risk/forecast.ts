import { normalDensity, normalQuantile } from '../statistics/distribution.ts'
import { quantileOf, type Tail, tailOf } from './tail.ts'
import { filterReturns, fitVolatility, meanSquare, nextVariance, type VolatilityModel, WARM_UP } from './volatility.ts'

/** What is known of the next return's distribution. */
export interface ReturnForecast {
  tail(level: number): Tail
  /** The return that is fallen short of with probability `u`, for `u` up to the largest level that is asked for. */
  quantile(u: number): number
}

/** Tells the next return's distribution from the returns before it. */
export interface Forecaster {
  forecast(returns: Float64Array): ReturnForecast
}

/** Returns drawn as they were, times a scale. Only the lowest are kept. */
export function sampleForecast(values: Float64Array, scale: number, deepest: number): ReturnForecast {
  const size = values.length
  const lowest = values
    .slice()
    .sort()
    .slice(0, Math.ceil(deepest * (size + 1)) + 1)
  return {
    quantile: (u) => scale * quantileOf(lowest, u, size),
    tail: (level) => {
      const { valueAtRisk, expectedShortfall } = tailOf(lowest, level, size)
      return { valueAtRisk: scale * valueAtRisk, expectedShortfall: scale * expectedShortfall }
    },
  }
}

/**
 * Filtered historical simulation: G. Barone-Adesi, K. Giannopoulos, L. Vosper, "VaR without correlations for portfolios of derivative
 * securities", Journal of Futures Markets 19 (1999). The residuals of a GJR-GARCH filter, which have no volatility of their own left, are what may
 * happen next, times the volatility that is forecast.
 */
export class FilteredHistoricalSimulation implements Forecaster {
  readonly #deepest: number
  readonly #refitEvery: number
  #model: VolatilityModel | undefined
  #age = 0
  /** How many estimates were made, and how many of them fell back to EWMA. */
  readonly fits = { made: 0, fellBack: 0 }

  constructor({ deepest, refitEvery }: { deepest: number; refitEvery: number }) {
    this.#deepest = deepest
    this.#refitEvery = refitEvery
  }

  forecast(returns: Float64Array): ReturnForecast {
    const model = this.#modelFor(returns)
    const { residuals, next } = filterReturns(returns, model)
    return sampleForecast(residuals.subarray(WARM_UP), next, this.#deepest)
  }

  #modelFor(returns: Float64Array): VolatilityModel {
    if (this.#model && this.#age++ % this.#refitEvery !== 0) return this.#model
    if (!this.#model) this.#age = 1
    this.#model = fitVolatility(returns, this.#model)
    this.fits.made++
    if (this.#model.model === 'ewma') this.fits.fellBack++
    return this.#model
  }
}

const NORMAL_STEPS = 2_000

/** Normal returns whose variance is the exponentially weighted one of RiskMetrics: the practice of the 1990s, as a baseline. */
export function ewmaNormal(lambda: number, deepest: number): Forecaster {
  const quantiles = Float64Array.from({ length: NORMAL_STEPS }, (_, i) =>
    normalQuantile(((i + 0.5) / NORMAL_STEPS) * deepest),
  )
  return {
    forecast(returns) {
      let variance = meanSquare(returns)
      for (const r of returns)
        variance = nextVariance({ model: 'ewma', lambda, because: 'TOO_FEW_RETURNS' }, variance, r)
      const deviation = Math.sqrt(variance)
      return {
        quantile: (u) => deviation * quantiles[Math.min(Math.floor((u / deepest) * NORMAL_STEPS), NORMAL_STEPS - 1)]!,
        tail: (level) => ({
          valueAtRisk: deviation * normalQuantile(level),
          expectedShortfall: (-deviation * normalDensity(normalQuantile(level))) / level,
        }),
      }
    },
  }
}

/** The newest returns as they were: plain historical simulation, what most banks report, as a baseline. */
export function historicalSimulation(days: number, deepest: number): Forecaster {
  return { forecast: (returns) => sampleForecast(returns.subarray(-days), 1, deepest) }
}
