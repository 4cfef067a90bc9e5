import type { Clock } from '@opsource/kernel'
import { formatDecimal } from '@opsource/kernel'
import { fault, perRequest, type SubgraphContext } from '@opsource/subgraph'
import DataLoader from 'dataloader'
import type { Pool } from 'pg'
import { accountIdOf, callerOf, mayReadAccount, type ReadYourWrites } from '../accounts/index.ts'
import type { Resolvers } from '../generated/graphql.ts'
import { assetScale } from '../market/index.ts'
import { type MarketFeed, under } from '../market-data/index.ts'
import type { BalanceParent, PortfolioParent } from '../parents.ts'
import type { CurveRange } from './curve.ts'
import { equityCurve, performance } from './curve-fields.ts'
import { equityOf } from './equity.ts'
import { findValuations } from './equity-store.ts'
import { positionFields, profitOf } from './fields.ts'
import { lastPricesOf, markPricesOf } from './prices.ts'
import type { Valuation } from './returns.ts'
import { findFills, findPortfolio } from './store.ts'
import { portfolioValue, VALUE_ASSET } from './valuation.ts'
import type { PortfolioWatchers } from './watchers.ts'

/** The newest fills are for a glance: the book of record has them all. */
const MAX_FILLS = 100

export interface PortfolioServices {
  readonly pool: Pool
  readonly feeds: ReadonlyMap<string, MarketFeed>
  readonly writes: ReadYourWrites
  readonly portfolios: PortfolioWatchers
  readonly clock: Clock
}

export function portfolioResolvers({ pool, feeds, writes, portfolios: watchers, clock }: PortfolioServices): Resolvers {
  const markPrice = markPricesOf(feeds)
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
  const inValueAsset = (amount: bigint | null) =>
    amount === null ? null : formatDecimal(amount, assetScale(VALUE_ASSET))
  /** What the store has not seen yet is valued now. */
  const readValuations =
    ({ accountId, balances }: PortfolioParent, now: number) =>
    async (range: CurveRange): Promise<Valuation[]> => {
      const stored = await findValuations(pool, accountId, range)
      return range.to < now ? stored : withPresent(stored, range.to, equityOf(totalsOf(balances), lastPricesOf(feeds)))
    }
  return {
    Query: {
      portfolio: (_parent, _args, context) => portfolioFor(context, accountIdOf(callerOf(context).userId)),
    },
    Subscription: {
      portfolio: {
        subscribe: (_parent, _args, context) =>
          under('portfolio', watchers.watch(accountIdOf(callerOf(context).userId))),
      },
    },
    User: {
      __resolveReference: ({ id }) => ({ id }),
      portfolio: ({ id }, _args, context) => portfolioFor(context, accountIdOf(id)),
    },
    Portfolio: {
      __resolveReference: ({ accountId }, context) => portfolioFor(context, accountId),
      value: ({ balances }) => inValueAsset(portfolioValue(balances, markPrice)),
      realisedProfit: ({ positions }, { method }) =>
        formatDecimal(profitOf(positions, method, markPrice).realised, assetScale(VALUE_ASSET)),
      unrealisedProfit: ({ positions }, { method }) => inValueAsset(profitOf(positions, method, markPrice).unrealised),
      fills: ({ accountId }, { first }) => {
        const count = first ?? 20
        if (count < 1 || count > MAX_FILLS) throw fault('BAD_USER_INPUT', `\`first\` is from 1 to ${MAX_FILLS}.`)
        return findFills(pool, accountId, count)
      },
      equityCurve: (portfolio, args) => {
        const now = clock.now()
        return equityCurve(args, now, readValuations(portfolio, now))
      },
      performance: (portfolio, args) => {
        const now = clock.now()
        return performance(args, now, readValuations(portfolio, now))
      },
    },
    ...positionFields(markPrice),
    PortfolioFill: {
      market: ({ fill }) => ({ symbol: fill.symbol }),
      side: ({ fill }) => fill.side,
      executedAt: ({ executedAt }) => new Date(executedAt).toISOString(),
    },
  }
}

const totalsOf = (balances: readonly BalanceParent[]) => new Map(balances.map(({ asset, total }) => [asset, total]))

/** The last valuation is replaced where it only says that nothing was seen since. */
export function withPresent(valuations: readonly Valuation[], now: number, equity: bigint): Valuation[] {
  const last = valuations.at(-1)
  const before = last?.time === now && last.flow === 0n ? valuations.slice(0, -1) : valuations
  return valuations.length === 0 && equity === 0n ? [] : [...before, { time: now, equity, flow: 0n }]
}
