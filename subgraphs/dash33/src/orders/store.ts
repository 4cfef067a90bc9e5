import type { PrismaClient } from '../database.ts'
import { isOrderId, type OrderSnapshot } from '../engine/index.ts'
import type { Order } from '../generated/prisma/client.ts'

export interface OrderFilter {
  readonly symbol?: string
  readonly openOnly: boolean
  /** The engine sequence behind which the page begins. */
  readonly before: number | null
}

/** An account's orders, newest first. */
export async function findOrders(
  prisma: PrismaClient,
  accountId: string,
  filter: OrderFilter,
  limit: number,
): Promise<OrderSnapshot[]> {
  const account = await prisma.account.findUnique({ where: { id: accountId } })
  if (!account) return []
  const orders = await prisma.order.findMany({
    where: {
      accountNo: account.no,
      ...(filter.symbol === undefined ? {} : { symbol: filter.symbol }),
      ...(filter.openOnly ? { closedAt: null } : {}),
      ...(filter.before === null ? {} : { engineSequence: { lt: filter.before } }),
    },
    orderBy: { engineSequence: 'desc' },
    take: limit,
  })
  return orders.map((order) => snapshotOf(order, accountId))
}

/** Those of the named orders that the account owns, by id. */
export async function findOwnOrders(
  prisma: PrismaClient,
  accountId: string,
  ids: readonly string[],
): Promise<Map<string, OrderSnapshot>> {
  const account = await prisma.account.findUnique({ where: { id: accountId } })
  if (!account) return new Map()
  const orders = await prisma.order.findMany({ where: { id: { in: ids.filter(isOrderId) }, accountNo: account.no } })
  return new Map(orders.map((order) => [order.id, snapshotOf(order, accountId)]))
}

function snapshotOf(order: Order, accountId: string): OrderSnapshot {
  const quantity = Number(order.quantity)
  const filledQuantity = Number(order.filledQuantity)
  return {
    orderId: order.id,
    clientOrderId: order.clientOrderId,
    accountId,
    symbol: order.symbol,
    side: order.side,
    type: order.type,
    timeInForce: order.timeInForce,
    price: order.price === null ? null : Number(order.price),
    quantity,
    filledQuantity,
    remainingQuantity: order.closedAt === null ? quantity - filledQuantity : 0,
    filledQuoteAmount: Number(order.filledQuoteAmount.toFixed(0)),
    status: order.status,
    createdAt: order.createdAt.getTime(),
    engineSequence: Number(order.engineSequence),
  }
}
