import { lowerBound } from '../statistics/lower-bound.ts'
import { Intake, type Judgement, type Observation, type StreamingDetector } from './detector.ts'

/** Makes a median absolute deviation comparable to a standard deviation. */
const NORMAL_CONSISTENCY = 1.4826
/** A score of ½ is this many deviations from the median. */
const HALF = 6

/**
 * The simple robust detector: how many median absolute deviations a value lies from the median of the last `window` values, and silence for
 * a tenth of a window after each time it has spoken up.
 */
export class RobustLevel implements StreamingDetector {
  readonly #intake = new Intake()
  readonly #window: Float64Array
  #sorted: number[] = []
  #seen = 0
  #silence = 0

  constructor(window: number) {
    this.#window = new Float64Array(Math.max(2, Math.floor(window)))
  }

  observe(observation: Observation): Judgement {
    const value = this.#intake.accept(observation)
    if (typeof value !== 'number') return value
    const left = this.#window.length - this.#seen
    const score = left > 0 ? 0 : this.#score(value)
    this.#learn(value)
    return left > 0 ? { kind: 'warming', left: left - 1 } : { kind: 'judged', score }
  }

  #score(value: number): number {
    const median = this.#sorted[this.#sorted.length >> 1]!
    const spread = NORMAL_CONSISTENCY * this.#deviation(median)
    const distance = Math.abs(value - median)
    const deviations = distance === 0 ? 0 : distance / (spread || Number.MIN_VALUE)
    const score = deviations === Infinity ? 1 : deviations / (deviations + HALF)
    if (this.#silence > 0) {
      this.#silence--
      return 0
    }
    if (score > 0.5) this.#silence = Math.floor(this.#window.length / 10)
    return score
  }

  /** The median of the distances to the median, found by walking outwards from it in the sorted window. */
  #deviation(median: number): number {
    const middle = this.#sorted.length >> 1
    let left = middle
    let right = middle
    let distance = 0
    for (let count = 0; count < middle; count++) {
      const down = left > 0 ? median - this.#sorted[left - 1]! : Infinity
      const up = right < this.#sorted.length - 1 ? this.#sorted[right + 1]! - median : Infinity
      if (down <= up) left--
      else right++
      distance = Math.min(down, up)
    }
    return distance
  }

  #learn(value: number): void {
    const slot = this.#seen % this.#window.length
    if (this.#seen >= this.#window.length) this.#sorted.splice(lowerBound(this.#sorted, this.#window[slot]!), 1)
    this.#window[slot] = value
    this.#sorted.splice(lowerBound(this.#sorted, value), 0, value)
    this.#seen++
  }
}
