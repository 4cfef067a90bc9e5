import type { Nonconformity } from './measure.ts'
import { RankedWindow } from './ranked-window.ts'

const HISTORY = 2_000
const FEWEST = 10
/** Windows overlap: so many steps are a window's length. */
const STEPS = 8
const SHORTEST = 4

/**
 * How far the mean absolute step from value to value over a window, its total variation, lies from the median of what it was: a series that
 * turns flat, wild or quick. Statistics of sliding windows against their past are classical change detection (D. Kifer, S. Ben-David,
 * J. Gehrke, "Detecting Change in Data Streams", VLDB 2004).
 */
export class Roughness implements Nonconformity {
  readonly #steps: Float64Array
  readonly #every: number
  readonly #known = new RankedWindow(HISTORY)
  #seen = 0
  #last = 0

  /** @param window observations, at least 4 */
  constructor(window: number) {
    const length = Math.max(SHORTEST, Math.round(window))
    this.#steps = new Float64Array(length - 1)
    this.#every = Math.max(1, Math.floor(length / STEPS))
  }

  observe(value: number): number | undefined {
    if (this.#seen > 0) this.#steps[this.#seen % this.#steps.length] = Math.abs(value - this.#last)
    this.#last = value
    this.#seen++
    if (this.#seen <= this.#steps.length || this.#seen % this.#every !== 0) return undefined
    const roughness = this.#steps.reduce((sum, step) => sum + step, 0) / this.#steps.length
    const usual = this.#known.size < FEWEST ? undefined : this.#known.median
    this.#known.add(roughness)
    return usual === undefined ? undefined : Math.abs(roughness - usual)
  }
}
