import { lowerBound } from '../statistics/lower-bound.ts'

/** The last values of a stream in order of size. An update moves values in memory but compares only logarithmically many. */
export class RankedWindow {
  readonly #recent: Float64Array
  readonly #sorted: Float64Array
  #seen = 0

  /** @param capacity values that are remembered, at least 1 */
  constructor(capacity: number) {
    this.#recent = new Float64Array(capacity)
    this.#sorted = new Float64Array(capacity)
  }

  get size(): number {
    return Math.min(this.#seen, this.#recent.length)
  }

  /** @param rank 0 is the smallest, `size − 1` the largest */
  at(rank: number): number {
    return this.#sorted[rank]!
  }

  /** The upper of the two middle values where there are two. */
  get median(): number {
    return this.at(this.size >> 1)
  }

  add(value: number): void {
    const slot = this.#seen % this.#recent.length
    let size = this.size
    if (size === this.#recent.length) {
      const old = lowerBound(this.#sorted, this.#recent[slot]!, size)
      this.#sorted.copyWithin(old, old + 1, size)
      size--
    }
    const place = lowerBound(this.#sorted, value, size)
    this.#sorted.copyWithin(place + 1, place, size)
    this.#sorted[place] = value
    this.#recent[slot] = value
    this.#seen++
  }
}
