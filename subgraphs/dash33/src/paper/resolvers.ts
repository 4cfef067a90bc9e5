import type { Clock } from '@opsource/kernel'
import { formatDecimal } from '@opsource/kernel'
import { connection, fault, pageOf, perRequest, type SubgraphContext } from '@opsource/subgraph'
import type { Pool } from 'pg'
import { callerOf } from '../accounts/index.ts'
import type { Resolvers } from '../generated/graphql.ts'
import { assetScale, formatIncrements, instrumentOf } from '../market/index.ts'
import type { MarketFeed } from '../market-data/index.ts'
import type {
  BalanceParent,
  PaperAccountParent,
  PaperFillParent,
  PaperOrderParent,
  PositionParent,
} from '../parents.ts'
import {
  type CurveRange,
  equityCurve,
  equityOf,
  lastPricesOf,
  markPricesOf,
  performance,
  portfolioValue,
  profitOf,
  VALUE_ASSET,
  type Valuation,
  valuationsWithin,
  withPresent,
} from '../portfolio/index.ts'
import type { PaperDesk } from './desk.ts'
import { findFills } from './fill-store.ts'
import { readWatermark } from './follower-store.ts'
import type { PaperAccounts } from './opening.ts'
import { findOrders } from './order-store.ts'
import { positionsOf } from './positions.ts'
import { findAccount, findAccounts, findValuations, readBalances } from './store.ts'

export interface PaperServices {
  readonly pool: Pool
  readonly feeds: ReadonlyMap<string, MarketFeed>
  readonly clock: Clock
  readonly paperDesk: PaperDesk
  readonly paperAccounts: PaperAccounts
}

const instant = (time: number) => new Date(time).toISOString()
const inValueAsset = (amount: bigint) => formatDecimal(amount, assetScale(VALUE_ASSET))
const orNull = (amount: bigint | null) => (amount === null ? null : inValueAsset(amount))
const price = (symbol: string, ticks: number) => formatIncrements(ticks, instrumentOf(symbol).tick)
const quantity = (symbol: string, lots: number) => formatIncrements(lots, instrumentOf(symbol).lot)
const quote = (symbol: string, amount: bigint) => formatDecimal(amount, instrumentOf(symbol).quoteScale)

/** Paper accounts are their owner's alone: every answer begins with one that the caller has. */
export function paperResolvers({ pool, feeds, clock, paperDesk, paperAccounts }: PaperServices): Resolvers {
  const markPrice = markPricesOf(feeds)
  const balancesOf = async ({ id }: PaperAccountParent): Promise<BalanceParent[]> => {
    const balances = await readBalances(pool, [id])
    return [...balances.get(id)!].map(([asset, { total, held }]) => ({ asset, total, held }))
  }
  /** Folded once for all fields of one request. */
  const positions = perRequest(() => new Map<string, Promise<PositionParent[]>>())
  const readPositions = (context: SubgraphContext, { id }: PaperAccountParent) => {
    const known = positions(context).get(id) ?? findFills(pool, id).then(positionsOf)
    positions(context).set(id, known)
    return known
  }
  const readValuations =
    (account: PaperAccountParent, now: number) =>
    async (range: CurveRange): Promise<Valuation[]> => {
      const all = await findValuations(pool, account)
      const before = all.findLast(({ time }) => time <= range.from) ?? null
      const known = valuationsWithin(range, before, all)
      if (range.to < now || account.closedAt !== null) return known
      const totals = new Map((await balancesOf(account)).map(({ asset, total }) => [asset, total]))
      return withPresent(known, range.to, equityOf(totals, lastPricesOf(feeds)))
    }
  return {
    Query: {
      paperAccount: (_parent, { id }, context) => findAccount(pool, callerOf(context).userId, id),
      paperAccounts: async (_parent, { openOnly }, context) => {
        const accounts = await findAccounts(pool, callerOf(context).userId)
        return openOnly ? accounts.filter(({ closedAt }) => closedAt === null) : accounts
      },
    },
    Mutation: {
      openPaperAccount: (_parent, { input }, context) => paperAccounts.open(callerOf(context).userId, input),
      closePaperAccount: (_parent, { input }, context) =>
        paperAccounts.close(callerOf(context).userId, input.accountId),
      placePaperOrder: (_parent, { input }, context) => paperDesk.place(callerOf(context).userId, input),
      cancelPaperOrder: (_parent, { input }, context) => paperDesk.cancel(callerOf(context).userId, input),
    },
    PaperAccount: {
      openedAt: ({ openedAt }) => instant(openedAt),
      closedAt: ({ closedAt }) => (closedAt === null ? null : instant(closedAt)),
      watermark: () => readWatermark(pool),
      balances: balancesOf,
      positions: (account, _args, context) => readPositions(context, account),
      value: async (account) => orNull(portfolioValue(await balancesOf(account), markPrice)),
      openingEquity: ({ openingEquity }) => inValueAsset(openingEquity),
      realisedProfit: async (account, { method }, context) =>
        inValueAsset(profitOf(await readPositions(context, account), method, markPrice).realised),
      unrealisedProfit: async (account, { method }, context) =>
        orNull(profitOf(await readPositions(context, account), method, markPrice).unrealised),
      orders: async ({ id }, args) => {
        const page = pageOf(args, { keys: 1 })
        const orders = await findOrders(pool, {
          accountId: id,
          openOnly: args.openOnly ?? false,
          below: textKey(page.after?.[0]),
          above: textKey(page.before?.[0]),
          oldestFirst: page.backward,
          limit: page.first + 1,
        })
        return connection(orders, page, (order) => [order.id])
      },
      equityCurve: (account, args) => {
        const now = clock.now()
        return equityCurve(args, now, readValuations(account, now))
      },
      performance: (account, args) => {
        const now = clock.now()
        return performance(args, now, readValuations(account, now))
      },
    },
    PaperOrder: {
      market: ({ symbol }) => ({ symbol }),
      price: (order) => (order.price === null ? null : price(order.symbol, order.price)),
      quantity: (order) => quantity(order.symbol, order.quantity),
      filledQuantity: (order) => quantity(order.symbol, order.filledQuantity),
      remainingQuantity: (order) => quantity(order.symbol, remainingOf(order)),
      filledQuoteAmount: (order) => quote(order.symbol, order.filledQuoteAmount),
      ahead: (order) => quantity(order.symbol, order.ahead),
      createdAt: ({ createdAt }) => instant(createdAt),
      closedAt: ({ closedAt }) => (closedAt === null ? null : instant(closedAt)),
      fills: async ({ accountId, id }, args) => {
        const page = pageOf(args, { keys: 2 })
        const fills = await findFills(pool, accountId, id)
        const behind = page.after ? fills.findIndex((fill) => isAt(fill, page.after)) + 1 : 0
        return connection(fills.slice(behind, behind + page.first + 1), page, (fill) => [fill.engineSequence, fill.leg])
      },
    },
    PaperFill: {
      price: (fill) => price(fill.symbol, fill.price),
      quantity: (fill) => quantity(fill.symbol, fill.quantity),
      quoteAmount: (fill) => quote(fill.symbol, BigInt(fill.quoteAmount)),
      fee: ({ symbol, side, fee }) => {
        const { baseScale, quoteScale } = instrumentOf(symbol)
        return formatDecimal(fee, side === 'BUY' ? baseScale : quoteScale)
      },
      liquidity: ({ isMaker }) => (isMaker ? 'MAKER' : 'TAKER'),
      executedAt: ({ executedAt }) => instant(executedAt),
    },
  }
}

const remainingOf = (order: PaperOrderParent) => (order.closedAt === null ? order.quantity - order.filledQuantity : 0)

const isAt = ({ engineSequence, leg }: PaperFillParent, keys: readonly (string | number)[] | null) =>
  engineSequence === keys?.[0] && leg === keys[1]

function textKey(key: string | number | undefined): string | null {
  if (key === undefined || typeof key === 'string') return key ?? null
  throw fault('BAD_USER_INPUT', 'That is not a cursor of this connection.')
}
