import type { Bar } from './bar.ts'
import type { PatternInterval } from './interval.ts'
import { type FoundPattern, type KnownRegime, Recogniser } from './recogniser.ts'
import type { Scanner } from './scanner.ts'

/** Newest patterns kept of each family, market and interval: some hundreds of bars of candlesticks, months of chart patterns. */
export const MAX_KEPT = 1_000
/** Bars that wait while TA-Lib is away: more than an hour of the shortest interval. Then the oldest go, as if nobody had seen them. */
const MAX_WAITING_BARS = 1_000
const RETRY_MS = 250

type Listener = (pattern: FoundPattern) => void
type RegimeListener = (regime: KnownRegime) => void

/** One market and interval: its bars go through the recogniser in order, what is found is kept and told. */
export class Lane {
  readonly recogniser: Recogniser
  readonly #found = { CANDLESTICK: [] as FoundPattern[], CHART: [] as FoundPattern[] }
  readonly #listeners = new Set<Listener>()
  readonly #regimeListeners = new Set<RegimeListener>()
  readonly #onDropped: (bars: number) => void
  #waiting: Bar[] = []
  #lastOpenTime = Number.NEGATIVE_INFINITY
  #work: Promise<void> | null = null
  readonly #stopping = new AbortController()

  /** @param onDropped is told of bars that could not be scanned and are left out, as if nobody had seen them. */
  constructor(
    symbol: string,
    interval: PatternInterval,
    scanner: Pick<Scanner, 'scan'>,
    onDropped: (bars: number) => void = () => {},
  ) {
    this.#onDropped = onDropped
    this.recogniser = new Recogniser(symbol, interval, scanner)
  }

  /** Takes what was kept from before; nobody is told. Rejects where it cannot be scanned. */
  async replay(history: readonly Bar[]): Promise<void> {
    const result = await this.recogniser.take(history)
    if (!result.ok) throw new Error(`the kept bars could not be scanned: ${result.error}`)
    this.#lastOpenTime = history.at(-1)?.openTime ?? this.#lastOpenTime
    for (const pattern of result.value) this.#keep(pattern)
  }

  /** A bar closed. One that is not younger than those before it has been taken already. */
  add(bar: Bar): void {
    if (bar.openTime <= this.#lastOpenTime) return
    this.#lastOpenTime = bar.openTime
    this.#wait([...this.#waiting, bar])
    this.#work ??= this.#run().finally(() => {
      this.#work = null
    })
  }

  /** What is kept, in no order. @param family of both where null. */
  found(family: FoundPattern['family'] | null): readonly FoundPattern[] {
    return family ? this.#found[family] : [...this.#found.CANDLESTICK, ...this.#found.CHART]
  }

  /** @returns a function that ends the listening. */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Hears of the regime as of each bar; of bars that are taken together, as of the last. @returns a function that ends the listening. */
  listenToRegime(listener: RegimeListener): () => void {
    this.#regimeListeners.add(listener)
    return () => this.#regimeListeners.delete(listener)
  }

  async close(): Promise<void> {
    this.#stopping.abort()
    await this.#work
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0 && !this.#stopping.signal.aborted) {
      const bars = this.#waiting
      this.#waiting = []
      const result = await this.recogniser.take(bars)
      if (!result.ok) {
        // What TA-Lib itself refuses, it would refuse again.
        if (result.error === 'INVALID') this.#onDropped(bars.length)
        else this.#wait([...bars, ...this.#waiting])
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
        continue
      }
      for (const pattern of result.value) {
        this.#keep(pattern)
        for (const listener of this.#listeners) listener(pattern)
      }
      const { regime } = this.recogniser
      if (regime) for (const listener of this.#regimeListeners) listener(regime)
    }
  }

  #wait(bars: Bar[]): void {
    this.#waiting = bars.slice(-MAX_WAITING_BARS)
    if (bars.length > MAX_WAITING_BARS) this.#onDropped(bars.length - MAX_WAITING_BARS)
  }

  #keep(pattern: FoundPattern): void {
    const found = this.#found[pattern.family]
    found.push(pattern)
    if (found.length > MAX_KEPT) found.shift()
  }
}
