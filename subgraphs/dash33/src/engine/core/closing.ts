import { NONE } from '../../book/index.ts'
import {
  CANCELLED,
  COUNTED,
  DEADLINE,
  EXPIRED,
  HAS_EXITS,
  PAIRED,
  PARTIALLY_FILLED,
  PENDING,
  REASON,
  STOP_LIMIT,
  WAITS_FOR_ENTRY,
} from './codes.ts'
import type { Exchange } from './exchange.ts'
import { releaseAll, releaseSurplus, uncount } from './settlement.ts'

/** Ends an open or pending order before all of it has traded, wherever it is, and whatever hangs on it. */
export function cancel(x: Exchange, slot: number, reason: number): void {
  const { orders } = x
  if (orders.pool.level[slot] !== NONE) x.marketOf(slot).book.remove(slot)
  else if (orders.status(slot) === PENDING) stopWaiting(x, slot)
  releaseAll(x, slot)
  orders.setStatus(slot, reason === REASON.EXPIRED ? EXPIRED : CANCELLED)
  orders.setReason(slot, reason)
  x.sink.cancelled(slot, reason)
  close(x, slot, reason)
}

/** Takes an order that is done, and off the book, out of everything. */
export function close(x: Exchange, slot: number, reason: number): void {
  const { orders, accounts } = x
  const account = orders.pool.owner[slot]!
  x.index.delete(orders.pool.id[slot]!)
  unlink(x, slot)
  accounts.countOrder(account, orders.market(slot), -1)
  const flags = orders.flags(slot)
  if ((flags & COUNTED) !== 0) uncount(x, slot, orders.remaining(slot))
  if ((flags & DEADLINE) !== 0) x.deadlines.remove(slot)
  x.sink.closed(slot)
  x.bury(slot)
  if ((flags & (PAIRED | HAS_EXITS)) === 0) return
  if (orders.has(slot, PAIRED)) endPair(x, slot, reason)
  if (orders.has(slot, HAS_EXITS)) endEntry(x, slot)
}

/** The other leg goes: one of the two has traded, was triggered or has left. */
export function endPair(x: Exchange, slot: number, reason: number): void {
  const { orders } = x
  const other = orders.partner(slot)
  orders.clear(slot, PAIRED)
  orders.clear(other, PAIRED)
  if (orders.has(slot, WAITS_FOR_ENTRY)) orders.clear(orders.bracket(slot), HAS_EXITS)
  cancel(x, other, LEAVE_TOGETHER.has(reason) ? reason : REASON.OTHER_LEG)
  if (isOpen(x, slot)) releaseSurplus(x, slot)
}

export const isOpen = (x: Exchange, slot: number): boolean => x.orders.status(slot) <= PARTIALLY_FILLED

/** Reasons that are meant for both orders of a pair. */
const LEAVE_TOGETHER: ReadonlySet<number> = new Set([
  REASON.REQUESTED,
  REASON.MASS_CANCEL,
  REASON.EXPIRED,
  REASON.ENTRY_CLOSED,
  REASON.REFUSED_AT_TRIGGER,
  REASON.DEAD_MAN,
  REASON.KILL_SWITCH,
])

function endEntry(x: Exchange, slot: number): void {
  const { orders } = x
  if (orders.filled(slot) > 0) x.closedEntries.push(slot)
  else cancel(x, orders.bracket(slot), REASON.ENTRY_CLOSED)
}

export function stopWaiting(x: Exchange, slot: number): void {
  const { orders } = x
  if (orders.has(slot, WAITS_FOR_ENTRY)) return
  const market = x.marketOf(slot)
  const queue = orders.type(slot) === STOP_LIMIT ? market.limitStops : market.marketStops
  queue.remove(slot)
}

function unlink(x: Exchange, slot: number): void {
  const { orders, accounts } = x
  const account = orders.pool.owner[slot]!
  const previous = orders.previousOfAccount(slot)
  const next = orders.nextOfAccount(slot)
  if (previous === NONE) accounts.setFirst(account, next)
  else orders.setNextOfAccount(previous, next)
  if (next === NONE) accounts.setLast(account, previous)
  else orders.setPreviousOfAccount(next, previous)
}
