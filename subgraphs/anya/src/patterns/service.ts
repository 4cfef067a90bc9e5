import type { Ports } from '@opsource/subgraph'
import { waitAtMost } from '../patience.ts'
import type { Bar } from './bar.ts'
import { BarFeed, type TickSize } from './feed.ts'
import { PATTERN_INTERVALS, type PatternInterval } from './interval.ts'
import { Lane } from './lane.ts'
import type { PatternObserver } from './observe.ts'
import { Scanner } from './scanner.ts'
import type { BarStore } from './store.ts'

export interface PatternParts {
  readonly ports: Pick<Ports, 'cache' | 'log'>
  readonly symbols: readonly string[]
  readonly store: BarStore
  readonly observer: PatternObserver
}

/** Bars that wait to be written: with the database away for longer than an hour, what closes is not written. */
const MAX_UNWRITTEN = 1_000
/** For a database that may hang, at the end: what it has not taken by then is missing after the next start. */
const WRITE_PATIENCE_MS = 5_000

interface Followed {
  readonly feed: BarFeed
  readonly lanes: ReadonlyMap<PatternInterval, Lane>
}

/** Recognises the patterns of every market that is followed. */
export class PatternService {
  readonly #parts: PatternParts
  readonly #scanner: Scanner
  readonly #markets: ReadonlyMap<string, Followed>
  #writing: Promise<void> = Promise.resolve()
  #unwritten = 0

  constructor(parts: PatternParts) {
    this.#parts = parts
    this.#scanner = new Scanner(parts.observer)
    this.#markets = new Map(parts.symbols.map((symbol) => [symbol, this.#follow(symbol)]))
  }

  /** Loads TA-Lib, goes once more through the bars that are kept, and follows the markets. */
  async start(): Promise<void> {
    await this.#scanner.start()
    for (const [symbol, { feed, lanes }] of this.#markets) {
      for (const [interval, lane] of lanes) await lane.replay(await this.#parts.store.newest(symbol, interval))
      await feed.start()
    }
  }

  async close(): Promise<void> {
    for (const { feed, lanes } of this.#markets.values()) {
      await feed.close()
      for (const lane of lanes.values()) await lane.close()
    }
    await waitAtMost(WRITE_PATIENCE_MS, this.#writing)
    await this.#scanner.close()
  }

  /** Undefined of a market that is not followed. */
  lane(symbol: string, interval: PatternInterval): Lane | undefined {
    return this.#markets.get(symbol)?.lanes.get(interval)
  }

  /** Null before the market has been heard of. */
  tick(symbol: string): TickSize | null {
    return this.#markets.get(symbol)?.feed.tick ?? null
  }

  /** Deletes bars beyond those that are kept. */
  async prune(): Promise<void> {
    try {
      for (const symbol of this.#markets.keys())
        for (const interval of PATTERN_INTERVALS) await this.#parts.store.prune(symbol, interval)
    } catch (error) {
      this.#parts.ports.log.error({ err: error }, 'old bars could not be deleted')
    }
  }

  #follow(symbol: string): Followed {
    const { ports, observer } = this.#parts
    const dropped = (bars: number) => observer.dropped(symbol, bars)
    const lanes = new Map(
      PATTERN_INTERVALS.map((interval) => [interval, new Lane(symbol, interval, this.#scanner, dropped)]),
    )
    for (const lane of lanes.values()) lane.listen((pattern) => observer.found(pattern))
    const feed = new BarFeed(symbol, ports, observer, (interval, bar) => {
      lanes.get(interval)?.add(bar)
      this.#write(symbol, interval, bar)
    })
    return { feed, lanes }
  }

  /** In the order in which they closed. What cannot be written is missing after the next restart only. */
  #write(symbol: string, interval: PatternInterval, bar: Bar): void {
    const { store, observer } = this.#parts
    if (this.#unwritten >= MAX_UNWRITTEN) {
      observer.barLost(symbol, new Error('too many bars wait to be written'))
      return
    }
    this.#unwritten++
    this.#writing = this.#writing
      .then(() => store.append(symbol, interval, bar))
      .catch((error: unknown) => observer.barLost(symbol, error))
      .finally(() => {
        this.#unwritten--
      })
  }
}
