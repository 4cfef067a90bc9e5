import type { FillSnapshot, OrderSnapshot } from '../acks.ts'
import type { OrderTerms, Side } from '../commands.ts'
import { ORDERS_PER_COMMAND } from '../core/exchange.ts'
import type { CancelReason, OrderNames, RecordingPass } from '../events.ts'
import { orderId } from '../order-id.ts'
import {
  CANCEL_REASONS,
  ORDER_STATUSES,
  ORDER_TYPES,
  ROLES,
  SELF_TRADE_MODES,
  SIDES,
  TIMES_IN_FORCE,
} from '../words.ts'
import { orderNumber, placedNumber } from './known-orders.ts'
import { placeOf, type WordReader, type WordWriter } from './word-stream.ts'

/** Of an order, where an open one has none. */
const REASONS_OR_NONE: readonly (CancelReason | null)[] = [null, ...CANCEL_REASONS]

// An order's terms but for its numbers, and how it stands, are each one word: the places in the lists above, and what is there at all.
const TYPE = 1
const TIME_IN_FORCE = 4
const SELF_TRADE = 7
const POST_ONLY = 1 << 10
const PRICE = 1 << 11
const STOP_PRICE = 1 << 12
const TRAILING_AMOUNT = 1 << 13
const TRAILING_BPS = 1 << 14
const DISPLAY = 1 << 15
const EXPIRES = 1 << 16
const REASON = 3
const ROLE = 8
const GROUP = 1 << 11
const MASK = 7
const REASON_MASK = 31

/** What one party to a trade is named by, or an order in its events. */
type Names = Omit<OrderNames, 'symbol'>

/** @param number of the order */
export function writeNames(out: WordWriter, number: number, order: Names, symbol: string): void {
  if (out.orders.has(number)) {
    out.number(number)
    return
  }
  out.orders.add(number)
  // Negative: what it is named by follows.
  out.number(-number)
  out.text(order.clientOrderId)
  out.name(order.accountId)
  out.name(order.userId)
  out.name(symbol)
  out.member(SIDES, order.side)
}

export function readNames(input: WordReader): OrderNames {
  const number = input.number()
  if (number > 0) return input.orders.get(number)
  const names: OrderNames = {
    orderId: orderId(-number),
    clientOrderId: input.text(),
    accountId: input.name(),
    userId: input.name(),
    symbol: input.name(),
    side: input.member(SIDES),
  }
  input.orders.add(-number, names)
  return names
}

/** All but the symbol and the side, which are the order's own. */
export function writeTerms(out: WordWriter, terms: OrderTerms): void {
  out.number(
    (terms.side === 'SELL' ? 1 : 0) |
      (placeOf(ORDER_TYPES, terms.type) << TYPE) |
      (placeOf(TIMES_IN_FORCE, terms.timeInForce) << TIME_IN_FORCE) |
      (placeOf(SELF_TRADE_MODES, terms.selfTradePrevention) << SELF_TRADE) |
      (terms.postOnly ? POST_ONLY : 0) |
      (terms.price === null ? 0 : PRICE) |
      (terms.stopPrice === null ? 0 : STOP_PRICE) |
      (terms.trailingAmount === null ? 0 : TRAILING_AMOUNT) |
      (terms.trailingBps === null ? 0 : TRAILING_BPS) |
      (terms.displayQuantity === null ? 0 : DISPLAY) |
      (terms.expiresAt === null ? 0 : EXPIRES),
  )
  out.number(terms.quantity)
  if (terms.price !== null) out.number(terms.price)
  if (terms.stopPrice !== null) out.number(terms.stopPrice)
  if (terms.trailingAmount !== null) out.number(terms.trailingAmount)
  if (terms.trailingBps !== null) out.number(terms.trailingBps)
  if (terms.displayQuantity !== null) out.number(terms.displayQuantity)
  if (terms.expiresAt !== null) out.number(terms.expiresAt)
}

export function readTerms(input: WordReader, symbol: string): OrderTerms {
  const packed = input.number()
  // Evaluated in the order in which they were written.
  return {
    symbol,
    side: sideIn(packed),
    type: ORDER_TYPES[(packed >> TYPE) & MASK]!,
    timeInForce: TIMES_IN_FORCE[(packed >> TIME_IN_FORCE) & MASK]!,
    quantity: input.number(),
    price: packed & PRICE ? input.number() : null,
    stopPrice: packed & STOP_PRICE ? input.number() : null,
    trailingAmount: packed & TRAILING_AMOUNT ? input.number() : null,
    trailingBps: packed & TRAILING_BPS ? input.number() : null,
    displayQuantity: packed & DISPLAY ? input.number() : null,
    postOnly: (packed & POST_ONLY) !== 0,
    selfTradePrevention: SELF_TRADE_MODES[(packed >> SELF_TRADE) & MASK]!,
    expiresAt: packed & EXPIRES ? input.number() : null,
  }
}

const sideIn = (packed: number): Side => (packed & 1 ? 'SELL' : 'BUY')

export function writeOrder(out: WordWriter, order: OrderSnapshot): void {
  const number = placedNumber(order.engineSequence, order.orderId)
  const isKnown = out.orders.has(number)
  out.number(isKnown ? number : -number)
  if (!isKnown) {
    out.text(order.clientOrderId)
    out.name(order.accountId)
    out.name(order.symbol)
  }
  writeTerms(out, order)
  out.number(
    placeOf(ORDER_STATUSES, order.status) |
      (placeOf(REASONS_OR_NONE, order.cancelReason) << REASON) |
      (placeOf(ROLES, order.role) << ROLE) |
      (order.groupId === null ? 0 : GROUP),
  )
  out.number(order.filledQuantity)
  out.number(order.remainingQuantity)
  out.number(order.filledQuoteAmount)
  out.number(order.createdAt)
  if (order.groupId !== null) out.number(orderNumber(order.groupId))
}

export function readOrder(input: WordReader): OrderSnapshot {
  const sign = input.number()
  const number = Math.abs(sign)
  const known = sign > 0 ? input.orders.get(sign) : null
  const id = known ? known.orderId : orderId(number)
  const clientOrderId = known ? known.clientOrderId : input.text()
  const accountId = known ? known.accountId : input.name()
  const terms = readTerms(input, known ? known.symbol : input.name())
  const standing = input.number()
  return {
    orderId: id,
    clientOrderId,
    accountId,
    // Written out: a spread costs as much as the rest.
    symbol: terms.symbol,
    side: terms.side,
    type: terms.type,
    timeInForce: terms.timeInForce,
    price: terms.price,
    quantity: terms.quantity,
    stopPrice: terms.stopPrice,
    trailingAmount: terms.trailingAmount,
    trailingBps: terms.trailingBps,
    displayQuantity: terms.displayQuantity,
    postOnly: terms.postOnly,
    selfTradePrevention: terms.selfTradePrevention,
    expiresAt: terms.expiresAt,
    filledQuantity: input.number(),
    remainingQuantity: input.number(),
    filledQuoteAmount: input.number(),
    status: ORDER_STATUSES[standing & MASK]!,
    cancelReason: REASONS_OR_NONE[(standing >> REASON) & REASON_MASK]!,
    role: ROLES[(standing >> ROLE) & MASK]!,
    createdAt: input.number(),
    groupId: standing & GROUP ? orderId(input.number()) : null,
    engineSequence: Math.floor(number / ORDERS_PER_COMMAND),
  }
}

export function writeFills(out: WordWriter, fills: readonly FillSnapshot[]): void {
  out.number(fills.length)
  for (const fill of fills) {
    out.text(fill.tradeId)
    out.number(fill.price)
    out.number(fill.quantity)
    out.number(fill.fee)
    out.number(fill.quoteAmount)
  }
}

export function readFills(input: WordReader): FillSnapshot[] {
  const fills: FillSnapshot[] = []
  for (let left = input.number(); left > 0; left--) {
    fills.push({
      tradeId: input.text(),
      price: input.number(),
      quantity: input.number(),
      fee: input.number(),
      quoteAmount: input.number(),
      liquidity: 'TAKER',
    })
  }
  return fills
}

export function writeRecording(out: WordWriter, recording: RecordingPass | null): void {
  out.flag(recording !== null)
  if (recording === null) return
  out.text(recording.dataSet)
  out.text(recording.segment)
  out.number(recording.pass)
}

export function readRecording(input: WordReader): RecordingPass | null {
  if (!input.flag()) return null
  return { dataSet: input.text(), segment: input.text(), pass: input.number() }
}
