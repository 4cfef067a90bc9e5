/** Mid prices change at most once per engine batch; the busiest recorded 30 s have 300 batches, so this leaves room for bursts. */
const MAX_CHANGES = 8192

/** The mid price of the last `lookbackMs`, by time of change. */
export class MidHistory {
  readonly #lookbackMs: number
  readonly #times: number[] = []
  readonly #mids: number[] = []
  #head = 0

  constructor(lookbackMs: number) {
    this.#lookbackMs = lookbackMs
  }

  get last(): number | undefined {
    return this.#mids.at(-1)
  }

  get first(): number | undefined {
    return this.#mids[this.#head]
  }

  get startTime(): number | undefined {
    return this.#times[this.#head]
  }

  clear(): void {
    this.#times.length = 0
    this.#mids.length = 0
    this.#head = 0
  }

  record(time: number, mid: number): void {
    if (mid === this.last) return
    this.#times.push(time)
    this.#mids.push(mid)
    this.#forget(time - this.#lookbackMs)
  }

  /** @returns the mid price that was valid at `time`, or undefined where that is before what is remembered. */
  at(time: number): number | undefined {
    let low = this.#head
    let high = this.#times.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#times[middle]! <= time) low = middle + 1
      else high = middle
    }
    return low === this.#head ? undefined : this.#mids[low - 1]
  }

  /** Keeps the change that was valid at `cutoff`, so that a quiet market still has a past. */
  #forget(cutoff: number): void {
    while (this.#head + 1 < this.#times.length && this.#times[this.#head + 1]! <= cutoff) this.#head++
    this.#head = Math.max(this.#head, this.#times.length - MAX_CHANGES)
    if (this.#head < MAX_CHANGES) return
    this.#times.splice(0, this.#head)
    this.#mids.splice(0, this.#head)
    this.#head = 0
  }
}
