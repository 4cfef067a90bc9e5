import { type Candle, mergeCandles } from './candle.ts'
import { startOf } from './interval.ts'

const DAY_MS = 86_400_000

/** What the trades of a market's last 24 hours come to: they are counted by minutes, so the window is up to one minute longer. */
export class RollingDay {
  /** Minutes with trades, oldest first. */
  #minutes: Candle[]
  #total: Candle | null
  /** Ticks; null before the market's first trade. */
  #lastPrice: number | null
  #now: number

  /**
   * @param minutes candles of minutes, oldest first.
   * @param now engine time, milliseconds since the Unix epoch.
   */
  constructor(minutes: readonly Candle[], lastPrice: number | null, now: number) {
    this.#minutes = [...minutes]
    this.#total = null
    this.#lastPrice = lastPrice
    this.#now = now
    this.#drop()
    this.#sum()
  }

  /** All trades of the window as one candle; null where there are none. */
  get total(): Candle | null {
    return this.#total
  }

  get lastPrice(): number | null {
    return this.#lastPrice
  }

  /** Takes trades of one second, none of which is older than what was taken before. */
  add(second: Candle): void {
    this.#lastPrice = second.close
    const minute = { ...second, openTime: startOf('M1', second.openTime) }
    const last = this.#minutes.at(-1)
    if (last && last.openTime === minute.openTime) this.#minutes[this.#minutes.length - 1] = mergeCandles(last, minute)
    else this.#minutes.push(minute)
    this.#total = this.#total ? mergeCandles(this.#total, minute) : minute
  }

  /** Time has come to `now`. @returns whether that took a minute out of the window. */
  advance(now: number): boolean {
    this.#now = now
    if (!this.#drop()) return false
    this.#sum()
    return true
  }

  #drop(): boolean {
    const since = startOf('M1', this.#now - DAY_MS)
    let due = 0
    while (due < this.#minutes.length && this.#minutes[due]!.openTime < since) due++
    if (due > 0) this.#minutes = this.#minutes.slice(due)
    return due > 0
  }

  #sum(): void {
    this.#total = this.#minutes.length === 0 ? null : this.#minutes.reduce(mergeCandles)
  }
}
