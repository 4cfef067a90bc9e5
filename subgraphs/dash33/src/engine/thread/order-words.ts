import type { FillSnapshot, OrderSnapshot } from '../acks.ts'
import type { OrderTerms } from '../commands.ts'
import type { CancelReason, RecordingPass } from '../events.ts'
import {
  CANCEL_REASONS,
  ORDER_STATUSES,
  ORDER_TYPES,
  ROLES,
  SELF_TRADE_MODES,
  SIDES,
  TIMES_IN_FORCE,
} from '../words.ts'
import type { WordReader, WordWriter } from './word-stream.ts'

/** Of an order, where an open one has none. */
const REASONS_OR_NONE: readonly (CancelReason | null)[] = [null, ...CANCEL_REASONS]

export function writeTerms(out: WordWriter, terms: OrderTerms): void {
  out.text(terms.symbol)
  out.member(SIDES, terms.side)
  out.member(ORDER_TYPES, terms.type)
  out.member(TIMES_IN_FORCE, terms.timeInForce)
  out.optional(terms.price)
  out.number(terms.quantity)
  out.optional(terms.stopPrice)
  out.optional(terms.trailingAmount)
  out.optional(terms.trailingBps)
  out.optional(terms.displayQuantity)
  out.flag(terms.postOnly)
  out.member(SELF_TRADE_MODES, terms.selfTradePrevention)
  out.optional(terms.expiresAt)
}

export function readTerms(input: WordReader): OrderTerms {
  return {
    symbol: input.text(),
    side: input.member(SIDES),
    type: input.member(ORDER_TYPES),
    timeInForce: input.member(TIMES_IN_FORCE),
    price: input.optional(),
    quantity: input.number(),
    stopPrice: input.optional(),
    trailingAmount: input.optional(),
    trailingBps: input.optional(),
    displayQuantity: input.optional(),
    postOnly: input.flag(),
    selfTradePrevention: input.member(SELF_TRADE_MODES),
    expiresAt: input.optional(),
  }
}

export function writeOrder(out: WordWriter, order: OrderSnapshot): void {
  writeTerms(out, order)
  out.text(order.orderId)
  out.text(order.clientOrderId)
  out.text(order.accountId)
  out.number(order.filledQuantity)
  out.number(order.remainingQuantity)
  out.number(order.filledQuoteAmount)
  out.member(ORDER_STATUSES, order.status)
  out.member(REASONS_OR_NONE, order.cancelReason)
  out.optionalText(order.groupId)
  out.member(ROLES, order.role)
  out.number(order.createdAt)
  out.number(order.engineSequence)
}

export function readOrder(input: WordReader): OrderSnapshot {
  return {
    symbol: input.text(),
    side: input.member(SIDES),
    type: input.member(ORDER_TYPES),
    timeInForce: input.member(TIMES_IN_FORCE),
    price: input.optional(),
    quantity: input.number(),
    stopPrice: input.optional(),
    trailingAmount: input.optional(),
    trailingBps: input.optional(),
    displayQuantity: input.optional(),
    postOnly: input.flag(),
    selfTradePrevention: input.member(SELF_TRADE_MODES),
    expiresAt: input.optional(),
    orderId: input.text(),
    clientOrderId: input.text(),
    accountId: input.text(),
    filledQuantity: input.number(),
    remainingQuantity: input.number(),
    filledQuoteAmount: input.number(),
    status: input.member(ORDER_STATUSES),
    cancelReason: input.member(REASONS_OR_NONE),
    groupId: input.optionalText(),
    role: input.member(ROLES),
    createdAt: input.number(),
    engineSequence: input.number(),
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
