import {
  marketDataChannel,
  marketDataMessageSchema,
  marketSnapshotKey,
  marketSnapshotSchema,
} from '@opsource/bus/contracts'
import type { Ports } from '@opsource/subgraph'
import { type Bar, BarBuilder } from './bar.ts'
import { lengthOf, PATTERN_INTERVALS, type PatternInterval } from './interval.ts'

const messageSchema = marketDataMessageSchema.pick({ sequence: true, previousSequence: true, time: true, trades: true })
const instrumentSchema = marketSnapshotSchema.pick({ tick: true })

/** What one tick is worth: price = ticks × units / 10^scale of the quote asset. */
export type TickSize = { readonly units: number; readonly scale: number }

export interface FeedObserver {
  unreadable(symbol: string, reason: string): void
}

/** Follows one market's trades into bars of every interval. Where messages are missing, the bars that they belonged to are left out. */
export class BarFeed {
  readonly symbol: string
  readonly #ports: Pick<Ports, 'cache'>
  readonly #observer: FeedObserver
  readonly #onBar: (interval: PatternInterval, bar: Bar) => void
  readonly #builders = PATTERN_INTERVALS.map((interval) => ({ interval, builder: new BarBuilder(lengthOf(interval)) }))
  #sequence: number | null = null
  #tick: TickSize | null = null
  #asking: Promise<void> | null = null
  #unsubscribe: (() => Promise<void>) | undefined

  constructor(
    symbol: string,
    ports: Pick<Ports, 'cache'>,
    observer: FeedObserver,
    onBar: (interval: PatternInterval, bar: Bar) => void,
  ) {
    this.symbol = symbol
    this.#ports = ports
    this.#observer = observer
    this.#onBar = onBar
  }

  /** Null until the market has been heard of. */
  get tick(): TickSize | null {
    return this.#tick
  }

  async start(): Promise<void> {
    this.#unsubscribe = await this.#ports.cache.subscribe(marketDataChannel(this.symbol), (text) => this.#receive(text))
    await this.#learnTick()
  }

  async close(): Promise<void> {
    await this.#unsubscribe?.()
    await this.#asking
  }

  #receive(text: string): void {
    const message = this.#parse(text)
    if (!message || (this.#sequence !== null && message.sequence <= this.#sequence)) return
    const hasGap = message.previousSequence !== this.#sequence
    this.#sequence = message.sequence
    if (!this.#tick) this.#asking ??= this.#learnTick()
    for (const { interval, builder } of this.#builders) {
      if (hasGap) builder.miss(message.time)
      const ended = [...message.trades.map((trade) => builder.add(trade)), builder.advance(message.time)]
      for (const bar of ended) if (bar) this.#onBar(interval, bar)
    }
  }

  #parse(text: string) {
    try {
      return messageSchema.parse(JSON.parse(text))
    } catch (error) {
      this.#observer.unreadable(this.symbol, String(error))
      return null
    }
  }

  async #learnTick(): Promise<void> {
    try {
      const text = await this.#ports.cache.get(marketSnapshotKey(this.symbol))
      if (text !== null) this.#tick = instrumentSchema.parse(JSON.parse(text)).tick
    } catch (error) {
      this.#observer.unreadable(this.symbol, String(error))
    } finally {
      this.#asking = null
    }
  }
}
