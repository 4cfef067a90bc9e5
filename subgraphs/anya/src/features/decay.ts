/** A sum whose parts fade with `exp(-age / timeConstant)`. Reading it never changes it. */
export class DecayingSum {
  readonly #timeConstantMs: number
  #value = 0
  #time = Number.NEGATIVE_INFINITY

  constructor(timeConstantMs: number) {
    this.#timeConstantMs = timeConstantMs
  }

  add(value: number, time: number): void {
    this.#value = this.at(time) + value
    this.#time = Math.max(this.#time, time)
  }

  at(time: number): number {
    if (this.#value === 0) return 0
    const ageMs = Math.max(0, time - this.#time)
    return this.#value * Math.exp(-ageMs / this.#timeConstantMs)
  }
}
