import type { Ports } from '@opsource/subgraph'
import type { Pool } from 'pg'
import type { Logger } from 'pino'
import { foldCandles, type LiveCandles } from './candles/index.ts'
import type { EngineClient } from './engine/client.ts'
import type { EngineBatch } from './engine/events.ts'
import { OpenMarket } from './market/open-market.ts'
import { TickerBoard, type TickerSource, type TickerWatchers } from './market/ticker.ts'
import { MarketDataPublisher, type MarketFeed, marketDataMetrics } from './market-data/index.ts'
import type { BookWatchers, QueueWatchers } from './orderbook/index.ts'
import type { TradeLog } from './trades/index.ts'

/** Each market's streams and those who serve them, by symbol. */
export interface MarketStreams {
  readonly feeds: ReadonlyMap<string, MarketFeed>
  readonly sources: ReadonlyMap<string, TickerSource>
  readonly tickers: ReadonlyMap<string, TickerWatchers>
  readonly board: TickerBoard
  readonly watchers: ReadonlyMap<string, BookWatchers>
  readonly queues: ReadonlyMap<string, QueueWatchers>
  readonly candles: ReadonlyMap<string, LiveCandles>
  readonly logs: ReadonlyMap<string, TradeLog>
  close(): Promise<void>
}

/**
 * Publishes every market from the engine's books, and reads the levels back as any other instance would; orders one by one and candles are
 * told by this process only.
 */
export async function openMarketStreams(options: {
  readonly engine: EngineClient
  readonly pool: Pool
  readonly ports: Ports
  readonly log: Logger
  readonly symbols: readonly string[]
}): Promise<MarketStreams> {
  const { engine, ports, log, pool, symbols } = options
  const publisher = new MarketDataPublisher(ports.cache, log, marketDataMetrics(ports.metrics))
  // What the engine does while the rest is read follows it.
  const meanwhile: EngineBatch[] = []
  const stopGathering = engine.onBatch((batch) => meanwhile.push(batch))
  const books = await Promise.all(symbols.map((symbol) => engine.book(symbol)))
  const markets = await Promise.all(books.map((book) => OpenMarket.open(book, { cache: ports.cache, pool, log })))
  await publisher.start(
    books,
    new Map(markets.flatMap(({ symbol, day }) => (day.lastPrice === null ? [] : [[symbol, day.lastPrice]]))),
  )
  const board = new TickerBoard(markets)
  const take = (batch: EngineBatch) => {
    const seconds = foldCandles([batch])
    const moved = markets.map((market) => market.take(batch, seconds)).includes(true)
    publisher.take(batch)
    if (!moved) return
    for (const { tickers } of markets) tickers.changed()
    board.changed()
  }
  stopGathering()
  for (const batch of meanwhile) take(batch)
  const stopTaking = engine.onBatch(take)
  await Promise.all(markets.map(({ feed }) => feed.start()))
  const bySymbol = <T>(of: (market: OpenMarket) => T) => new Map(markets.map((market) => [market.symbol, of(market)]))
  return {
    feeds: bySymbol(({ feed }) => feed),
    sources: bySymbol((market) => market),
    tickers: bySymbol(({ tickers }) => tickers),
    board,
    watchers: bySymbol(({ watchers }) => watchers),
    queues: bySymbol(({ queues }) => queues),
    candles: bySymbol(({ candles }) => candles),
    logs: bySymbol(({ logs }) => logs),
    close: async () => {
      stopTaking()
      await publisher.stop()
      board.close()
      for (const market of markets) await market.close()
    },
  }
}
