import { BUY, NONE } from '../../book/index.ts'
import {
  approve,
  holdRate,
  refusedByBalance,
  refusedByPostOnly,
  refusedByRules,
  refusedByShape,
  refusedByVenue,
} from './approval.ts'
import { arrive } from './arrival.ts'
import { stopWaiting } from './closing.ts'
import {
  COUNTED,
  LIMIT,
  NO_ROLE,
  PAIRED,
  PENDING,
  POST_ONLY,
  PRICED,
  STOP_LIMIT,
  STOP_MARKET,
  TRAILING_STOP,
  TRIGGERED,
  WAITS_FOR_ENTRY,
} from './codes.ts'
import type { Draft } from './draft.ts'
import { count, wait } from './entering.ts'
import type { Exchange } from './exchange.ts'
import { followUp } from './follow-up.ts'
import { countedPrice, worstPrice } from './pricing.ts'
import { REFUSED, type RefusalCode } from './refusal.ts'
import { adjustHold, uncount } from './settlement.ts'

/**
 * Gives an open or pending order other terms; 0: this one stays.
 * @param quantity all of it, what has traded included
 * @returns whether it kept its place, or null where `x.refusal` says why not
 */
export function amend(x: Exchange, slot: number, quantity: number, price: number, stop: number): boolean | null {
  if (slot === NONE) return refuse(x, REFUSED.ORDER_NOT_OPEN)
  const { orders } = x
  const market = x.marketOf(slot)
  const account = orders.pool.owner[slot]!
  if (refusedByVenue(x, account, market)) return null
  const fault = shapeFault(x, slot, quantity, price, stop)
  if (fault !== null) return refuse(x, fault)
  const draft = draftOf(x, slot, quantity, price, stop)
  const lots = draft.quantity - orders.filled(slot)
  const counted = orders.has(slot, COUNTED)
  if (counted) uncount(x, slot, orders.remaining(slot))
  const needed = holdOf(x, slot, draft, lots)
  if (isRefused(x, slot, draft, lots, needed)) {
    if (counted) count(x, slot)
    return null
  }
  x.accounts.countMessage(account, x.second)
  const kept = change(x, slot, draft, lots, needed, counted)
  followUp(x)
  return kept
}

function refuse(x: Exchange, code: RefusalCode): null {
  x.refusal.because(code)
  return null
}

/** What this order does not have, or may not become. */
function shapeFault(x: Exchange, slot: number, quantity: number, price: number, stop: number): RefusalCode | null {
  const { orders } = x
  const type = orders.type(slot)
  const limited = type === LIMIT || type === STOP_LIMIT
  const stops = orders.status(slot) === PENDING && (type === STOP_MARKET || type === STOP_LIMIT)
  if ((price !== 0 && !limited) || (stop !== 0 && !stops)) return REFUSED.AMENDMENT_NOT_ALLOWED
  const resized = quantity !== 0 && quantity !== orders.quantity(slot)
  if (resized && orders.role(slot) !== NO_ROLE) return REFUSED.AMENDMENT_NOT_ALLOWED
  if (quantity !== 0 && quantity <= orders.filled(slot)) return REFUSED.QUANTITY_BELOW_FILLED
  return orders.has(slot, PAIRED) && crossesPartner(x, slot, price, stop) ? REFUSED.PRICES_OUT_OF_ORDER : null
}

/** Whether the limit of a pair would come to the wrong side of its stop. */
function crossesPartner(x: Exchange, slot: number, price: number, stop: number): boolean {
  const { orders } = x
  const { pool } = orders
  const isLimit = orders.type(slot) === LIMIT
  const limitLeg = isLimit ? slot : orders.partner(slot)
  const stopLeg = isLimit ? orders.partner(slot) : slot
  const limit = isLimit && price !== 0 ? price : pool.price[limitLeg]!
  const trigger = !isLimit && stop !== 0 ? stop : orders.stop(stopLeg)
  return pool.side[slot] === BUY ? limit >= trigger : limit <= trigger
}

/** The order as it would be asked for now. */
function draftOf(x: Exchange, slot: number, quantity: number, price: number, stop: number): Draft {
  const { orders, scratch } = x
  const { pool } = orders
  const triggered = orders.has(slot, TRIGGERED)
  scratch.account = pool.owner[slot]!
  scratch.market = orders.market(slot)
  scratch.side = pool.side[slot] === BUY ? 0 : 1
  scratch.type = triggered ? LIMIT : orders.type(slot)
  scratch.timeInForce = orders.timeInForce(slot)
  scratch.price = price !== 0 ? price : orders.has(slot, PRICED) ? pool.price[slot]! : 0
  scratch.quantity = quantity !== 0 ? quantity : orders.quantity(slot)
  scratch.stop = triggered ? 0 : stop !== 0 ? stop : orders.stop(slot)
  scratch.trailingAmount = orders.trailingAmount(slot)
  scratch.trailingBps = orders.trailingBps(slot)
  scratch.peak = pool.peak[slot]!
  scratch.postOnly = orders.has(slot, POST_ONLY)
  scratch.selfTrade = orders.selfTrade(slot)
  scratch.expiresAt = x.deadlines.timeOf(slot) ?? 0
  scratch.role = orders.role(slot)
  return scratch
}

function rateOf(x: Exchange, slot: number, draft: Draft): number {
  return draft.type === TRAILING_STOP ? x.orders.rate(slot) : holdRate(x.marketOf(slot), draft)
}

/** What is to be held for the order: nothing by an exit that waits, the larger of the two by a pair, on its limit leg. */
function holdOf(x: Exchange, slot: number, draft: Draft, lots: number): number {
  const { orders } = x
  if (orders.has(slot, WAITS_FOR_ENTRY)) return 0
  const rate = rateOf(x, slot, draft)
  return (orders.has(slot, PAIRED) ? Math.max(rate, orders.rate(orders.partner(slot))) : rate) * lots
}

function isRefused(x: Exchange, slot: number, draft: Draft, lots: number, needed: number): boolean {
  const { orders } = x
  // Exits reduce risk: they are tested when they are set free, and for balance only.
  if (orders.has(slot, WAITS_FOR_ENTRY)) return false
  const holder = holderOf(x, slot)
  return (
    refusedByShape(x, draft) ||
    refusedByRules(x, draft, 0, lots) ||
    (orders.status(slot) !== PENDING && refusedByPostOnly(x, draft)) ||
    (needed > orders.held(holder) && refusedByBalance(x, draft, needed, orders.held(holder)))
  )
}

/** The order that carries the hold: of a pair its limit leg. */
function holderOf(x: Exchange, slot: number): number {
  const { orders } = x
  return orders.has(slot, PAIRED) && orders.type(slot) !== LIMIT ? orders.partner(slot) : slot
}

function change(x: Exchange, slot: number, draft: Draft, lots: number, needed: number, counted: boolean): boolean {
  const { orders } = x
  const { pool } = orders
  const market = x.marketOf(slot)
  const worst = worstPrice(market, draft)
  const less = orders.remaining(slot) - lots
  const resting = pool.level[slot] !== NONE
  const moved = resting && (worst !== pool.price[slot] || less < 0)
  const same = less === 0 && worst === pool.price[slot] && (draft.stop === 0 || draft.stop === orders.stop(slot))
  if (moved) market.book.remove(slot)
  else if (resting && less > 0) market.book.reduce(slot, less)
  const waiting = orders.status(slot) === PENDING
  const requeued = waiting && orders.type(slot) !== TRAILING_STOP && !orders.has(slot, WAITS_FOR_ENTRY)
  if (requeued) stopWaiting(x, slot)
  if (!orders.has(slot, WAITS_FOR_ENTRY)) orders.setRate(slot, rateOf(x, slot, draft))
  if (orders.type(slot) !== TRAILING_STOP) pool.price[slot] = worst
  orders.setValue(slot, countedPrice(x, draft) * market.quoteUnits)
  if (waiting) orders.setStop(slot, draft.stop)
  orders.setQuantity(slot, draft.quantity)
  orders.setRemaining(slot, lots)
  adjustHold(x, holderOf(x, slot), needed)
  if (counted) count(x, slot)
  if (requeued) wait(x, slot, 0)
  if (!same) x.sink.amended(slot, false, !moved)
  if (moved) arrive(x, approve(slot))
  return !moved
}
