import { type Clock, formatDecimal, type IdSource } from '@opsource/kernel'
import { connection, pageOf, perRequest, wholeKey } from '@opsource/subgraph'
import DataLoader from 'dataloader'
import type { Pool } from 'pg'
import { callerOf, type ReadYourWrites } from '../accounts/index.ts'
import type { PrismaClient } from '../database.ts'
import type { Resolvers } from '../generated/graphql.ts'
import { formatIncrements, instrumentOf } from '../market/instruments.ts'
import type { MarketFeed } from '../market-data/index.ts'
import { ownOrderLoader } from '../orders/index.ts'
import { hasSameTerms, readStrategy } from './input.ts'
import {
  findCauses,
  findOwnStrategy,
  findStanding,
  findStrategies,
  findStrategyOrders,
  insertStrategy,
  type OrderDecision,
  type StoredStrategy,
} from './store.ts'
import { dayOf, profitOf } from './strategy.ts'
import type { StrategyTrader } from './trader.ts'

/** What a person can keep an eye on. */
const MAX_STRATEGIES = 20
const RATIO_SCALE = 10_000

export interface StrategyServices {
  readonly prisma: PrismaClient
  readonly pool: Pool
  readonly strategies: StrategyTrader
  readonly feeds: ReadonlyMap<string, MarketFeed>
  readonly ids: IdSource
  readonly clock: Clock
  readonly writes: ReadYourWrites
}

export function strategyResolvers(services: StrategyServices): Resolvers {
  const { prisma, pool, strategies, feeds, ids, clock, writes } = services
  const causes = perRequest(
    () =>
      new DataLoader<string, OrderDecision | null>(async (orderIds) => {
        const found = await findCauses(prisma, orderIds)
        return orderIds.map((id) => found.get(id) ?? null)
      }),
  )
  const ownOrders = ownOrderLoader(pool, writes)
  const standingOf = (strategy: StoredStrategy) => {
    const instrument = instrumentOf(strategy.symbol)
    return findStanding(pool, strategy, dayOf(clock.now()), (before, price) => profitOf(instrument, before, price))
  }
  return {
    Query: {
      strategies: (_parent, _args, context) => findStrategies(prisma, callerOf(context).userId),
      strategy: (_parent, { id }, context) => findOwnStrategy(prisma, callerOf(context).userId, id),
    },
    Mutation: {
      createStrategy: async (_parent, { input }, context) => {
        const read = readStrategy(input)
        if ('fault' in read) return read.fault
        const { userId } = callerOf(context)
        const { terms } = read
        const strategy = await insertStrategy(
          prisma,
          { ...terms, userId, id: ids.next('stg'), createdAt: clock.now() },
          MAX_STRATEGIES,
        )
        if (!strategy) return tooMany()
        return hasSameTerms(strategy, terms) ? written(strategy) : keyReused()
      },
      setStrategyEnabled: async (_parent, { input }, context) => {
        const { userId } = callerOf(context)
        const strategy = await findOwnStrategy(prisma, userId, input.id)
        if (!strategy) return unknown()
        if (strategy.enabled === input.enabled) return written(strategy)
        if (input.enabled) await strategies.enable(strategy)
        else await strategies.disable(strategy.id, 'USER')
        return written((await findOwnStrategy(prisma, userId, input.id)) ?? strategy)
      },
    },
    Order: {
      strategy: async ({ orderId }, _args, context) => {
        const cause = await causes(context).load(orderId)
        return cause && findOwnStrategy(prisma, callerOf(context).userId, cause.strategyId)
      },
      prediction: async ({ orderId }, _args, context) => {
        const cause = await causes(context).load(orderId)
        return cause && { id: cause.predictionId }
      },
    },
    Strategy: {
      market: ({ symbol }) => ({ symbol }),
      minProbability: ({ minProbability }) => minProbability / RATIO_SCALE,
      orderQuantity: ({ symbol, orderQuantity }) => formatIncrements(orderQuantity, instrumentOf(symbol).lot),
      maxPosition: ({ symbol, maxPosition }) => formatIncrements(maxPosition, instrumentOf(symbol).lot),
      maxSlippagePercent: ({ maxSlippageBps }) => formatDecimal(maxSlippageBps, 2),
      maxDailyLoss: ({ symbol, maxDailyLoss }) => formatDecimal(maxDailyLoss, instrumentOf(symbol).quoteScale),
      createdAt: ({ createdAt }) => new Date(createdAt).toISOString(),
      position: async (strategy) =>
        formatDecimal((await standingOf(strategy)).position, instrumentOf(strategy.symbol).baseScale),
      profit: async (strategy) => {
        const bid = feeds.get(strategy.symbol)?.market?.bids.best(1)[0]?.[0]
        if (bid === undefined) return null
        const instrument = instrumentOf(strategy.symbol)
        return formatDecimal(profitOf(instrument, await standingOf(strategy), bid), instrument.quoteScale)
      },
      orders: async (strategy, args) => {
        const page = pageOf(args, { keys: 2 })
        const key = (keys: readonly (string | number)[] | null) => keys && ([wholeKey(keys[0]), `${keys[1]}`] as const)
        const orders = await findStrategyOrders(prisma, strategy, {
          below: key(page.after),
          above: key(page.before),
          backward: page.backward,
          limit: page.first + 1,
        })
        return connection(orders, page, ({ decidedAt, predictionId }) => [decidedAt, predictionId])
      },
    },
    StrategyOrder: {
      prediction: ({ predictionId }) => ({ id: predictionId }),
      order: ({ orderId }, _args, context) => (orderId === null ? null : ownOrders(context).load(orderId)),
      quantity: ({ symbol, quantity }) => formatIncrements(quantity, instrumentOf(symbol).lot),
      price: ({ symbol, price }) => formatIncrements(price, instrumentOf(symbol).tick),
      decidedAt: ({ decidedAt }) => new Date(decidedAt).toISOString(),
    },
  }
}

const written = (strategy: StoredStrategy) => ({ __typename: 'StrategyWritten' as const, strategy })

const keyReused = () => ({
  __typename: 'ClientStrategyIdReused' as const,
  code: 'CLIENT_STRATEGY_ID_REUSED',
  message: 'The key belongs to another strategy of yours with other content.',
})

const tooMany = () => ({
  __typename: 'TooManyStrategies' as const,
  code: 'TOO_MANY_STRATEGIES',
  message: `A user has ${MAX_STRATEGIES} strategies at most.`,
})

const unknown = () => ({
  __typename: 'UnknownStrategy' as const,
  code: 'UNKNOWN_STRATEGY',
  message: 'There is no such strategy of yours.',
})
