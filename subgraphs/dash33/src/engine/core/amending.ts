import { BUY, NONE } from '../../book/index.ts'
import { isExactAmount } from './amounts.ts'
import {
  approve,
  holdRate,
  refusedAsMet,
  refusedByBalance,
  refusedByPostOnly,
  refusedByRules,
  refusedByShape,
  refusedByVenue,
} from './approval.ts'
import { arrive } from './arrival.ts'
import { areOutOfOrder } from './brackets.ts'
import { stopWaiting } from './closing.ts'
import {
  COUNTED,
  HAS_EXITS,
  LIMIT,
  NO_ROLE,
  OCO_STOP,
  PAIRED,
  PENDING,
  POST_ONLY,
  PRICED,
  STOP_LIMIT,
  STOP_LOSS,
  STOP_MARKET,
  TAKE_PROFIT,
  TRAILING_STOP,
  TRIGGERED,
  WAITS_FOR_ENTRY,
} from './codes.ts'
import type { Draft } from './draft.ts'
import { count, wait } from './entering.ts'
import type { Exchange } from './exchange.ts'
import { followUp } from './follow-up.ts'
import { isOutOfOrder } from './pairs.ts'
import { countedValue, worstPrice } from './pricing.ts'
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
  if (!isAllowed(x, slot, quantity, price, stop)) return refuse(x, REFUSED.AMENDMENT_NOT_ALLOWED)
  if (quantity !== 0 && quantity <= orders.filled(slot)) return refuse(x, REFUSED.QUANTITY_BELOW_FILLED)
  if (!changes(x, slot, quantity, price, stop)) return true
  const draft = draftOf(x, slot, quantity, price, stop)
  const worst = worstOf(x, slot, draft)
  const lots = draft.quantity - orders.filled(slot)
  const moves =
    orders.pool.level[slot] !== NONE && (worst !== orders.pool.price[slot] || lots > orders.remaining[slot]!)
  const rate = rateOf(x, slot, draft, worst)
  const needed = holdOf(x, slot, rate, lots)
  const counted = orders.has(slot, COUNTED)
  if (counted) uncount(x, slot, orders.remaining[slot]!)
  if (isRefused(x, slot, draft, lots, needed, moves)) {
    if (counted) count(x, slot)
    return null
  }
  x.accounts.countMessage(account, x.time)
  change(x, slot, draft, worst, rate, moves)
  adjustHold(x, holderOf(x, slot), needed)
  if (counted) count(x, slot)
  x.sink.amended(slot, false, !moves)
  if (moves) arrive(x, approve(slot))
  followUp(x)
  return !moves
}

function refuse(x: Exchange, code: RefusalCode): null {
  x.refusal.because(code)
  return null
}

/** Whether this order has what is to be changed. */
function isAllowed(x: Exchange, slot: number, quantity: number, price: number, stop: number): boolean {
  const { orders } = x
  const type = orders.type[slot]!
  const hasPrice = type === LIMIT || type === STOP_LIMIT
  const hasStop = orders.status[slot] === PENDING && (type === STOP_MARKET || type === STOP_LIMIT)
  return !((quantity !== 0 && orders.role[slot] !== NO_ROLE) || (price !== 0 && !hasPrice) || (stop !== 0 && !hasStop))
}

function changes(x: Exchange, slot: number, quantity: number, price: number, stop: number): boolean {
  const { orders } = x
  return (
    (quantity !== 0 && quantity !== orders.quantity[slot]) ||
    (price !== 0 && price !== orders.pool.price[slot]) ||
    (stop !== 0 && stop !== orders.stop[slot])
  )
}

/** The order as it would be asked for now: one that was triggered is a limit order. */
function draftOf(x: Exchange, slot: number, quantity: number, price: number, stop: number): Draft {
  const { orders, scratch } = x
  const { pool } = orders
  const triggered = orders.has(slot, TRIGGERED)
  scratch.account = pool.owner[slot]!
  scratch.market = orders.market[slot]!
  scratch.side = pool.side[slot] === BUY ? 0 : 1
  scratch.type = triggered ? LIMIT : orders.type[slot]!
  scratch.timeInForce = orders.timeInForce[slot]!
  scratch.price = price || (orders.has(slot, PRICED) ? pool.price[slot]! : 0)
  scratch.quantity = quantity || orders.quantity[slot]!
  scratch.stop = triggered ? 0 : stop || orders.stop[slot]!
  scratch.trailingAmount = orders.trailingAmount[slot]!
  scratch.trailingBps = orders.trailingBps[slot]!
  scratch.peak = pool.peak[slot]!
  scratch.postOnly = orders.has(slot, POST_ONLY)
  scratch.selfTrade = orders.selfTrade[slot]!
  scratch.expiresAt = x.deadlines.timeOf(slot) ?? 0
  scratch.role = orders.role[slot]!
  return scratch
}

/** The protection of a stop follows its stop price only. */
function worstOf(x: Exchange, slot: number, draft: Draft): number {
  const { orders } = x
  const follows = draft.type === STOP_MARKET && draft.price === 0 && draft.stop !== orders.stop[slot]
  return follows ? worstPrice(x.marketOf(slot), draft) : draft.price || orders.pool.price[slot]!
}

function rateOf(x: Exchange, slot: number, draft: Draft, worst: number): number {
  if (x.orders.has(slot, WAITS_FOR_ENTRY) || draft.type === TRAILING_STOP) return x.orders.rate[slot]!
  return draft.side === BUY ? worst * x.marketOf(slot).quoteUnits : holdRate(x.marketOf(slot), draft)
}

/** What is to be held for the order: nothing by an exit that waits; by a pair the larger of the two, on its limit leg. */
function holdOf(x: Exchange, slot: number, rate: number, lots: number): number {
  const { orders } = x
  if (orders.has(slot, WAITS_FOR_ENTRY)) return 0
  return (orders.has(slot, PAIRED) ? Math.max(rate, orders.rate[orders.partner[slot]!]!) : rate) * lots
}

/** The order that carries the hold: of a pair its limit leg. */
function holderOf(x: Exchange, slot: number): number {
  const { orders } = x
  return orders.has(slot, PAIRED) && orders.type[slot] !== LIMIT ? orders.partner[slot]! : slot
}

function isRefused(x: Exchange, slot: number, draft: Draft, lots: number, needed: number, moves: boolean): boolean {
  const { orders } = x
  const role = orders.role[slot]!
  const tested = role !== OCO_STOP && role !== TAKE_PROFIT && role !== STOP_LOSS
  const more = needed - orders.held[holderOf(x, slot)]!
  return (
    isTooLarge(x, draft) ||
    refusedByShape(x, draft) ||
    refusedByPrices(x, slot, draft) ||
    (tested && refusedByRules(x, draft, 0, lots)) ||
    (moves && refusedByPostOnly(x, draft)) ||
    (more > 0 && refusedByBalance(x, draft, more))
  )
}

function isTooLarge(x: Exchange, draft: Draft): boolean {
  const { baseUnits, quoteUnits } = x.markets[draft.market]!
  const price = Math.max(draft.price, draft.stop)
  if (isExactAmount(draft.quantity, baseUnits) && isExactAmount(draft.quantity * price, quoteUnits)) return false
  return x.refusal.because(REFUSED.ORDER_TOO_LARGE)
}

/** The prices of a group whose other orders still stand must stay in order; a plain stop must not be met. */
function refusedByPrices(x: Exchange, slot: number, draft: Draft): boolean {
  const { orders } = x
  const entry = orders.has(slot, HAS_EXITS) ? slot : orders.has(slot, WAITS_FOR_ENTRY) ? orders.bracket[slot]! : NONE
  if (entry !== NONE) return inBracket(x, slot, entry, draft)
  if (!orders.has(slot, PAIRED)) return orders.status[slot] === PENDING && refusedAsMet(x, draft)
  const other = orders.partner[slot]!
  const isLimit = orders.type[slot] === LIMIT
  const limit = isLimit ? draft.price : orders.pool.price[other]!
  const stop = isLimit ? orders.stop[other]! : draft.stop
  if (!isOutOfOrder(draft.side, limit, x.marketOf(slot).lastPrice, stop)) return false
  return x.refusal.because(REFUSED.PRICES_OUT_OF_ORDER)
}

function inBracket(x: Exchange, slot: number, entry: number, draft: Draft): boolean {
  const { orders } = x
  const profit = orders.bracket[entry]!
  const loss = orders.partner[profit]!
  const prices = {
    takeProfit: slot === profit ? draft.price : orders.pool.price[profit]!,
    stop: slot === loss ? draft.stop : orders.stop[loss]!,
    stopLimit: 0,
  }
  const at = slot === entry ? draft.price : orders.pool.price[entry]!
  if (!areOutOfOrder(orders.pool.side[entry]!, prices, orders.type[entry] === LIMIT ? at : 0)) return false
  return x.refusal.because(REFUSED.PRICES_OUT_OF_ORDER)
}

function change(x: Exchange, slot: number, draft: Draft, worst: number, rate: number, moves: boolean): void {
  const { orders } = x
  const { pool } = orders
  const market = x.marketOf(slot)
  const lots = draft.quantity - orders.filled(slot)
  if (moves) market.book.remove(slot)
  else if (pool.level[slot] !== NONE) market.book.reduce(slot, orders.remaining[slot]! - lots)
  const requeued =
    orders.status[slot] === PENDING && orders.type[slot] !== TRAILING_STOP && !orders.has(slot, WAITS_FOR_ENTRY)
  if (requeued) stopWaiting(x, slot)
  if (orders.type[slot] !== TRAILING_STOP) {
    pool.price[slot] = worst
    orders.value[slot] = countedValue(market, draft)
  }
  if (orders.status[slot] === PENDING) orders.stop[slot] = draft.stop
  orders.rate[slot] = rate
  orders.quantity[slot] = draft.quantity
  orders.remaining[slot] = lots
  if (requeued) wait(x, slot, 0)
}
