import { fault } from '@opsource/subgraph'
import type { Resolvers } from '../generated/graphql.ts'
import { type MarketFeed, ofMarket, under } from '../market-data/index.ts'
import { BookView } from './view.ts'
import type { BookWatchers } from './watchers.ts'

/** Deeper than any screen shows, and the widest step that every watcher gets. */
const MAX_DEPTH = 100
const DEFAULT_DEPTH = 20

export interface OrderBookServices {
  readonly feeds: ReadonlyMap<string, MarketFeed>
  readonly watchers: ReadonlyMap<string, BookWatchers>
}

export function orderBookResolvers({ feeds, watchers }: OrderBookServices): Resolvers {
  return {
    Market: {
      orderBook: ({ symbol }, args) => {
        const depth = depthOf(args.depth)
        const market = feeds.get(symbol)?.market
        return market ? new BookView(depth, market).reset(market) : null
      },
    },
    Subscription: {
      orderBook: {
        subscribe: (_parent, { symbol, depth }) => under('orderBook', ofMarket(watchers, symbol).watch(depthOf(depth))),
      },
    },
    OrderBook: { time: ({ time }) => new Date(time).toISOString() },
    OrderBookUpdate: {
      market: ({ symbol }) => ({ symbol }),
      time: ({ time }) => new Date(time).toISOString(),
    },
  }
}

function depthOf(depth: number | null | undefined): number {
  const levels = depth ?? DEFAULT_DEPTH
  if (levels < 1 || levels > MAX_DEPTH) throw fault('BAD_USER_INPUT', `\`depth\` is from 1 to ${MAX_DEPTH}.`)
  return levels
}
