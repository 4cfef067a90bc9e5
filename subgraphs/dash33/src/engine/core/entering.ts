import { NONE } from '../../book/index.ts'
import { expiryOf } from './approval.ts'
import {
  COUNTED,
  DEADLINE,
  FOK,
  IOC,
  LIMIT,
  MARKET,
  NO_REASON,
  OPEN,
  PENDING,
  POST_ONLY,
  PRICED,
  STOP_LIMIT,
  TRAILING_STOP,
} from './codes.ts'
import type { Draft } from './draft.ts'
import { type Exchange, ORDERS_PER_COMMAND } from './exchange.ts'
import { bestAtArrival, countedPrice, worstPrice } from './pricing.ts'
import { countByMarket } from './sums.ts'

/**
 * Gives an order its slot, id, hold and place among the account's orders; it is on no book and in no queue yet.
 * @param rate minor units to hold for one lot
 * @param held minor units to hold now
 */
export function enter(x: Exchange, draft: Draft, rate: number, held: number): number {
  const { orders } = x
  const { pool } = orders
  const slot = pool.allocate()
  const market = x.markets[draft.market]!
  pool.id[slot] = x.sequence * ORDERS_PER_COMMAND + x.placed++
  pool.price[slot] = worstPrice(market, draft)
  pool.peak[slot] = draft.peak
  pool.owner[slot] = draft.account
  pool.side[slot] = draft.side
  orders.setMarket(slot, draft.market)
  orders.setType(slot, draft.type)
  orders.setTimeInForce(slot, draft.timeInForce)
  orders.setSelfTrade(slot, draft.selfTrade)
  orders.setStatus(slot, draft.type === LIMIT || draft.type === MARKET ? OPEN : PENDING)
  orders.setRole(slot, draft.role)
  orders.setFlags(slot, (draft.postOnly ? POST_ONLY : 0) | (draft.price !== 0 ? PRICED : 0))
  orders.setReason(slot, NO_REASON)
  orders.setQuantity(slot, draft.quantity)
  orders.setRemaining(slot, draft.quantity)
  orders.setHeld(slot, held)
  orders.setRate(slot, rate)
  orders.setValue(slot, countedPrice(x, draft) * market.quoteUnits)
  orders.setFilledQuote(slot, 0)
  orders.setReceived(slot, 0)
  orders.setStop(slot, draft.stop)
  orders.setTrailingAmount(slot, draft.trailingAmount)
  orders.setTrailingBps(slot, draft.trailingBps)
  x.index.set(pool.id[slot]!, slot)
  append(x, slot)
  x.accounts.countOrder(draft.account, draft.market, 1)
  if (x.accounts.hasGrown(draft.account)) countByMarket(x, draft.account)
  if (held !== 0) x.balances.hold(x.paidCell(slot), held)
  const expiry = expiryOf(x, draft)
  if (expiry !== 0) {
    orders.mark(slot, DEADLINE)
    x.deadlines.set(slot, expiry, pool.id[slot]!)
  }
  return slot
}

/** An order's lots count towards position and exposure from now on; one that never rests is gone before that could matter. */
export function count(x: Exchange, slot: number): void {
  const { accounts, orders } = x
  const timeInForce = orders.timeInForce(slot)
  if (timeInForce === IOC || timeInForce === FOK) return
  orders.mark(slot, COUNTED)
  const account = orders.pool.owner[slot]!
  if (!accounts.isSummed(account)) return
  const lots = orders.remaining(slot)
  const buys = orders.pool.side[slot] === 0 ? lots : 0
  accounts.countLots(account, orders.market(slot), buys, lots * orders.value(slot))
}

/** Lets a stop wait for its price. */
export function wait(x: Exchange, slot: number, best: number): void {
  const { orders } = x
  const market = x.marketOf(slot)
  const side = orders.pool.side[slot]!
  const id = orders.pool.id[slot]!
  const stop = orders.stop(slot)
  if (orders.type(slot) !== TRAILING_STOP) {
    const queue = orders.type(slot) === STOP_LIMIT ? market.limitStops : market.marketStops
    queue.add(slot, side, stop, id)
    return
  }
  const amount = orders.trailingAmount(slot)
  const bps = orders.trailingBps(slot)
  market.marketStops.follow(slot, side, id, amount, bps, stop === 0 ? Number.NaN : stop, best === 0 ? Number.NaN : best)
}

/** The best price that a stop begins with: of a trailing stop the last price, once it is active. */
export const bestOf = (x: Exchange, draft: Draft): number =>
  draft.type === TRAILING_STOP ? bestAtArrival(x.markets[draft.market]!, draft) : 0

/** Makes an order the newest of its account. */
export function append(x: Exchange, slot: number): void {
  const { orders, accounts } = x
  const account = orders.pool.owner[slot]!
  const last = accounts.last(account)
  orders.setPreviousOfAccount(slot, last)
  orders.setNextOfAccount(slot, NONE)
  if (last === NONE) accounts.setFirst(account, slot)
  else orders.setNextOfAccount(last, slot)
  accounts.setLast(account, slot)
}
