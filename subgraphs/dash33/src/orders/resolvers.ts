import { formatDecimal } from '@opsource/kernel'
import { connection, pageOf, perRequest, type SubgraphContext, wholeKey } from '@opsource/subgraph'
import DataLoader from 'dataloader'
import { accountIdOf, callerOf, type ReadYourWrites } from '../accounts/index.ts'
import type { PrismaClient } from '../database.ts'
import type { OrderSnapshot } from '../engine/acks.ts'
import type { Resolvers } from '../generated/graphql.ts'
import { findInstrument, formatIncrements, type Instrument, instrumentOf } from '../market/index.ts'
import type { OrderDesk } from './desk.ts'
import { findOrders, findOwnOrders } from './store.ts'

export interface OrderServices {
  readonly prisma: PrismaClient
  readonly desk: OrderDesk
  readonly writes: ReadYourWrites
}

export function orderResolvers({ prisma, desk, writes }: OrderServices): Resolvers {
  /** The caller's own orders by id: whoever owns no account finds none. */
  const ownOrders = perRequest(
    (context: SubgraphContext) =>
      new DataLoader<string, OrderSnapshot | null>(async (ids) => {
        const accountId = accountIdOf(callerOf(context).userId)
        await writes.settled(accountId)
        const orders = await findOwnOrders(prisma, accountId, ids)
        return ids.map((id) => orders.get(id) ?? null)
      }),
  )
  return {
    Query: {
      order: (_parent, { id }, context) => ownOrders(context).load(id),
      orders: async (_parent, args, context) => {
        const accountId = accountIdOf(callerOf(context).userId)
        const page = pageOf(args, { keys: 1 })
        if (args.symbol != null && !findInstrument(args.symbol)) return connection([], page, () => [])
        await writes.settled(accountId)
        const filter = {
          ...(args.symbol == null ? {} : { symbol: args.symbol }),
          openOnly: args.openOnly ?? false,
          before: page.after === null ? null : wholeKey(page.after[0]),
        }
        const orders = await findOrders(prisma, accountId, filter, page.first + 1)
        return connection(orders, page, (order) => [order.engineSequence])
      },
    },
    Mutation: {
      placeOrder: (_parent, { input }, context) => desk.place(callerOf(context).userId, input),
      cancelOrder: (_parent, { input }, context) => desk.cancel(callerOf(context).userId, input),
      submitOrderBatch: (_parent, { input }, context) =>
        desk.batch(callerOf(context).userId, input.cancels ?? [], input.orders ?? []),
    },
    Order: {
      __resolveReference: ({ id }, context) => ownOrders(context).load(id),
      id: (order) => order.orderId,
      market: ({ symbol }) => ({ symbol }),
      price: (order) => (order.price === null ? null : price(order, order.price)),
      quantity: (order) => quantity(order, order.quantity),
      filledQuantity: (order) => quantity(order, order.filledQuantity),
      remainingQuantity: (order) => quantity(order, order.remainingQuantity),
      filledQuoteAmount: (order) => formatDecimal(order.filledQuoteAmount, instrumentOf(order.symbol).quoteScale),
      createdAt: (order) => new Date(order.createdAt).toISOString(),
    },
    Fill: {
      price: (fill) => price(fill, fill.price),
      quantity: (fill) => quantity(fill, fill.quantity),
      fee: ({ fee, side, symbol }) => formatDecimal(fee, receivedScale(instrumentOf(symbol), side)),
    },
  }
}

const price = ({ symbol }: { symbol: string }, ticks: number) => formatIncrements(ticks, instrumentOf(symbol).tick)
const quantity = ({ symbol }: { symbol: string }, lots: number) => formatIncrements(lots, instrumentOf(symbol).lot)

/** A buyer receives the base asset, a seller the quote asset. */
function receivedScale(instrument: Instrument, side: 'BUY' | 'SELL'): number {
  return side === 'BUY' ? instrument.baseScale : instrument.quoteScale
}
