import {
  type MarketDataMessage,
  marketDataChannel,
  marketDataMessageSchema,
  marketSnapshotKey,
  marketSnapshotSchema,
} from '@opsource/bus/contracts'
import type { Cache } from '@opsource/cache'
import type { Logger } from 'pino'
import { type BookChanges, LiveMarket } from './live-market.ts'

/** While the book waits for a snapshot it can join; the owner writes one at least once a second. */
const SNAPSHOT_RETRY_MS = 100
/** A lost message is noticed by the next one. Where none comes, the snapshot tells after this long. */
const QUIET_MS = 5_000
/** Some 10 s of the busiest stream seen; beyond it the oldest go, and a later snapshot joins the rest. */
const MAX_WAITING_MESSAGES = 2_000

export interface FeedListener {
  /** The market starts afresh: what came before does not join. */
  reset(market: LiveMarket): void
  /** `message` has just been applied to `market`, whose book changed by `changes`. */
  step(market: LiveMarket, message: MarketDataMessage, changes: BookChanges): void
}

/**
 * Follows one market's stream: a snapshot, then every message that joins it. Where one is missing it waits for a snapshot
 * that covers the gap, and starts its listeners afresh.
 */
export class MarketFeed {
  readonly symbol: string
  readonly #cache: Cache
  readonly #log: Logger
  readonly #listeners = new Set<FeedListener>()
  readonly #firstSnapshot: Promise<void>
  readonly #quietMs: number
  #market: LiveMarket | null = null
  /** Not null while waiting for a snapshot: what arrived in the meantime, joined. */
  #waiting: MarketDataMessage[] | null = []
  #retry: NodeJS.Timeout | null = null
  #watch: NodeJS.Timeout | null = null
  #isQuiet = false
  #unsubscribe: (() => Promise<void>) | null = null
  #closed = false
  #onFirstSnapshot: () => void = () => {}

  /** @param quietMs how long nothing may come before the snapshot is looked at; in the worst case twice that. */
  constructor(symbol: string, cache: Cache, log: Logger, quietMs = QUIET_MS) {
    this.#quietMs = quietMs
    this.symbol = symbol
    this.#cache = cache
    this.#log = log
    this.#firstSnapshot = new Promise((resolve) => {
      this.#onFirstSnapshot = resolve
    })
  }

  /** Resolves once the market is live. */
  async start(): Promise<void> {
    this.#unsubscribe = await this.#cache.subscribe(marketDataChannel(this.symbol), (text) => this.#receive(text))
    void this.#synchronise()
    await this.#firstSnapshot
    if (!this.#closed) this.#watch = setInterval(() => void this.#mindQuiet(), this.#quietMs)
  }

  /** The market as of the last message; null before the first snapshot. */
  get market(): LiveMarket | null {
    return this.#market
  }

  /** @returns a function that ends the listening. */
  listen(listener: FeedListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async close(): Promise<void> {
    this.#closed = true
    if (this.#retry) clearTimeout(this.#retry)
    if (this.#watch) clearInterval(this.#watch)
    this.#onFirstSnapshot()
    await this.#unsubscribe?.()
  }

  #receive(text: string): void {
    const message = this.#read(text)
    if (!message) return
    this.#isQuiet = false
    if (this.#waiting) this.#wait(message)
    else if (this.#market!.sequence === message.previousSequence) this.#step(message)
    else if (this.#market!.sequence < message.sequence) this.#resynchronise(message)
  }

  /** A market that says nothing may be at rest, or what it said last was lost. */
  async #mindQuiet(): Promise<void> {
    const wasQuiet = this.#isQuiet
    this.#isQuiet = true
    if (!wasQuiet || this.#waiting) return
    try {
      const text = await this.#cache.get(marketSnapshotKey(this.symbol))
      if (text === null || this.#waiting || this.#closed) return
      const { sequence } = marketSnapshotSchema.parse(JSON.parse(text))
      if (sequence <= this.#market!.sequence) return
      this.#log.info({ symbol: this.symbol, has: this.#market!.sequence, snapshot: sequence }, 'market data was lost')
      this.#waiting = []
      void this.#synchronise()
    } catch (error) {
      this.#log.warn({ symbol: this.symbol, err: error }, 'market snapshot cannot be read')
    }
  }

  #resynchronise(message: MarketDataMessage): void {
    this.#log.info(
      { symbol: this.symbol, has: this.#market!.sequence, follows: message.previousSequence },
      'market data gap',
    )
    this.#waiting = [message]
    void this.#synchronise()
  }

  #read(text: string): MarketDataMessage | null {
    try {
      return marketDataMessageSchema.parse(JSON.parse(text))
    } catch (error) {
      this.#log.error({ symbol: this.symbol, err: error }, 'market data does not follow its contract')
      return null
    }
  }

  #wait(message: MarketDataMessage): void {
    const last = this.#waiting!.at(-1)
    if (last && message.sequence <= last.sequence) return
    if (last && message.previousSequence !== last.sequence) this.#waiting = []
    this.#waiting!.push(message)
    if (this.#waiting!.length > MAX_WAITING_MESSAGES) this.#waiting!.shift()
  }

  #step(message: MarketDataMessage): void {
    const changes = this.#market!.apply(message)
    for (const listener of this.#listeners) listener.step(this.#market!, message, changes)
  }

  async #synchronise(): Promise<void> {
    const joined = await this.#join().catch((error: unknown) => {
      this.#log.warn({ symbol: this.symbol, err: error }, 'market snapshot cannot be read')
      return false
    })
    if (joined || this.#closed) return
    this.#retry = setTimeout(() => void this.#synchronise(), SNAPSHOT_RETRY_MS)
  }

  /** @returns whether there was a snapshot that the waiting messages join. */
  async #join(): Promise<boolean> {
    const text = await this.#cache.get(marketSnapshotKey(this.symbol))
    if (text === null || this.#closed) return false
    const snapshot = marketSnapshotSchema.parse(JSON.parse(text))
    const first = this.#waiting?.[0]
    if (first && snapshot.sequence < first.previousSequence) return false
    const rest = this.#waiting?.filter((message) => message.sequence > snapshot.sequence) ?? []
    if (rest[0] && rest[0].previousSequence !== snapshot.sequence) return false
    this.#market = new LiveMarket(snapshot)
    for (const message of rest) this.#market.apply(message)
    this.#waiting = null
    this.#onFirstSnapshot()
    for (const listener of this.#listeners) listener.reset(this.#market)
    return true
  }
}
