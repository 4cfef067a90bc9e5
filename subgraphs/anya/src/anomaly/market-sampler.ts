import {
  marketDataChannel,
  marketDataMessageSchema,
  marketSnapshotKey,
  marketSnapshotSchema,
} from '@opsource/bus/contracts'
import type { Ports } from '@opsource/subgraph'
import { z } from 'zod'
import type { MarketSample } from './market-watch.ts'

/** A market whose snapshot is older says nothing of now; one is written at least once a second while it moves. */
const STALE_AFTER_MS = 10_000

const messageSchema = marketDataMessageSchema.pick({ sequence: true, previousSequence: true, time: true, trades: true })
/** Of a book of thousands of levels the first of each side is enough. */
const topLevel = z
  .array(z.unknown())
  .transform((levels) => levels.slice(0, 1))
  .pipe(marketSnapshotSchema.shape.bids)
const topSchema = marketSnapshotSchema
  .pick({ time: true, status: true, tick: true, lot: true })
  .extend({ bids: topLevel, asks: topLevel })

export interface SamplerObserver {
  unreadable(symbol: string, reason: string): void
}

/** What one market has done since the last sample, and what its book shows. */
export class MarketSampler {
  readonly symbol: string
  readonly #ports: Pick<Ports, 'cache' | 'clock'>
  readonly #observer: SamplerObserver
  #sequence: number | null = null
  #traded = { bought: 0, sold: 0 }
  #hasGap = true
  #delayMs: number | undefined
  #unsubscribe: (() => Promise<void>) | undefined

  constructor(symbol: string, ports: Pick<Ports, 'cache' | 'clock'>, observer: SamplerObserver) {
    this.symbol = symbol
    this.#ports = ports
    this.#observer = observer
  }

  async start(): Promise<void> {
    this.#unsubscribe = await this.#ports.cache.subscribe(marketDataChannel(this.symbol), (text) => this.#receive(text))
  }

  async close(): Promise<void> {
    await this.#unsubscribe?.()
  }

  /** Begins the next sample. @returns null while the market does not trade or is not heard of. */
  async sample(): Promise<MarketSample | null> {
    const traded = this.#traded
    const hasGap = this.#hasGap
    this.#traded = { bought: 0, sold: 0 }
    this.#hasGap = false
    const now = this.#ports.clock.now()
    const top = await this.#top()
    if (top?.status !== 'TRADING' || now - top.time > STALE_AFTER_MS) return null
    const lot = top.lot.units / 10 ** top.lot.scale
    const tick = top.tick.units / 10 ** top.tick.scale
    const [bid, ask] = [top.bids[0], top.asks[0]]
    return {
      ...(bid && ask ? { mid: ((bid[0] + ask[0]) / 2) * tick, spread: (ask[0] - bid[0]) * tick } : {}),
      ...(bid && ask ? { bidSize: bid[1] * lot, askSize: ask[1] * lot } : {}),
      // What was missed may have traded: how much is not known.
      ...(hasGap
        ? {}
        : { volume: (traded.bought + traded.sold) * lot, signedVolume: (traded.bought - traded.sold) * lot }),
    }
  }

  /** The slowest message since this was asked last, in milliseconds; undefined without one. */
  takeDelay(): number | undefined {
    const delay = this.#delayMs
    this.#delayMs = undefined
    return delay
  }

  #receive(text: string): void {
    const message = this.#parse(text, messageSchema)
    if (!message || (this.#sequence !== null && message.sequence <= this.#sequence)) return
    if (message.previousSequence !== this.#sequence) this.#hasGap = true
    this.#sequence = message.sequence
    this.#delayMs = Math.max(this.#delayMs ?? 0, this.#ports.clock.now() - message.time)
    for (const { quantity, takerSide } of message.trades)
      this.#traded[takerSide === 'BUY' ? 'bought' : 'sold'] += quantity
  }

  async #top() {
    try {
      const text = await this.#ports.cache.get(marketSnapshotKey(this.symbol))
      return text === null ? null : this.#parse(text, topSchema)
    } catch (error) {
      this.#observer.unreadable(this.symbol, String(error))
      return null
    }
  }

  #parse<T>(text: string, schema: z.ZodType<T>): T | null {
    try {
      return schema.parse(JSON.parse(text))
    } catch (error) {
      this.#observer.unreadable(this.symbol, String(error))
      return null
    }
  }
}
