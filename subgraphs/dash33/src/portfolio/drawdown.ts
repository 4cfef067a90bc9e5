import type { IndexPoint } from './returns.ts'

/** The deepest fall from a peak. Times in milliseconds since the Unix epoch. */
export interface Drawdown {
  /** From 0 to 1: the part of the peak's value that was lost. */
  readonly depth: number
  readonly peakAt: number
  readonly troughAt: number
  /** When the peak's value was first reached again; null while it is not. */
  readonly recoveredAt: number | null
}

/** Less than this is the rounding of links, not a fall. */
const ROUNDING = 1e-12

/**
 * Magdon-Ismail & Atiya, "Maximum Drawdown", Risk 17 (2004): `max over t of (max over s ≤ t of V(s) − V(t)) / V(s)`. Of several of one depth
 * the first. Taken of the growth index, so that money paid in hides no loss and money taken out makes none.
 * @returns null where the index never fell.
 */
export function maximumDrawdown(points: readonly IndexPoint[]): Drawdown | null {
  let peak = points[0]
  let deepest: { depth: number; peak: IndexPoint; trough: IndexPoint } | null = null
  for (const point of points) {
    if (!peak || point.index > peak.index) peak = point
    const depth = peak.index === 0 ? 0 : 1 - point.index / peak.index
    if (depth > (deepest?.depth ?? ROUNDING)) deepest = { depth, peak, trough: point }
  }
  if (!deepest) return null
  const { depth, peak: from, trough } = deepest
  const recovered = points.find(({ time, index }) => time > trough.time && index >= from.index * (1 - ROUNDING))
  return { depth, peakAt: from.time, troughAt: trough.time, recoveredAt: recovered?.time ?? null }
}
