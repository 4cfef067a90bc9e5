import type { Cache } from '@opsource/cache'
import type { Pool } from 'pg'
import type { Logger } from 'pino'
import { type Candle, type CandleOpening, type LiveCandles, openCandles, type RollingDay } from '../candles/index.ts'
import type { BookSnapshot } from '../engine/client.ts'
import type { EngineBatch } from '../engine/events.ts'
import { MarketFeed, OrderQueues } from '../market-data/index.ts'
import { BookWatchers, QueueWatchers } from '../orderbook/index.ts'
import { TradeLog } from '../trades/index.ts'
import { formatIncrements, instrumentOf } from './instruments.ts'
import { type TickerSource, TickerWatchers } from './ticker.ts'

/** One market's data as it is told: what follows the engine's batches, what follows the published stream, and who reads both. */
export class OpenMarket implements TickerSource {
  readonly symbol: string
  readonly feed: MarketFeed
  readonly day: RollingDay
  readonly candles: LiveCandles
  readonly tickers: TickerWatchers
  readonly watchers: BookWatchers
  readonly queues: QueueWatchers
  readonly logs: TradeLog
  readonly #orders: OrderQueues
  /** The candles contain the engine's commands up to here. */
  #counted: number

  constructor(book: BookSnapshot, opening: CandleOpening, feed: MarketFeed) {
    const { tick, lot } = instrumentOf(book.symbol)
    this.symbol = book.symbol
    this.feed = feed
    this.day = opening.day
    this.candles = opening.live
    this.#counted = opening.sequence
    this.#orders = new OrderQueues(book)
    this.tickers = new TickerWatchers(this)
    this.watchers = new BookWatchers(feed)
    this.queues = new QueueWatchers(this.#orders, {
      price: (ticks) => formatIncrements(ticks, tick),
      quantity: (lots) => formatIncrements(lots, lot),
    })
    this.logs = new TradeLog(feed)
  }

  /** Reads what the market's candles go on from. Its feed is not yet started. */
  static async open(
    book: BookSnapshot,
    { cache, pool, log }: { readonly cache: Cache; readonly pool: Pool; readonly log: Logger },
  ): Promise<OpenMarket> {
    return new OpenMarket(
      book,
      await openCandles(pool, book.symbol, book.engineSequence),
      new MarketFeed(book.symbol, cache, log),
    )
  }

  /**
   * @param seconds the batch's trades as candles, of all markets.
   * @returns whether the last 24 hours changed by what has left them.
   */
  take(batch: EngineBatch, seconds: readonly Candle[]): boolean {
    this.#orders.take(batch)
    if (batch.lastSequence <= this.#counted) return false
    this.#counted = batch.lastSequence
    this.candles.advance(batch.time)
    const moved = this.day.advance(batch.time)
    for (const second of seconds) {
      if (second.symbol !== this.symbol) continue
      this.candles.add(second)
      this.day.add(second)
    }
    return moved
  }

  /** Ends every stream. */
  async close(): Promise<void> {
    for (const readers of [this.tickers, this.watchers, this.queues, this.candles, this.logs]) readers.close()
    await this.feed.close()
  }
}
