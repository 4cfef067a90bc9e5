import { formatDecimal } from '@opsource/kernel'
import { connection, pageOf, perRequest } from '@opsource/subgraph'
import DataLoader from 'dataloader'
import type { Pool } from 'pg'
import type { PrismaClient } from '../database.ts'
import type { Resolvers } from '../generated/graphql.ts'
import { formatIncrements, instrumentOf, quoteAmount } from '../market/index.ts'
import { ofMarket, under } from '../market-data/index.ts'
import type { TradeParent } from '../parents.ts'
import type { TradeLog } from './log.ts'
import { findTrades, findTradesById } from './store.ts'

export interface TradeServices {
  readonly prisma: PrismaClient
  readonly pool: Pool
  readonly logs: ReadonlyMap<string, TradeLog>
}

export function tradeResolvers({ prisma, pool, logs }: TradeServices): Resolvers {
  const tradesById = perRequest(
    () =>
      new DataLoader<string, TradeParent | null>(async (ids) => {
        const trades = await findTradesById(prisma, ids)
        return ids.map((id) => trades.get(id) ?? null)
      }),
  )
  return {
    Market: {
      trades: async ({ symbol }, args) => {
        const page = pageOf(args, { keys: 2 })
        const trades = await findTrades(pool, symbol, page)
        return connection(trades, page, (trade) => [trade.engineSequence, trade.leg])
      },
    },
    Subscription: {
      trades: { subscribe: (_parent, { symbol }) => under('trades', ofMarket(logs, symbol).watch()) },
    },
    LedgerEntry: {
      trade: ({ tradeId }, _args, context) => (tradeId === null ? null : tradesById(context).load(tradeId)),
    },
    Trade: {
      __resolveReference: ({ id }, context) => tradesById(context).load(id),
      market: ({ symbol }) => ({ symbol }),
      price: ({ price, symbol }) => formatIncrements(price, instrumentOf(symbol).tick),
      quantity: ({ quantity, symbol }) => formatIncrements(quantity, instrumentOf(symbol).lot),
      quoteAmount: ({ price, quantity, symbol }) => {
        const instrument = instrumentOf(symbol)
        return formatDecimal(quoteAmount(instrument, price, quantity), instrument.quoteScale)
      },
      executedAt: ({ executedAt }) => new Date(executedAt).toISOString(),
    },
  }
}
