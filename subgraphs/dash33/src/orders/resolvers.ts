import { formatDecimal } from '@opsource/kernel'
import { connection, pageOf, perRequest, type SubgraphContext } from '@opsource/subgraph'
import DataLoader from 'dataloader'
import type { Pool } from 'pg'
import { accountIdOf, callerOf, type ReadYourWrites } from '../accounts/index.ts'
import type { OrderSnapshot } from '../engine/acks.ts'
import { fillPage, findFills } from '../fills/index.ts'
import type { Resolvers } from '../generated/graphql.ts'
import { findInstrument, formatIncrements, type Instrument, instrumentOf } from '../market/index.ts'
import type { OrderDesk } from './desk.ts'
import { ownOrderLoader } from './own-orders.ts'
import { findGroups, findOrders } from './store.ts'

export interface OrderServices {
  readonly pool: Pool
  readonly desk: OrderDesk
  readonly writes: ReadYourWrites
}

const DAY_MS = 86_400_000

export function orderResolvers({ pool, desk, writes }: OrderServices): Resolvers {
  const ownOrders = ownOrderLoader(pool, writes)
  /** Of the caller's own orders. */
  const ownGroups = perRequest(
    (context: SubgraphContext) =>
      new DataLoader<string, OrderSnapshot[]>(async (groupIds) => {
        const accountId = accountIdOf(callerOf(context).userId)
        await writes.settled(accountId)
        const groups = await findGroups(pool, accountId, groupIds)
        return groupIds.map((id) => groups.get(id) ?? [])
      }),
  )
  /** An order as it stands at a command or later. A subscription's request lives long: what it has read before is out of date. */
  const orderAt = async (context: SubgraphContext, orderId: string, sequence: number) => {
    await writes.contains(sequence)
    return ownOrders(context).clear(orderId).load(orderId)
  }
  return {
    Query: {
      order: (_parent, { id }, context) => ownOrders(context).load(id),
      orders: async (_parent, args, context) => {
        const accountId = accountIdOf(callerOf(context).userId)
        const page = pageOf(args, { keys: 2 })
        const symbol = args.symbol ?? null
        await writes.settled(accountId)
        const { watermark } = writes
        if (symbol !== null && !findInstrument(symbol)) return { ...connection([], page, () => []), watermark }
        const orders = await findOrders(pool, accountId, { symbol, openOnly: args.openOnly ?? false }, page)
        const keysOf = (order: OrderSnapshot) => [order.engineSequence, order.orderId]
        return { ...connection(orders, page, keysOf), watermark }
      },
    },
    Mutation: {
      placeOrder: (_parent, { input }, context) => desk.place(callerOf(context).userId, input),
      placeOrders: (_parent, { input }, context) => desk.placeMany(callerOf(context).userId, input.orders),
      placeOco: (_parent, { input }, context) => desk.placeOco(callerOf(context).userId, input),
      placeBracket: (_parent, { input }, context) => desk.placeBracket(callerOf(context).userId, input),
      amendOrder: (_parent, { input }, context) => desk.amend(callerOf(context).userId, input),
      cancelOrder: (_parent, { input }, context) => desk.cancel(callerOf(context).userId, input),
      cancelAllOrders: (_parent, { input }, context) => desk.cancelAll(callerOf(context).userId, input),
      cancelAllOrdersAfter: (_parent, { input }, context) => desk.cancelAllAfter(callerOf(context).userId, input),
      submitOrderBatch: (_parent, { input }, context) => desk.batch(callerOf(context).userId, input),
    },
    Order: {
      __resolveReference: ({ id }, context) => ownOrders(context).load(id),
      id: (order) => order.orderId,
      market: ({ symbol }) => ({ symbol }),
      price: (order) => price(order, order.price),
      stopPrice: (order) => price(order, order.stopPrice),
      trailingAmount: (order) => price(order, order.trailingAmount),
      trailingPercent: ({ trailingBps }) => (trailingBps === null ? null : formatDecimal(trailingBps, 2)),
      quantity: (order) => quantity(order, order.quantity),
      displayQuantity: (order) => (order.displayQuantity === null ? null : quantity(order, order.displayQuantity)),
      filledQuantity: (order) => quantity(order, order.filledQuantity),
      remainingQuantity: (order) => quantity(order, order.remainingQuantity),
      filledQuoteAmount: (order) => formatDecimal(order.filledQuoteAmount, instrumentOf(order.symbol).quoteScale),
      averagePrice: (order) => averagePriceOf(order),
      expiresAt: (order) => expiryOf(order),
      linkedOrders: async ({ groupId, orderId }, _args, context) =>
        groupId === null ? [] : (await ownGroups(context).load(groupId)).filter((order) => order.orderId !== orderId),
      fills: async ({ accountId, orderId }, args) => {
        const page = pageOf(args, { keys: 2 })
        await writes.settled(accountId)
        return fillPage(await findFills(pool, { accountId, symbol: null, orderId }, page), page)
      },
      createdAt: (order) => new Date(order.createdAt).toISOString(),
    },
    Fill: { order: ({ orderId, sequence }, _args, context) => orderAt(context, orderId, sequence) },
    OrderUpdate: { order: ({ orderId, sequence }, _args, context) => orderAt(context, orderId, sequence) },
  }
}

const quantity = ({ symbol }: OrderSnapshot, lots: number) => formatIncrements(lots, instrumentOf(symbol).lot)

function price({ symbol }: OrderSnapshot, ticks: number | null): string | null {
  return ticks === null ? null : formatIncrements(ticks, instrumentOf(symbol).tick)
}

/** Quote minor units per base unit, rounded down: what is left behind the last decimal place nobody is paid. */
function averagePriceOf({ symbol, filledQuantity, filledQuoteAmount }: OrderSnapshot): string | null {
  if (filledQuantity === 0) return null
  const { lot, quoteScale }: Instrument = instrumentOf(symbol)
  const base = BigInt(filledQuantity) * BigInt(lot.units)
  return formatDecimal((BigInt(filledQuoteAmount) * 10n ** BigInt(lot.scale)) / base, quoteScale)
}

function expiryOf({ timeInForce, expiresAt, createdAt }: OrderSnapshot): string | null {
  const at = timeInForce === 'DAY' ? (Math.floor(createdAt / DAY_MS) + 1) * DAY_MS : expiresAt
  return at === null ? null : new Date(at).toISOString()
}
