import type { Clock } from '@opsource/kernel'
import type { Ports } from '@opsource/subgraph'
import type { Bar } from '../bar-features/index.ts'
import type { Bar as SeenBar } from '../patterns/bar.ts'
import { BarFeed } from '../patterns/feed.ts'
import type { BarStore } from '../patterns/index.ts'
import type { FeatureObserver } from './observe.ts'
import { type Computation, type FeatureRow, SteppedBook, VIEWS } from './views/index.ts'

/** Told of every row that was computed live. */
export type OnLiveRow = (view: string, entity: string, row: FeatureRow) => void

export const barOf = ({ openTime, ...prices }: SeenBar): Bar => ({ ...prices, time: openTime })

const BAR_VIEWS = VIEWS.flatMap((known) => (known.input === 'BARS' ? [known] : []))
const [bookName] = VIEWS.flatMap(({ input, view }) => (input === 'BOOK' ? [view.name] : []))

/** Computes a market's features as it trades, by the engines that replay its history. */
export class LiveFeatures {
  readonly symbol: string
  /** Is fed by whoever follows the market's book. */
  readonly book: SteppedBook
  readonly #bars: BarStore
  readonly #clock: Clock
  readonly #observer: FeatureObserver
  readonly #onRow: OnLiveRow
  readonly #feed: BarFeed
  readonly #computations = new Map(BAR_VIEWS.map(({ interval, view }) => [interval, view.compute()] as const))

  constructor(
    symbol: string,
    parts: {
      readonly ports: Pick<Ports, 'cache' | 'clock'>
      readonly bars: BarStore
      readonly observer: FeatureObserver
    },
    onRow: OnLiveRow,
  ) {
    this.symbol = symbol
    this.#bars = parts.bars
    this.#clock = parts.ports.clock
    this.#observer = parts.observer
    this.#onRow = onRow
    this.book = new SteppedBook((row) => this.#tell(bookName, row))
    this.#feed = new BarFeed(symbol, parts.ports, parts.observer, (interval, bar) => {
      for (const known of BAR_VIEWS) if (known.interval === interval) this.#close(known, barOf(bar))
    })
  }

  /**
   * Goes through the bars that are kept, so that long windows are full, and follows the market. What they say is told where it is not too
   * old: the next bar of hours may be an hour away.
   */
  async start(): Promise<void> {
    for (const { interval, view } of BAR_VIEWS) {
      const computation = this.#computationOf(interval)
      let newest: FeatureRow | undefined
      for (const bar of await this.#bars.newest(this.symbol, interval))
        newest = computation.push(barOf(bar)).at(-1) ?? newest
      if (newest && this.#clock.now() - newest.eventTime <= view.maxAgeMs) this.#tell(view.name, newest)
    }
    await this.#feed.start()
  }

  close(): Promise<void> {
    return this.#feed.close()
  }

  #close({ interval, view }: (typeof BAR_VIEWS)[number], bar: Bar): void {
    const rows = this.#computationOf(interval).push(bar)
    if (rows.length === 0) this.#observer.inputRefused(view.name, this.symbol)
    for (const row of rows) this.#tell(view.name, row)
  }

  #computationOf(interval: 'M1' | 'H1'): Computation<Bar> {
    const computation = this.#computations.get(interval)
    if (!computation) throw new RangeError(`no view of ${interval}`)
    return computation
  }

  #tell(view: string | undefined, row: FeatureRow): void {
    if (view === undefined) return
    this.#observer.computed(view, this.symbol)
    this.#onRow(view, this.symbol, row)
  }
}
