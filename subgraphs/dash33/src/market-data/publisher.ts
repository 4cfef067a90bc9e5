import { type MarketDataMessage, marketDataChannel, marketSnapshotKey } from '@opsource/bus/contracts'
import type { Cache } from '@opsource/cache'
import type { Logger } from 'pino'
import type { BookSnapshot } from '../engine/client.ts'
import { uncross } from '../engine/core/uncross.ts'
import type { EngineBatch } from '../engine/events.ts'
import { findInstrument } from '../market/instruments.ts'
import { LiveMarket } from './live-market.ts'
import type { MarketDataMetrics } from './observe.ts'

/** A reader that lost a message waits at most this long for a snapshot that covers the gap. */
const SNAPSHOT_INTERVAL_MS = 500
/** A market at rest renews its snapshot long before it expires. */
const RENEWAL_INTERVAL_MS = 30_000
const SNAPSHOT_TTL_MS = 300_000
/** Messages handed to the cache and not yet sent: beyond it they are dropped, and readers resynchronise. */
const MAX_UNSENT_MESSAGES = 1_000

interface PublishedMarket {
  readonly market: LiveMarket
  /** The sequence of the snapshot in the cache. */
  stored: number
  /** When the snapshot was stored, counted in rounds. */
  roundsSinceStored: number
}

/** Turns the engine's batches into each market's stream, and keeps a snapshot that readers begin with. */
export class MarketDataPublisher {
  readonly #cache: Cache
  readonly #log: Logger
  readonly #metrics: MarketDataMetrics
  readonly #markets = new Map<string, PublishedMarket>()
  #timer: NodeJS.Timeout | null = null
  #unsent = 0

  constructor(cache: Cache, log: Logger, metrics: MarketDataMetrics) {
    this.#cache = cache
    this.#log = log
    this.#metrics = metrics
  }

  /**
   * Begins each market's stream from the engine's own book. Its sequences are the engine's, so they rise across restarts.
   * @param lastPrices ticks of the last trade, by symbol.
   */
  async start(books: readonly BookSnapshot[], lastPrices: ReadonlyMap<string, number>): Promise<void> {
    for (const book of books) {
      const market = new LiveMarket(openingSnapshot(book, lastPrices.get(book.symbol)))
      indicate(market)
      this.#markets.set(book.symbol, { market, stored: -1, roundsSinceStored: 0 })
    }
    await this.#storeSnapshots()
    this.#timer = setInterval(() => void this.#storeSnapshots(), SNAPSHOT_INTERVAL_MS)
  }

  /** Publishes what the batch changed; batches that the opening books contain change nothing. */
  take(batch: EngineBatch): void {
    for (const { market } of this.#markets.values()) {
      if (batch.lastSequence <= market.sequence) continue
      const message = messageOf(batch, market)
      if (!message) continue
      market.apply(message)
      indicate(market)
      this.#publish(market.auction ? { ...message, auction: market.auction } : message)
    }
  }

  async stop(): Promise<void> {
    if (this.#timer) clearInterval(this.#timer)
    await this.#storeSnapshots()
  }

  #publish(message: MarketDataMessage): void {
    if (this.#unsent >= MAX_UNSENT_MESSAGES) {
      this.#metrics.dropped(message.symbol)
      return
    }
    this.#unsent++
    this.#metrics.published(message.symbol)
    this.#cache
      .publish(marketDataChannel(message.symbol), JSON.stringify(message))
      .catch((error: unknown) =>
        this.#log.warn({ err: error, symbol: message.symbol }, 'market data was not published'),
      )
      .finally(() => this.#unsent--)
  }

  async #storeSnapshots(): Promise<void> {
    for (const published of this.#markets.values()) {
      const isDue = ++published.roundsSinceStored * SNAPSHOT_INTERVAL_MS >= RENEWAL_INTERVAL_MS
      if (published.stored === published.market.sequence && !isDue) continue
      const { symbol, sequence } = published.market
      const text = JSON.stringify(published.market.snapshot())
      try {
        await this.#cache.set(marketSnapshotKey(symbol), text, { ttlMs: SNAPSHOT_TTL_MS })
        published.stored = sequence
        published.roundsSinceStored = 0
      } catch (error) {
        this.#log.warn({ err: error, symbol }, 'market snapshot was not stored')
      }
    }
  }
}

function openingSnapshot(book: BookSnapshot, lastPrice: number | undefined) {
  const instrument = findInstrument(book.symbol)
  if (!instrument) throw new Error(`book of unknown market ${book.symbol}`)
  return {
    symbol: book.symbol,
    sequence: book.engineSequence,
    engineSequence: book.engineSequence,
    time: book.time,
    status: book.status,
    ...(book.status === 'AUCTION' ? { auction: { endsAt: book.auctionEndsAt, price: null, quantity: 0 } } : {}),
    recording: book.recording,
    tick: instrument.tick,
    lot: instrument.lot,
    ...(lastPrice === undefined ? {} : { lastPrice }),
    bids: book.bids.map(([price, quantity]): [number, number] => [price, quantity]),
    asks: book.asks.map(([price, quantity]): [number, number] => [price, quantity]),
  }
}

/** @returns what the batch changed in the market, or null where it changed nothing. */
function messageOf(batch: EngineBatch, market: LiveMarket): MarketDataMessage | null {
  const levels = batch.levels.filter((level) => level.symbol === market.symbol)
  const events = batch.events.filter((event) => 'symbol' in event && event.symbol === market.symbol)
  const trades = events.flatMap((event) => (event.type === 'TRADE' ? [event] : []))
  const set = events.flatMap((event) => (event.type === 'MARKET_STATUS_SET' ? [event] : [])).at(-1)
  if (levels.length === 0 && trades.length === 0 && !set) return null
  const side = (name: 'BUY' | 'SELL') =>
    levels.flatMap((level): [number, number][] => (level.side === name ? [[level.price, level.quantity]] : []))
  const status = set ? set.status : market.status
  const endsAt = set ? set.auctionEndsAt : (market.auction?.endsAt ?? null)
  return {
    symbol: market.symbol,
    sequence: batch.lastSequence,
    previousSequence: market.sequence,
    engineSequence: batch.lastSequence,
    time: batch.time,
    status,
    ...(status === 'AUCTION' ? { auction: { endsAt, price: null, quantity: 0 } } : {}),
    recording: set ? set.recording : market.recording,
    bids: side('BUY'),
    asks: side('SELL'),
    trades: trades.map(({ tradeId, price, quantity, takerSide, auction }) => ({
      tradeId,
      price,
      quantity,
      takerSide,
      ...(auction ? { auction } : {}),
      time: batch.time,
    })),
  }
}

/** Says what would trade if the auction ended now, by what the book shows. */
function indicate(market: LiveMarket): void {
  const [bid, ask] = [market.bids.at(0), market.asks.at(0)]
  if (!market.auction || !bid || !ask) return
  const crossing = uncross(market.bids.through(ask[0]), market.asks.through(bid[0]), market.lastPrice)
  if (crossing) market.auction = { ...market.auction, ...crossing }
}
