import type {
  EngineEvent,
  OrderAccepted,
  OrderAmended,
  OrderCancelled,
  OrderTriggered,
  Trade,
  TradeParty,
} from '../events.ts'
import { orderId, tradeId } from '../order-id.ts'
import { CANCEL_REASONS, MARKET_STATUSES, ROLES, SIDES, STATUS_REASONS } from '../words.ts'
import { orderNumber, placedNumber } from './known-orders.ts'
import { readNames, readRecording, readTerms, writeNames, writeRecording, writeTerms } from './order-words.ts'
import type { WordReader, WordWriter } from './word-stream.ts'

const TYPES = [
  'ORDER_ACCEPTED',
  'TRADE',
  'ORDER_CANCELLED',
  'ORDER_TRIGGERED',
  'ORDER_AMENDED',
  'ACCOUNT_OPENED',
  'CREDITED',
  'MARKET_STATUS_SET',
  'AUCTION_UNCROSSED',
  'CANCEL_ALL_AFTER_SET',
  'KILL_SWITCH_SET',
  'MARKET_RULES_SET',
  'RISK_LIMITS_SET',
  'RISK_PROFILE_ASSIGNED',
  'FEE_SCHEDULE_SET',
] as const satisfies readonly EngineEvent['type'][]
const WAITING = ['PENDING', 'OPEN'] as const
const TRADED = ['PARTIALLY_FILLED', 'FILLED'] as const
const CLOSED = ['CANCELLED', 'EXPIRED'] as const
const AMENDED_BY = ['REQUESTED', 'SELF_TRADE'] as const

export function writeEvent(out: WordWriter, event: EngineEvent): void {
  out.member(TYPES, event.type)
  out.number(event.engineSequence)
  switch (event.type) {
    case 'ORDER_ACCEPTED':
      writeNames(out, placedNumber(event.engineSequence, event.orderId), event, event.symbol)
      writeTerms(out, event.terms)
      out.optional(event.expiresAt)
      out.member(WAITING, event.status)
      out.member(ROLES, event.role)
      out.optional(event.groupId === null ? null : orderNumber(event.groupId))
      break
    case 'TRADE':
      writeTrade(out, event)
      break
    case 'ORDER_CANCELLED':
      writeNames(out, orderNumber(event.orderId), event, event.symbol)
      out.member(CANCEL_REASONS, event.reason)
      out.member(CLOSED, event.status)
      out.number(event.filledQuantity)
      out.number(event.cancelledQuantity)
      break
    case 'ORDER_TRIGGERED':
      writeNames(out, orderNumber(event.orderId), event, event.symbol)
      out.optional(event.lastPrice)
      out.number(event.quantity)
      out.member(WAITING, event.status)
      break
    case 'ORDER_AMENDED':
      writeNames(out, orderNumber(event.orderId), event, event.symbol)
      out.member(AMENDED_BY, event.reason)
      out.optional(event.price)
      out.optional(event.stopPrice)
      out.number(event.quantity)
      out.number(event.remainingQuantity)
      out.flag(event.keptPriority)
      break
    default:
      writeRare(out, event)
  }
}

export function readEvent(input: WordReader): EngineEvent {
  const type = input.member(TYPES)
  const engineSequence = input.number()
  switch (type) {
    case 'ORDER_ACCEPTED':
      return readAccepted(input, engineSequence)
    case 'TRADE':
      return readTrade(input, engineSequence)
    case 'ORDER_CANCELLED':
      return readCancelled(input, engineSequence)
    case 'ORDER_TRIGGERED':
      return readTriggered(input, engineSequence)
    case 'ORDER_AMENDED':
      return readAmended(input, engineSequence)
    default:
      return readRare(type, input, engineSequence)
  }
}

type Frequent = 'ORDER_ACCEPTED' | 'TRADE' | 'ORDER_CANCELLED' | 'ORDER_TRIGGERED' | 'ORDER_AMENDED'
type Rare = Exclude<EngineEvent, { readonly type: Frequent }>

/** What happens seldom is worth no form of its own, except where a recording's passes make it frequent enough. */
function writeRare(out: WordWriter, event: Rare): void {
  if (event.type !== 'MARKET_STATUS_SET') {
    out.text(JSON.stringify(event))
    return
  }
  out.name(event.symbol)
  out.member(MARKET_STATUSES, event.status)
  out.member(STATUS_REASONS, event.reason)
  out.optional(event.auctionEndsAt)
  writeRecording(out, event.recording)
}

function readRare(type: Rare['type'], input: WordReader, engineSequence: number): Rare {
  if (type !== 'MARKET_STATUS_SET') return JSON.parse(input.text())
  return {
    type,
    engineSequence,
    symbol: input.name(),
    status: input.member(MARKET_STATUSES),
    reason: input.member(STATUS_REASONS),
    auctionEndsAt: input.optional(),
    recording: readRecording(input),
  }
}

// Each object is written out with its fields in one order, so that all of a kind have one shape for the compiler.

function readAccepted(input: WordReader, engineSequence: number): OrderAccepted {
  const order = readNames(input)
  return {
    type: 'ORDER_ACCEPTED',
    engineSequence,
    orderId: order.orderId,
    clientOrderId: order.clientOrderId,
    accountId: order.accountId,
    userId: order.userId,
    symbol: order.symbol,
    side: order.side,
    terms: readTerms(input, order.symbol),
    expiresAt: input.optional(),
    status: input.member(WAITING),
    role: input.member(ROLES),
    groupId: readGroup(input),
  }
}

function readCancelled(input: WordReader, engineSequence: number): OrderCancelled {
  const order = readNames(input)
  return {
    type: 'ORDER_CANCELLED',
    engineSequence,
    orderId: order.orderId,
    clientOrderId: order.clientOrderId,
    accountId: order.accountId,
    userId: order.userId,
    symbol: order.symbol,
    side: order.side,
    reason: input.member(CANCEL_REASONS),
    status: input.member(CLOSED),
    filledQuantity: input.number(),
    cancelledQuantity: input.number(),
  }
}

function readTriggered(input: WordReader, engineSequence: number): OrderTriggered {
  const order = readNames(input)
  return {
    type: 'ORDER_TRIGGERED',
    engineSequence,
    orderId: order.orderId,
    clientOrderId: order.clientOrderId,
    accountId: order.accountId,
    userId: order.userId,
    symbol: order.symbol,
    side: order.side,
    lastPrice: input.optional(),
    quantity: input.number(),
    status: input.member(WAITING),
  }
}

function readAmended(input: WordReader, engineSequence: number): OrderAmended {
  const order = readNames(input)
  return {
    type: 'ORDER_AMENDED',
    engineSequence,
    orderId: order.orderId,
    clientOrderId: order.clientOrderId,
    accountId: order.accountId,
    userId: order.userId,
    symbol: order.symbol,
    side: order.side,
    reason: input.member(AMENDED_BY),
    price: input.optional(),
    stopPrice: input.optional(),
    quantity: input.number(),
    remainingQuantity: input.number(),
    keptPriority: input.flag(),
  }
}

function readGroup(input: WordReader): string | null {
  const number = input.optional()
  return number === null ? null : orderId(number)
}

function writeTrade(out: WordWriter, trade: Trade): void {
  out.number(trade.leg)
  out.name(trade.symbol)
  out.number(trade.price)
  out.number(trade.quantity)
  out.number(trade.baseAmount)
  out.number(trade.quoteAmount)
  out.member(SIDES, trade.takerSide)
  out.flag(trade.auction)
  writeParty(out, trade.maker, trade.symbol)
  writeParty(out, trade.taker, trade.symbol)
}

function readTrade(input: WordReader, engineSequence: number): Trade {
  const leg = input.number()
  return {
    type: 'TRADE',
    engineSequence,
    leg,
    tradeId: tradeId(engineSequence, leg),
    symbol: input.name(),
    price: input.number(),
    quantity: input.number(),
    baseAmount: input.number(),
    quoteAmount: input.number(),
    takerSide: input.member(SIDES),
    auction: input.flag(),
    maker: readParty(input),
    taker: readParty(input),
  }
}

function writeParty(out: WordWriter, party: TradeParty, symbol: string): void {
  writeNames(out, orderNumber(party.orderId), party, symbol)
  out.number(party.fee)
  out.number(party.feeBps)
  out.number(party.filledQuantity)
  out.number(party.remainingQuantity)
  out.number(party.filledQuoteAmount)
  out.member(TRADED, party.status)
}

function readParty(input: WordReader): TradeParty {
  const order = readNames(input)
  return {
    accountId: order.accountId,
    userId: order.userId,
    orderId: order.orderId,
    clientOrderId: order.clientOrderId,
    side: order.side,
    fee: input.number(),
    feeBps: input.number(),
    filledQuantity: input.number(),
    remainingQuantity: input.number(),
    filledQuoteAmount: input.number(),
    status: input.member(TRADED),
  }
}
