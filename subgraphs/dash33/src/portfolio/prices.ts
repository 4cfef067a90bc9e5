import type { MarketFeed } from '../market-data/index.ts'
import { type MarkPrices, markPriceOf } from './valuation.ts'

type Feeds = ReadonlyMap<string, Pick<MarketFeed, 'market'>>

/** Mark prices of the markets as they are now. */
export function markPricesOf(feeds: Feeds): MarkPrices {
  return (symbol) => {
    const market = feeds.get(symbol)?.market
    if (!market) return null
    const [bestBid, bestAsk] = [market.bids.at(0)?.[0] ?? null, market.asks.at(0)?.[0] ?? null]
    return markPriceOf({ lastPrice: market.lastPrice, bestBid, bestAsk })
  }
}

/** Ticks of each market's last trade, by symbol; of those that have traded. */
export function lastPricesOf(feeds: Feeds): Map<string, number> {
  return new Map(
    [...feeds].flatMap(([symbol, { market }]) => (market?.lastPrice == null ? [] : [[symbol, market.lastPrice]])),
  )
}
