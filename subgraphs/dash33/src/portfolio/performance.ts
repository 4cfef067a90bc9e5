import { type Drawdown, maximumDrawdown } from './drawdown.ts'
import { intervalsPerYear, ratePerInterval, sharpeRatio, sortinoRatio, standardDeviation } from './ratios.ts'
import { growthIndex, periodReturns, sampleIndex, timeWeightedReturn, type Valuation } from './returns.ts'

export interface PerformanceTerms {
  /** Between the returns that risk is measured with, milliseconds. */
  readonly intervalMs: number
  /** Per year, 0.05 for 5 %. */
  readonly riskFreeRate: number
  /** Per year: what the Sortino ratio calls enough. */
  readonly targetRate: number
}

/** How an account did. Ratios; risk annualised by the square root of time. Null where there is too little to say. */
export interface Performance {
  readonly from: number | null
  readonly to: number | null
  readonly returnCount: number
  readonly timeWeightedReturn: number | null
  readonly volatility: number | null
  readonly sharpe: number | null
  readonly sortino: number | null
  readonly maximumDrawdown: Drawdown | null
}

/**
 * The return is linked over every valuation and flow; drawdown looks at every valuation; volatility, Sharpe and Sortino at whole
 * intervals only: what begins or ends within one is left out of them.
 * @param valuations by rising time.
 */
export function performanceOf(valuations: readonly Valuation[], terms: PerformanceTerms): Performance {
  const points = growthIndex(valuations)
  const n = intervalsPerYear(terms.intervalMs)
  const whole = sampleIndex(points, terms.intervalMs).filter(({ time }) => time % terms.intervalMs === 0)
  const returns = periodReturns(whole)
  const annualise = (ratio: number | null) => (ratio === null ? null : ratio * Math.sqrt(n))
  return {
    from: points[0]?.time ?? null,
    to: points.at(-1)?.time ?? null,
    returnCount: returns.length,
    timeWeightedReturn: timeWeightedReturn(points),
    volatility: annualise(standardDeviation(returns)),
    sharpe: annualise(sharpeRatio(returns, ratePerInterval(terms.riskFreeRate, n))),
    sortino: annualise(sortinoRatio(returns, ratePerInterval(terms.targetRate, n))),
    maximumDrawdown: maximumDrawdown(points),
  }
}
