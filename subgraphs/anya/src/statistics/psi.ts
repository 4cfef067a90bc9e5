import { lowerBound } from './lower-bound.ts'

/** From here on a distribution is watched. These two limits are customary in credit scoring (Siddiqi 2006, "Credit Risk Scorecards"). */
export const DRIFT_WARNING = 0.1
/** From here on it is another distribution: what was learned on the old one is in doubt. */
export const DRIFT_ALARM = 0.25

export type DriftLevel = 'STABLE' | 'WARNING' | 'ALARM'

const BINS = 10
/** A bin that nobody is in counts as half a value, so that the logarithm stays finite and shrinks as more is seen. */
const EMPTY = 0.5

/** A distribution as the shares of its own bins: small enough to be kept with a model. The last bin holds what is not known (NaN). */
export interface ReferenceBins {
  /** Upper ends, ascending: a value belongs to the first bin whose end is not below it, or to the bin above all of them. */
  readonly edges: readonly number[]
  /** How many of the reference were in each bin; one more than edges, and one for NaN. */
  readonly counts: readonly number[]
}

/** @param values the reference, in any order. Bins are its deciles; where a value is so frequent that deciles coincide, there are fewer. */
export function referenceBins(values: ArrayLike<number>, bins = BINS): ReferenceBins {
  const known = new Float64Array(values).filter((value) => !Number.isNaN(value)).sort()
  const ends = Array.from({ length: bins - 1 }, (_, i) => known[Math.ceil(((i + 1) * known.length) / bins) - 1])
  const edges = [...new Set(ends.flatMap((end) => (end === undefined ? [] : [end])))]
  return { edges, counts: countsIn(edges, values) }
}

/**
 * Population stability index of values against a reference: Σ (p − q) ln(p / q) over the bins, the symmetrised Kullback–Leibler
 * divergence (Jeffreys 1946). 0 where the shares are equal.
 * @returns NaN where either side is empty.
 */
export function stabilityIndex({ edges, counts }: ReferenceBins, values: ArrayLike<number>): number {
  const total = counts.reduce((sum, count) => sum + count, 0)
  if (total === 0 || values.length === 0) return Number.NaN
  return countsIn(edges, values).reduce((sum, count, bin) => {
    const expected = counts[bin]!
    if (count === 0 && expected === 0) return sum
    const p = Math.max(count, EMPTY) / values.length
    const q = Math.max(expected, EMPTY) / total
    return sum + (p - q) * Math.log(p / q)
  }, 0)
}

/** What the index comes to on average where nothing has drifted: (bins − 1)(1/n + 1/m), by its χ² limit (Yurdakul 2018). */
export function expectedStabilityIndex({ counts }: ReferenceBins, size: number): number {
  const total = counts.reduce((sum, count) => sum + count, 0)
  const bins = counts.filter((count) => count > 0).length
  return Math.max(0, bins - 1) * (1 / total + 1 / size)
}

export function driftLevel(index: number): DriftLevel {
  if (index >= DRIFT_ALARM) return 'ALARM'
  return index >= DRIFT_WARNING ? 'WARNING' : 'STABLE'
}

function countsIn(edges: readonly number[], values: ArrayLike<number>): number[] {
  const counts = new Array<number>(edges.length + 2).fill(0)
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!
    const bin = Number.isNaN(value) ? edges.length + 1 : lowerBound(edges, value)
    counts[bin] = counts[bin]! + 1
  }
  return counts
}
