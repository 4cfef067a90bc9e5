import type { Ports } from '@opsource/subgraph'
import type { Pool } from 'pg'
import type { Logger } from 'pino'
import type { EngineClient } from './engine/client.ts'
import { TickerWatchers } from './market/ticker.ts'
import { MarketDataPublisher, MarketFeed, marketDataMetrics } from './market-data/index.ts'
import { BookWatchers } from './orderbook/index.ts'
import { findLastPrices, TradeLog } from './trades/index.ts'

/** Each market's stream and those who serve it, by symbol. */
export interface MarketStreams {
  readonly feeds: ReadonlyMap<string, MarketFeed>
  readonly tickers: ReadonlyMap<string, TickerWatchers>
  readonly watchers: ReadonlyMap<string, BookWatchers>
  readonly logs: ReadonlyMap<string, TradeLog>
  close(): Promise<void>
}

/** Publishes every market from the engine's books, and reads the streams back as any other instance would. */
export async function openMarketStreams(options: {
  readonly engine: EngineClient
  readonly pool: Pool
  readonly ports: Ports
  readonly log: Logger
  readonly symbols: readonly string[]
}): Promise<MarketStreams> {
  const { engine, ports, log, symbols } = options
  const publisher = new MarketDataPublisher(ports.cache, log, marketDataMetrics(ports.metrics))
  const lastPrices = await findLastPrices(options.pool, symbols)
  const books = await Promise.all(symbols.map((symbol) => engine.book(symbol)))
  const stopPublishing = engine.onBatch((batch) => publisher.take(batch))
  await publisher.start(books, lastPrices)
  const opened = symbols.map((symbol) => {
    const feed = new MarketFeed(symbol, ports.cache, log)
    const readers = { watchers: new BookWatchers(feed), tickers: new TickerWatchers(feed), logs: new TradeLog(feed) }
    return { symbol, feed, ...readers }
  })
  await Promise.all(opened.map(({ feed }) => feed.start()))
  return {
    feeds: new Map(opened.map(({ symbol, feed }) => [symbol, feed])),
    tickers: new Map(opened.map(({ symbol, tickers }) => [symbol, tickers])),
    watchers: new Map(opened.map(({ symbol, watchers }) => [symbol, watchers])),
    logs: new Map(opened.map(({ symbol, logs }) => [symbol, logs])),
    close: async () => {
      stopPublishing()
      await publisher.stop()
      for (const { feed, watchers, tickers, logs } of opened) {
        for (const readers of [watchers, tickers, logs]) readers.close()
        await feed.close()
      }
    },
  }
}
