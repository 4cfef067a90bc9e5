/** The trades of one interval. Prices in whole ticks, volume in lots. */
export interface Bar {
  /** Milliseconds since the Unix epoch. */
  readonly openTime: number
  readonly open: number
  readonly high: number
  readonly low: number
  readonly close: number
  readonly volume: number
}

export interface BarTrade {
  /** Milliseconds since the Unix epoch. */
  readonly time: number
  /** Ticks. */
  readonly price: number
  /** Lots. */
  readonly quantity: number
}

/** Puts the bars of one market and interval together from its trades. An interval of which something was missed gives no bar. */
export class BarBuilder {
  readonly #lengthMs: number
  #bar: Bar | null = null
  /** Intervals that begin before this were not seen whole. */
  #wholeFrom = Number.POSITIVE_INFINITY

  constructor(lengthMs: number) {
    this.#lengthMs = lengthMs
  }

  /** What happened up to `time` is not known in full. */
  miss(time: number): void {
    this.#bar = null
    this.#wholeFrom = this.#startOf(time) + this.#lengthMs
  }

  /** Takes a trade. @returns the bar that it ends, if any. */
  add({ time, price, quantity }: BarTrade): Bar | null {
    const openTime = this.#startOf(time)
    if (this.#bar && openTime < this.#bar.openTime) return null
    const ended = this.advance(time)
    if (openTime < this.#wholeFrom) return ended
    const { open = price, high = price, low = price, volume = 0 } = this.#bar ?? {}
    this.#bar = {
      openTime,
      open,
      high: Math.max(high, price),
      low: Math.min(low, price),
      close: price,
      volume: volume + quantity,
    }
    return ended
  }

  /** The market's time has come to `time`. @returns the bar that is over, if any. */
  advance(time: number): Bar | null {
    const bar = this.#bar
    if (!bar || time < bar.openTime + this.#lengthMs) return null
    this.#bar = null
    return bar
  }

  /** Every length divides a day, and days begin at whole multiples since the epoch. */
  #startOf(time: number): number {
    return Math.floor(time / this.#lengthMs) * this.#lengthMs
  }
}
