import type { Side } from '../engine/commands.ts'
import type { Lots, Ticks } from '../market/instruments.ts'

/** A real trade, as paper orders see it. */
export interface RealTrade {
  readonly engineSequence: number
  readonly leg: number
  readonly symbol: string
  readonly price: Ticks
  readonly quantity: Lots
  /** Engine time, milliseconds since the Unix epoch. */
  readonly executedAt: number
}

/** A paper order that rests beside the real book. */
export interface RestingOrder {
  readonly id: string
  readonly accountId: string
  readonly symbol: string
  readonly side: Side
  readonly price: Ticks
  /** The last real command that it was placed against. */
  readonly engineSequence: number
  readonly remaining: Lots
  /** Lots that were shown at its price before it and have not traded since. */
  readonly ahead: Lots
}

/** What a real trade does to a resting paper order. */
export interface Reached {
  readonly order: RestingOrder
  readonly ahead: Lots
  /** Lots that it fills, at the order's own price; 0 where only the queue moved. */
  readonly filled: Lots
}

/**
 * The queue model. Only trades after the order's placement count, whoever took. A trade at a strictly better price for the market's other
 * side (below a buy's price, above a sell's) has passed all that was ahead, and fills up to what was traded. A trade at the order's price
 * first uses up what was ahead of it; what the trade has left fills. What left the queue ahead without trading is not seen, so that an
 * order waits rather too long. One trade never fills more, of all orders of an account on one side, than it traded; the better price comes
 * first, then who came first. Accounts do not see each other.
 * @param orders of the trade's market.
 */
export function reachedBy(trade: RealTrade, orders: readonly RestingOrder[]): Reached[] {
  const taken = new Map<string, Lots>()
  const reached: Reached[] = []
  for (const order of orders.filter((each) => isReached(trade, each)).sort(byPriority)) {
    const key = `${order.accountId} ${order.side}`
    const isThrough = order.price !== trade.price
    const before = taken.get(key) ?? 0
    const passed = isThrough ? 0 : order.ahead
    const filled = Math.min(order.remaining, Math.max(0, trade.quantity - passed - before))
    taken.set(key, before + filled)
    reached.push({ order, filled, ahead: isThrough ? 0 : Math.max(0, order.ahead - trade.quantity) })
  }
  return reached
}

function isReached({ engineSequence, price }: RealTrade, order: RestingOrder): boolean {
  if (engineSequence <= order.engineSequence || order.remaining === 0) return false
  return order.side === 'BUY' ? price <= order.price : price >= order.price
}

/** Ids rise with time. */
function byPriority(a: RestingOrder, b: RestingOrder): number {
  const better = a.side === 'BUY' ? b.price - a.price : a.price - b.price
  return a.side === b.side && better !== 0 ? better : a.id < b.id ? -1 : 1
}
