import type { Nonconformity } from './measure.ts'
import { NearestWindow, type NearestWindowSettings } from './nearest-window.ts'
import { Roughness } from './roughness.ts'
import { Tail, type TailShape } from './tail.ts'

export interface MemberSettings {
  /** Values are counted in deviations from the warm-up's median, or in the inverse hyperbolic sine of that, which tames heavy tails. */
  readonly scale: 'linear' | 'signed-log'
  readonly measure:
    | ({ readonly kind: 'nearest window' } & NearestWindowSettings)
    /** `share` is the window's share of the warm-up. */
    | { readonly kind: 'roughness'; readonly share: number }
  readonly tail: TailShape
}

/** −log₁₀ of a probability from which on more makes no difference: one member alone is not believed more than this. */
const LOUDEST = 4
/** Scaled values beyond are taken for this: their squares can still be added up. */
const FARTHEST = 1e100
/** Makes a median absolute deviation comparable to a standard deviation. */
const NORMAL_CONSISTENCY = 1.4826

/** One way to see a series: a scale, a measure of nonconformity on it, and the tail that tells how rare that is. */
export class Member {
  readonly #scale: (value: number) => number
  readonly #measure: Nonconformity
  readonly #tail: Tail

  /** @param warmUp observations that teach what is usual, at least 1 */
  constructor(warmUp: Float64Array, { scale, measure, tail }: MemberSettings) {
    const standard = standardised(warmUp)
    this.#scale = scale === 'linear' ? standard : (value) => Math.asinh(standard(value))
    this.#measure =
      measure.kind === 'roughness' ? new Roughness(measure.share * warmUp.length) : new NearestWindow(measure)
    this.#tail = new Tail(tail)
    for (const value of warmUp) this.score(value)
  }

  /** Learns a value. @returns 0 for the usual to 1 for what has a probability of 10⁻⁴ or less */
  score(value: number): number {
    const nonconformity = this.#measure.observe(this.#scale(value))
    return nonconformity === undefined ? 0 : Math.min(1, this.#tail.weigh(nonconformity) / LOUDEST)
  }
}

function standardised(values: Float64Array): (value: number) => number {
  const middle = median(values)
  const spread = NORMAL_CONSISTENCY * median(values.map((value) => Math.abs(value - middle)))
  const unit = spread || deviation(values) || 1
  return (value) => Math.min(FARTHEST, Math.max(-FARTHEST, (value - middle) / unit))
}

const median = (values: Float64Array) => values.toSorted()[values.length >> 1]!

function deviation(values: Float64Array): number {
  const mean = values.reduce((sum, value) => sum + value / values.length, 0)
  return Math.sqrt(values.reduce((sum, value) => sum + ((value - mean) / values.length) * (value - mean), 0))
}
