/** An exponentially weighted mean: the last `span` values hold 86 % of the weight. The first value starts it. */
export class Smoothed {
  readonly #weight: number
  #value = Number.NaN

  constructor(span: number) {
    this.#weight = 2 / (span + 1)
  }

  push(value: number): void {
    if (Number.isNaN(this.#value)) this.#value = value
    else this.#value += this.#weight * (value - this.#value)
  }

  /** NaN before the first value. */
  get value(): number {
    return this.#value
  }
}

/** The last `capacity` values. */
export class Recent {
  readonly #values: Float64Array
  #count = 0

  constructor(capacity: number) {
    this.#values = new Float64Array(capacity)
  }

  push(value: number): void {
    this.#values[this.#count++ % this.#values.length] = value
  }

  /** @returns the value `back` values before the newest; NaN where none is known. */
  at(back: number): number {
    if (back >= this.#values.length || back >= this.#count) return Number.NaN
    return this.#values[(this.#count - 1 - back) % this.#values.length]!
  }

  /** The largest of the last `window` values; NaN where there are fewer. */
  highest(window: number): number {
    let highest = this.at(window - 1)
    for (let back = 0; back < window - 1; back++) highest = Math.max(highest, this.at(back))
    return highest
  }

  lowest(window: number): number {
    let lowest = this.at(window - 1)
    for (let back = 0; back < window - 1; back++) lowest = Math.min(lowest, this.at(back))
    return lowest
  }
}
