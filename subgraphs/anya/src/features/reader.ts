import {
  type MarketDataMessage,
  type MarketSnapshot,
  marketDataChannel,
  marketDataMessageSchema,
  marketSnapshotKey,
  marketSnapshotSchema,
  type Recording,
} from '@opsource/bus/contracts'
import type { Ports } from '@opsource/subgraph'
import { FeatureEngine } from './engine.ts'

/** Messages that wait for a snapshot: a second of the busiest replay has about 300, and an older one is in the next snapshot. */
const MAX_BUFFERED = 2_000
/** A snapshot that is older than the stream is written again within a second. */
const RESYNC_DELAY_MS = 200
/** Missing more than this, flows and returns would be read from a past that was not seen. */
const MAX_MISSED_MS = 2_000
/** A market that says nothing for this long has no price to forecast from. */
export const STALE_AFTER_MS = 10_000

/** `CLOCK`: the market's was set back. */
export type ResynchronisedBy = 'START' | 'GAP' | 'RESUMED' | 'CLOCK'

export interface ReaderObserver {
  resynchronised(symbol: string, reason: ResynchronisedBy): void
  refused(symbol: string, reason: string): void
}

type ReaderPorts = Pick<Ports, 'cache' | 'clock'>

/**
 * Follows one market's data stream into a feature engine: snapshot first, then every message in sequence. A gap, a resumption after
 * a pause or a clock that goes back starts again from the snapshot.
 */
export class MarketReader {
  readonly symbol: string
  readonly engine: FeatureEngine
  readonly #ports: ReaderPorts
  readonly #observer: ReaderObserver
  #sequence: number | null = null
  #status: MarketSnapshot['status'] = 'PAUSED'
  #recording: Recording = null
  #heardAt = Number.NEGATIVE_INFINITY
  #buffer: MarketDataMessage[] = []
  #resync: Promise<void> | null = null
  #unsubscribe: (() => Promise<void>) | undefined
  #isClosed = false

  /** @param engine that is fed, and may be watched. */
  constructor(symbol: string, ports: ReaderPorts, observer: ReaderObserver, engine = new FeatureEngine()) {
    this.symbol = symbol
    this.engine = engine
    this.#ports = ports
    this.#observer = observer
  }

  /** What is being replayed now, or null on a market without a recording. */
  get recording(): Recording {
    return this.#recording
  }

  /** Whether the market trades, is followed without a gap, and was heard of lately; not in what was to come when the clock was set back. */
  isLive(): boolean {
    const silentMs = Math.abs(this.#ports.clock.now() - this.#heardAt)
    return this.#sequence !== null && this.#status === 'TRADING' && silentMs <= STALE_AFTER_MS
  }

  async start(): Promise<void> {
    this.#unsubscribe = await this.#ports.cache.subscribe(marketDataChannel(this.symbol), (text) => this.#receive(text))
    this.#startOver('START')
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await this.#unsubscribe?.()
    await this.#resync
  }

  #receive(text: string): void {
    const message = this.#parse(text, marketDataMessageSchema)
    if (!message) return
    this.#heardAt = this.#ports.clock.now()
    if (this.#sequence !== null && message.sequence <= this.#sequence) return
    if (this.#sequence === null) {
      this.#keep(message)
      // Before a market's first message there may have been no snapshot to start from.
      if (!this.#resync) this.#startOver('START')
    } else if (message.previousSequence !== this.#sequence) {
      this.#keep(message)
      this.#startOver('GAP')
    } else if (this.#status !== 'TRADING' && message.status === 'TRADING') {
      this.#forget(message, 'RESUMED')
    } else if (message.time < this.engine.lastTime - MAX_MISSED_MS) {
      this.#forget(message, 'CLOCK')
    } else {
      this.#apply(message)
    }
  }

  #forget(message: MarketDataMessage, reason: ResynchronisedBy): void {
    this.engine.clear()
    this.#keep(message)
    this.#startOver(reason)
  }

  #keep(message: MarketDataMessage): void {
    const last = this.#buffer.at(-1)
    if (last && message.sequence <= last.sequence) return
    // What does not join the messages before it can only be joined by a later snapshot.
    if (last && message.previousSequence !== last.sequence) this.#buffer = []
    this.#buffer.push(message)
    if (this.#buffer.length > MAX_BUFFERED) this.#buffer.shift()
  }

  #apply(message: MarketDataMessage): void {
    this.#sequence = message.sequence
    this.#status = message.status
    this.#recording = message.recording
    this.engine.update(message)
  }

  #startOver(reason: ResynchronisedBy): void {
    this.#sequence = null
    this.#resync ??= this.#loadSnapshot(reason).finally(() => {
      this.#resync = null
    })
  }

  /** Tries until a snapshot joins the messages that wait for it without a gap, or until there is nothing to join. */
  async #loadSnapshot(reason: ResynchronisedBy): Promise<void> {
    while (!this.#isClosed) {
      const snapshot = await this.#readSnapshot()
      if (snapshot && this.#joins(snapshot)) {
        this.#take(snapshot)
        this.#observer.resynchronised(this.symbol, reason)
        return
      }
      if (!snapshot && this.#buffer.length === 0) return
      await new Promise((resolve) => setTimeout(resolve, RESYNC_DELAY_MS))
    }
  }

  async #readSnapshot(): Promise<MarketSnapshot | null> {
    try {
      const text = await this.#ports.cache.get(marketSnapshotKey(this.symbol))
      return text === null ? null : this.#parse(text, marketSnapshotSchema)
    } catch (error) {
      this.#observer.refused(this.symbol, String(error))
      return null
    }
  }

  #joins(snapshot: MarketSnapshot): boolean {
    const next = this.#buffer.find((message) => message.sequence > snapshot.sequence)
    return next === undefined || next.previousSequence === snapshot.sequence
  }

  #take(snapshot: MarketSnapshot): void {
    if (Math.abs(snapshot.time - this.engine.lastTime) > MAX_MISSED_MS || snapshot.status !== 'TRADING')
      this.engine.clear()
    this.engine.replaceBook(snapshot)
    this.#sequence = snapshot.sequence
    this.#status = snapshot.status
    this.#recording = snapshot.recording
    this.#heardAt = Math.max(this.#heardAt, snapshot.time)
    const waiting = this.#buffer.filter((message) => message.sequence > snapshot.sequence)
    this.#buffer = []
    for (const message of waiting) this.#apply(message)
  }

  #parse<T>(
    text: string,
    schema: { safeParse(value: unknown): { success: true; data: T } | { success: false; error: Error } },
  ): T | null {
    try {
      const parsed = schema.safeParse(JSON.parse(text))
      if (parsed.success) return parsed.data
      this.#observer.refused(this.symbol, parsed.error.message)
    } catch (error) {
      this.#observer.refused(this.symbol, String(error))
    }
    return null
  }
}
