import { formatDecimal } from '@opsource/kernel'
import { fault, perRequest, type SubgraphContext } from '@opsource/subgraph'
import DataLoader from 'dataloader'
import type { Pool } from 'pg'
import { accountIdOf, callerOf, mayReadAccount, type ReadYourWrites } from '../accounts/index.ts'
import type { Resolvers } from '../generated/graphql.ts'
import { assetScale, instrumentOf } from '../market/index.ts'
import type { MarketFeed } from '../market-data/index.ts'
import type { PortfolioParent } from '../parents.ts'
import { findFills, findPortfolio } from './store.ts'
import { averagePriceOf, portfolioValue, VALUE_ASSET } from './valuation.ts'

/** The newest fills are for a glance: the book of record has them all. */
const MAX_FILLS = 100

export interface PortfolioServices {
  readonly pool: Pool
  readonly feeds: ReadonlyMap<string, MarketFeed>
  readonly writes: ReadYourWrites
}

export function portfolioResolvers({ pool, feeds, writes }: PortfolioServices): Resolvers {
  const portfolios = perRequest(
    () =>
      new DataLoader<string, PortfolioParent | null>((accountIds) =>
        Promise.all(
          accountIds.map(async (accountId) => {
            await writes.settled(accountId)
            return findPortfolio(pool, accountId)
          }),
        ),
      ),
  )
  /** Null where the caller may not read it: they cannot tell that from an account that is not there. */
  const portfolioFor = async (context: SubgraphContext, accountId: string) =>
    mayReadAccount(context, accountId) ? portfolios(context).load(accountId) : null
  return {
    Query: {
      portfolio: (_parent, _args, context) => portfolioFor(context, accountIdOf(callerOf(context).userId)),
    },
    User: {
      __resolveReference: ({ id }) => ({ id }),
      portfolio: ({ id }, _args, context) => portfolioFor(context, accountIdOf(id)),
    },
    Portfolio: {
      __resolveReference: ({ accountId }, context) => portfolioFor(context, accountId),
      value: ({ balances }) => {
        const value = portfolioValue(balances, (symbol) => feeds.get(symbol)?.market?.lastPrice ?? null)
        return value === null ? null : formatDecimal(value, assetScale(VALUE_ASSET))
      },
      fills: ({ accountId }, { first }) => {
        const count = first ?? 20
        if (count < 1 || count > MAX_FILLS) throw fault('BAD_USER_INPUT', `\`first\` is from 1 to ${MAX_FILLS}.`)
        return findFills(pool, accountId, count)
      },
    },
    Position: {
      market: ({ symbol }) => ({ symbol }),
      quantity: ({ quantity, symbol }) => {
        const { lot } = instrumentOf(symbol)
        return formatDecimal(quantity * BigInt(lot.units), lot.scale)
      },
      averagePrice: (position) => {
        const price = averagePriceOf(position)
        return price === null ? null : formatDecimal(price, instrumentOf(position.symbol).quoteScale)
      },
      realisedProfit: ({ realised, symbol }) => formatDecimal(realised, instrumentOf(symbol).quoteScale),
    },
    PortfolioFill: {
      market: ({ fill }) => ({ symbol: fill.symbol }),
      side: ({ fill }) => fill.side,
      executedAt: ({ executedAt }) => new Date(executedAt).toISOString(),
    },
  }
}
