/** Crypto markets never close: every day of the Gregorian year counts. */
export const YEAR_MS = 365.2425 * 24 * 3_600_000

/** How many intervals make a year. Ratios of one interval's returns are annualised by its square root. */
export function intervalsPerYear(intervalMs: number): number {
  return YEAR_MS / intervalMs
}

/** What a constant rate of a year gives in one of `n` equal intervals, compounded: `(1 + rate)^(1/n) − 1`. */
export function ratePerInterval(annualRate: number, n: number): number {
  return (1 + annualRate) ** (1 / n) - 1
}

/** Arithmetic mean; null of nothing. */
export function mean(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length
}

/** Sample standard deviation, divided by n − 1 as in Sharpe 1994, eq. 5; null of fewer than two. */
export function standardDeviation(values: readonly number[]): number | null {
  const average = mean(values)
  if (average === null || values.length < 2) return null
  const squares = values.reduce((sum, value) => sum + (value - average) ** 2, 0)
  return Math.sqrt(squares / (values.length - 1))
}

/**
 * W. F. Sharpe, "The Sharpe Ratio", Journal of Portfolio Management 21 (1994), eq. 3–6: the mean of the differential returns over
 * their sample standard deviation, of one interval.
 * @param benchmark what was to be had without risk in one interval.
 * @returns null of fewer than two returns or where they do not differ.
 */
export function sharpeRatio(returns: readonly number[], benchmark = 0): number | null {
  const differential = returns.map((value) => value - benchmark)
  return quotient(mean(differential), standardDeviation(differential))
}

/**
 * Root mean square of what falls short of the target, over all returns: Sortino & Price, "Performance Measurement in a Downside Risk
 * Framework", Journal of Investing 3 (1994); the discrete form of Bacon 2008, p. 94.
 */
export function downsideDeviation(returns: readonly number[], target: number): number | null {
  if (returns.length === 0) return null
  const squares = returns.reduce((sum, value) => sum + Math.min(0, value - target) ** 2, 0)
  return Math.sqrt(squares / returns.length)
}

/**
 * Sortino & Price 1994: what the mean exceeds the target by, over the downside deviation from the same target, of one interval.
 * @returns null of fewer than two returns, or where nothing fell short of the target.
 */
export function sortinoRatio(returns: readonly number[], target = 0): number | null {
  if (returns.length < 2) return null
  const average = mean(returns)
  return quotient(average === null ? null : average - target, downsideDeviation(returns, target))
}

/** Returns that differ by less than this differ by rounding alone. */
const NO_RISK = 1e-15

function quotient(excess: number | null, risk: number | null): number | null {
  return excess === null || risk === null || risk < NO_RISK ? null : excess / risk
}
