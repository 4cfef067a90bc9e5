import type { Nonconformity } from './measure.ts'

export interface NearestWindowSettings {
  /** Values of a window. */
  readonly length: number
  /** Observations whose mean is one such value. */
  readonly block: number
  /** Windows in the past that are compared with. */
  readonly history: number
  /** To the which-nearest window distance is told: above 1, something that came only once before is still news. */
  readonly neighbour: number
}

/** Windows that must be known for each neighbour asked for. */
const KNOWN_PER_NEIGHBOUR = 4

/**
 * The distance from the last values, as one point in the space of delays (F. Takens, 1981), to the nearest such window of the past that
 * shares no value with it: k-nearest-neighbour conformal detection as of E. Burnaev, V. Ishimtsev, "Conformalized density- and distance-based
 * anomaly detection in time-series data" (2016), with the Euclidean distance. Means of blocks let windows span more time.
 */
export class NearestWindow implements Nonconformity {
  readonly #settings: NearestWindowSettings
  readonly #means: Float64Array
  readonly #capacity: number
  readonly #nearest: Float64Array
  #sum = 0
  #inBlock = 0
  #blocks = 0

  constructor(settings: NearestWindowSettings) {
    this.#settings = settings
    this.#capacity = settings.history + settings.length
    // Each mean is held twice, a capacity apart, so that every window lies in one piece.
    this.#means = new Float64Array(2 * this.#capacity)
    this.#nearest = new Float64Array(settings.neighbour)
  }

  observe(value: number): number | undefined {
    const { block, length, history, neighbour } = this.#settings
    this.#sum += value
    if (++this.#inBlock < block) return undefined
    const slot = this.#blocks % this.#capacity
    this.#means[slot] = this.#sum / block
    this.#means[slot + this.#capacity] = this.#sum / block
    this.#blocks++
    this.#sum = 0
    this.#inBlock = 0
    const current = this.#blocks - length
    const known = Math.min(history, current) - length + 1
    return known < KNOWN_PER_NEIGHBOUR * neighbour ? undefined : this.#distance(current, known)
  }

  /** @param current at which block the newest window begins @param known windows before it that end before it begins */
  #distance(current: number, known: number): number {
    const { length } = this.#settings
    this.#nearest.fill(Infinity)
    const newest = current % this.#capacity
    for (let window = current - length; window > current - length - known; window--)
      this.#insert(this.#squares(newest, window % this.#capacity))
    return Math.sqrt(this.#nearest.at(-1)!)
  }

  /** Stops early where the window is too far already to count. */
  #squares(left: number, right: number): number {
    const { length } = this.#settings
    const enough = this.#nearest[this.#nearest.length - 1]!
    let sum = 0
    for (let index = 0; index < length && sum < enough; index++)
      sum += (this.#means[left + index]! - this.#means[right + index]!) ** 2
    return sum
  }

  #insert(distance: number): void {
    let place = this.#nearest.length - 1
    if (distance >= this.#nearest[place]!) return
    for (; place > 0 && this.#nearest[place - 1]! > distance; place--) this.#nearest[place] = this.#nearest[place - 1]!
    this.#nearest[place] = distance
  }
}
