import type { Bar } from './bar.ts'

/** Wilder's own choice (New Concepts in Technical Trading Systems, 1978). */
const ATR_BARS = 14
/** A turn is a turn when price has come back by this many average true ranges: less is the noise of a few bars. */
export const REVERSAL_RANGES = 2

/** A turning point, known only from `confirmedIndex` on. */
export interface Swing {
  readonly kind: 'HIGH' | 'LOW'
  /** Number of the bar that turned, from the first bar. */
  readonly index: number
  /** When that bar begins, milliseconds since the Unix epoch. */
  readonly time: number
  /** Ticks. */
  readonly price: number
  readonly confirmedIndex: number
  /** Average true range when it was confirmed, in ticks: what near and far are measured in. */
  readonly range: number
}

/** Wilder's average true range: the mean of the first 14 true ranges, then smoothed by 1/14. */
export class AverageTrueRange {
  #bars = 0
  #previousClose = 0
  #value = 0

  /** @returns null until there are enough bars. */
  add({ high, low, close }: Bar): number | null {
    const previous = this.#bars === 0 ? close : this.#previousClose
    const range = Math.max(high, previous) - Math.min(low, previous)
    this.#previousClose = close
    this.#bars++
    const weight = Math.min(this.#bars, ATR_BARS)
    this.#value += (range - this.#value) / weight
    return this.#bars < ATR_BARS ? null : this.#value
  }
}

interface Extreme {
  readonly index: number
  readonly time: number
  readonly price: number
}

/** Zig-zag: highs and lows in turn, each confirmed when a later bar has gone back from it by REVERSAL_RANGES average true ranges. */
export class SwingFinder {
  readonly #range = new AverageTrueRange()
  #index = -1
  #high: Extreme | null = null
  #low: Extreme | null = null
  #direction: 'UP' | 'DOWN' | null = null

  /** @returns the swing that this bar confirms, if any. A bar that goes further in the old direction confirms nothing: what came first in it is not known. */
  add(bar: Bar): Swing | null {
    this.#index++
    const range = this.#range.add(bar)
    const { openTime: time } = bar
    const isHigher = this.#direction !== 'DOWN' && (this.#high === null || bar.high > this.#high.price)
    const isLower = this.#direction !== 'UP' && (this.#low === null || bar.low < this.#low.price)
    if (isHigher) this.#high = { index: this.#index, time, price: bar.high }
    if (isLower) this.#low = { index: this.#index, time, price: bar.low }
    if (range === null || range === 0) return null
    const { high, low } = { high: this.#high, low: this.#low }
    if (high && !isHigher && this.#direction !== 'DOWN' && high.price - bar.low >= REVERSAL_RANGES * range) {
      this.#direction = 'DOWN'
      this.#low = { index: this.#index, time, price: bar.low }
      return { kind: 'HIGH', ...high, confirmedIndex: this.#index, range }
    }
    if (low && !isLower && this.#direction !== 'UP' && bar.high - low.price >= REVERSAL_RANGES * range) {
      this.#direction = 'UP'
      this.#high = { index: this.#index, time, price: bar.high }
      return { kind: 'LOW', ...low, confirmedIndex: this.#index, range }
    }
    return null
  }
}
