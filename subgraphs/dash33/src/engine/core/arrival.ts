import { BUY, SELL } from '../../book/index.ts'
import type { RiskApproved } from './approval.ts'
import { cancel, close, isOpen } from './closing.ts'
import { FOK, IOC, LIMIT, MARKET, NO_REASON, REASON, STOP_LIMIT, TRADING } from './codes.ts'
import type { Exchange } from './exchange.ts'
import type { Market } from './market.ts'
import { BAND, BUDGET, type End, NO_MORE, OWN } from './matching.ts'
import { bestOpposite, protectedFrom } from './pricing.ts'
import { suffices } from './whole-or-nothing.ts'

/** An order comes to its book: it trades what it can, then rests or ends. */
export function arrive(x: Exchange, order: RiskApproved): void {
  const { orders } = x
  const market = x.marketOf(order)
  if (market.status !== TRADING) {
    rest(x, order)
    return
  }
  market.roll(x.time)
  const limit = limitOf(x, market, order)
  if (orders.timeInForce(order) === FOK && !suffices(x, market, order, limit)) {
    cancel(x, order, REASON.FILL_OR_KILL)
    return
  }
  const end = x.taking.run(order, limit)
  if (orders.remaining(order) === 0) close(x, order, NO_REASON)
  else if (isOpen(x, order)) finish(x, market, order, end)
}

function finish(x: Exchange, market: Market, order: RiskApproved, end: End): void {
  if (mayRest(x, order) && (end === NO_MORE || end === BAND)) rest(x, order)
  else cancel(x, order, reasonOf(x, market, order, end))
}

/** Puts what is left at the end of its price's queue. */
function rest(x: Exchange, order: RiskApproved): void {
  const { orders } = x
  const { pool } = orders
  const remaining = orders.remaining(order)
  const peak = pool.peak[order]!
  const shown = peak > 0 ? Math.min(peak, remaining) : remaining
  pool.shown[order] = shown
  pool.hidden[order] = remaining - shown
  x.marketOf(order).book.rest(order)
}

function mayRest(x: Exchange, slot: number): boolean {
  const type = x.orders.type(slot)
  const timeInForce = x.orders.timeInForce(slot)
  return (type === LIMIT || type === STOP_LIMIT) && timeInForce !== IOC && timeInForce !== FOK
}

function reasonOf(x: Exchange, market: Market, slot: number, end: End): number {
  if (end === OWN) return REASON.SELF_TRADE
  if (end === BAND) return REASON.PRICE_BAND
  const type = x.orders.type(slot)
  const limited = type === LIMIT || type === STOP_LIMIT
  if (end === BUDGET || limited || bestOpposite(market, x.orders.pool.side[slot]!) === 0) return REASON.REMAINDER
  return REASON.PROTECTION
}

/** The worst price of an order as it arrives. */
function limitOf(x: Exchange, market: Market, slot: number): number {
  const { orders } = x
  const { pool } = orders
  const side = pool.side[slot] === BUY ? BUY : SELL
  let price = pool.price[slot]!
  if (price === 0 && orders.type(slot) === MARKET) price = protectedFrom(market, side, bestOpposite(market, side))
  if (price !== 0) return price
  return side === BUY ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY
}
