import { candleResolvers } from './candles/index.ts'
import { fillResolvers } from './fills/index.ts'
import type { Resolvers } from './generated/graphql.ts'
import { ledgerResolvers } from './ledger/index.ts'
import { marketResolvers } from './market/index.ts'
import { orderUpdateResolvers } from './order-updates/index.ts'
import { orderBookResolvers } from './orderbook/index.ts'
import { decimalScalar, orderResolvers } from './orders/index.ts'
import { paperResolvers } from './paper/index.ts'
import { portfolioResolvers } from './portfolio/index.ts'
import { projectionResolvers } from './projections/index.ts'
import { referenceMarketResolvers } from './reference-markets/index.ts'
import { riskResolvers } from './risk/index.ts'
import { strategyResolvers } from './strategies/index.ts'
import { tradeResolvers } from './trades/index.ts'

/** What the features need, all together. */
export type Services = Parameters<typeof marketResolvers>[0] &
  Parameters<typeof orderBookResolvers>[0] &
  Parameters<typeof orderResolvers>[0] &
  Parameters<typeof orderUpdateResolvers>[0] &
  Parameters<typeof fillResolvers>[0] &
  Parameters<typeof tradeResolvers>[0] &
  Parameters<typeof candleResolvers>[0] &
  Parameters<typeof ledgerResolvers>[0] &
  Parameters<typeof portfolioResolvers>[0] &
  Parameters<typeof paperResolvers>[0] &
  Parameters<typeof projectionResolvers>[0] &
  Parameters<typeof riskResolvers>[0] &
  Parameters<typeof strategyResolvers>[0]

/** The resolvers of all features: those of a type that several features extend are joined. */
export function dash33Resolvers(services: Services): Resolvers {
  const market = marketResolvers(services)
  const book = orderBookResolvers(services)
  const orders = orderResolvers(services)
  const updates = orderUpdateResolvers(services)
  const fills = fillResolvers(services)
  const trades = tradeResolvers(services)
  const candles = candleResolvers(services)
  const ledger = ledgerResolvers(services)
  const portfolio = portfolioResolvers(services)
  const paper = paperResolvers(services)
  const projections = projectionResolvers(services)
  const risk = riskResolvers(services)
  const reference = referenceMarketResolvers()
  const strategies = strategyResolvers(services)
  return {
    ...market,
    ...book,
    ...orders,
    ...updates,
    ...fills,
    ...trades,
    ...candles,
    ...ledger,
    ...portfolio,
    ...paper,
    ...strategies,
    ...reference,
    Query: {
      ...market.Query,
      ...orders.Query,
      ...fills.Query,
      ...ledger.Query,
      ...portfolio.Query,
      ...paper.Query,
      ...projections.Query,
      ...risk.Query,
      ...reference.Query,
      ...strategies.Query,
    },
    Mutation: {
      ...market.Mutation,
      ...orders.Mutation,
      ...ledger.Mutation,
      ...paper.Mutation,
      ...risk.Mutation,
      ...strategies.Mutation,
    },
    Subscription: {
      ...updates.Subscription,
      ...fills.Subscription,
      ...market.Subscription,
      ...book.Subscription,
      ...trades.Subscription,
      ...candles.Subscription,
      ...portfolio.Subscription,
    },
    Market: { ...market.Market, ...book.Market, ...trades.Market, ...candles.Market },
    LedgerEntry: { ...ledger.LedgerEntry, ...trades.LedgerEntry },
    OrderUpdate: { ...orders.OrderUpdate, ...updates.OrderUpdate },
    Order: { ...orders.Order, ...strategies.Order },
    Fill: { ...orders.Fill, ...fills.Fill },
    Decimal: decimalScalar,
  }
}
