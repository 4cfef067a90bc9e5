import type { ScoreSums } from './store.ts'

/** How a version's scored forecasts turned out; null figures where there are none. */
export interface ScoreFigures {
  readonly count: number
  readonly hitRate: number | null
  readonly brier: number | null
  readonly baselineHitRate: number | null
  readonly baselineBrier: number | null
}

export function figuresOf(sums: ScoreSums): ScoreFigures {
  const mean = (sum: number) => (sums.count === 0 ? null : sum / sums.count)
  return {
    count: sums.count,
    hitRate: mean(sums.hits),
    brier: mean(sums.brierSum),
    baselineHitRate: mean(sums.baselineHits),
    baselineBrier: mean(sums.baselineBrierSum),
  }
}
