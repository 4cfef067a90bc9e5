import { fault } from '@opsource/subgraph'
import type { Resolvers } from '../generated/graphql.ts'
import { formatIncrements, instrumentOf } from '../market/index.ts'
import { type MarketFeed, ofMarket, under } from '../market-data/index.ts'
import type { QueueWatchers } from './queue-view.ts'
import type { BookWatchers } from './watchers.ts'

/** As many as any exchange shows; a snapshot of it is some 150 kB. */
const MAX_DEPTH = 1_000
const DEFAULT_DEPTH = 20

export interface OrderBookServices {
  readonly feeds: ReadonlyMap<string, MarketFeed>
  readonly watchers: ReadonlyMap<string, BookWatchers>
  readonly queues: ReadonlyMap<string, QueueWatchers>
}

export function orderBookResolvers({ feeds, watchers, queues }: OrderBookServices): Resolvers {
  return {
    Market: {
      orderBook: ({ symbol }, { depth }) => ofMarket(watchers, symbol).snapshot(depthOf(depth)),
      restingOrders: ({ symbol }, { depth }) => ofMarket(queues, symbol).snapshot(depthOf(depth)),
      auction: ({ symbol }) => {
        const auction = feeds.get(symbol)?.market?.auction
        return auction ? { symbol, ...auction } : null
      },
    },
    Subscription: {
      orderBook: {
        subscribe: (_parent, { symbol, depth }) => under('orderBook', ofMarket(watchers, symbol).watch(depthOf(depth))),
      },
      restingOrders: {
        subscribe: (_parent, { symbol, depth }) =>
          under('restingOrders', ofMarket(queues, symbol).watch(depthOf(depth))),
      },
    },
    Auction: {
      endsAt: ({ endsAt }) => (endsAt === null ? null : new Date(endsAt).toISOString()),
      indicativePrice: ({ symbol, price }) =>
        price === null ? null : formatIncrements(price, instrumentOf(symbol).tick),
      indicativeQuantity: ({ symbol, quantity }) => formatIncrements(quantity, instrumentOf(symbol).lot),
    },
    OrderBook: { time: ({ time }) => new Date(time).toISOString() },
    OrderBookUpdate: {
      market: ({ symbol }) => ({ symbol }),
      time: ({ time }) => new Date(time).toISOString(),
    },
    RestingOrders: { time: ({ time }) => new Date(time).toISOString() },
    RestingOrdersUpdate: {
      market: ({ symbol }) => ({ symbol }),
      time: ({ time }) => new Date(time).toISOString(),
    },
  }
}

function depthOf(depth: number | null | undefined): number {
  const entries = depth ?? DEFAULT_DEPTH
  if (entries < 1 || entries > MAX_DEPTH) throw fault('BAD_USER_INPUT', `\`depth\` is from 1 to ${MAX_DEPTH}.`)
  return entries
}
