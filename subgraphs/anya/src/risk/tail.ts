/** Value at risk and expected shortfall of one distribution of returns or of profits: negative where money is lost. */
export interface Tail {
  readonly valueAtRisk: number
  readonly expectedShortfall: number
}

/** Where in a sorted sample the quantile lies, counted from 1. */
const rankOf = (level: number, size: number) => Math.min(Math.max(level * (size + 1), 1), size)

/**
 * The quantile that a new draw lies below with probability `level`, whatever the distribution: at rank `level·(n + 1)`, between neighbours
 * linearly. (R. Hyndman, Y. Fan, "Sample Quantiles in Statistical Packages", American Statistician 50 (1996), definition 6. The customary
 * definition 7 is exceeded 1.1 % of the time at 1 % and n = 1,000.)
 * @param sorted ascending, not empty; of a sample of `size` at least the lowest that `level` reaches
 */
export function quantileOf(sorted: ArrayLike<number>, level: number, size = sorted.length): number {
  const rank = rankOf(level, size)
  const below = sorted[Math.floor(rank) - 1]!
  const above = sorted[Math.ceil(rank) - 1]!
  return below + (rank - Math.floor(rank)) * (above - below)
}

/**
 * The expected shortfall is a weighted mean of the lowest values; these are the weights, lowest first. They integrate the quantile function of
 * `quantileOf` from 0 to `level`.
 */
export function shortfallWeights(level: number, size: number): Float64Array {
  const rank = rankOf(level, size)
  const whole = Math.floor(rank)
  const part = rank - whole
  const weights = new Float64Array(Math.ceil(rank))
  weights[0] = 1
  for (let k = 1; k < whole; k++) {
    weights[k - 1]! += 0.5
    weights[k]! += 0.5
  }
  if (part > 0) {
    weights[whole - 1]! += part * (1 - part / 2)
    weights[whole]! += (part * part) / 2
  }
  return weights.map((weight) => weight / rank)
}

export function tailOf(sorted: ArrayLike<number>, level: number, size = sorted.length): Tail {
  const expectedShortfall = shortfallWeights(level, size).reduce((sum, weight, k) => sum + weight * sorted[k]!, 0)
  return { valueAtRisk: quantileOf(sorted, level, size), expectedShortfall }
}
