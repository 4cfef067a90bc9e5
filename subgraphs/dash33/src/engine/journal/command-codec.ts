import type {
  AmendOrder,
  CancelOrder,
  Command,
  PlaceBracket,
  PlaceOco,
  PlaceOrder,
  SetMarketStatus,
} from '../commands.ts'
import type { ByteReader, ByteWriter } from './byte-stream.ts'
import {
  readLimits,
  readOptional,
  readRules,
  readTiers,
  writeLimits,
  writeOptional,
  writeRules,
  writeTiers,
} from './settings-codec.ts'
import { memberAt, placeIn, readManner, readTerms, STATUSES, writeManner, writeTerms } from './terms-codec.ts'

// The order is the journal's: add at the end only.
export const KINDS = [
  'OPEN_ACCOUNT',
  'CREDIT',
  'PLACE',
  'CANCEL',
  'SET_MARKET_STATUS',
  'PLACE_OCO',
  'PLACE_BRACKET',
  'AMEND',
  'CANCEL_ALL',
  'CANCEL_ALL_AFTER',
  'SET_KILL_SWITCH',
  'SET_MARKET_RULES',
  'SET_RISK_LIMITS',
  'ASSIGN_RISK_PROFILE',
  'SET_FEE_SCHEDULE',
  'TICK',
] as const
const SCOPES = ['ACCOUNT', 'MARKET', 'VENUE'] as const
const SIDES = ['BUY', 'SELL'] as const
export const BY_CLIENT_ORDER_ID = 1
const POST_ONLY = 2
const STOP_LIMIT = 4
const EXPIRES = 8
const QUANTITY = 2
const PRICE = 4
const STOP_PRICE = 8

/** @throws where the command is not of its type: admission comes before. */
export function writeCommand(out: ByteWriter, command: Command): void {
  out.byte(placeIn(KINDS, command.kind))
  switch (command.kind) {
    case 'PLACE':
      out.name(command.accountId)
      out.text(command.clientOrderId)
      writeTerms(out, command)
      break
    case 'CANCEL':
      writeCancel(out, command)
      break
    case 'OPEN_ACCOUNT':
      out.name(command.accountId)
      out.text(command.userId)
      break
    case 'CREDIT':
      out.name(command.accountId)
      out.name(command.asset)
      out.number(command.amount)
      out.text(command.reference)
      break
    case 'SET_MARKET_STATUS':
      writeStatus(out, command)
      break
    case 'PLACE_OCO':
      writeOco(out, command)
      break
    case 'PLACE_BRACKET':
      writeBracket(out, command)
      break
    case 'AMEND':
      writeAmend(out, command)
      break
    case 'CANCEL_ALL':
      out.name(command.accountId)
      out.name(command.symbol ?? '')
      out.byte(command.side === null ? 0 : 1 + placeIn(SIDES, command.side))
      break
    case 'CANCEL_ALL_AFTER':
      out.name(command.accountId)
      out.number(command.delayMs)
      break
    case 'TICK':
      break
    default:
      writeSetting(out, command)
  }
}

/** @throws where the bytes are no command. */
export function readCommand(input: ByteReader): Command {
  const kind = KINDS[input.byte()]
  switch (kind) {
    case 'PLACE':
      return readPlace(input)
    case 'CANCEL':
      return readCancel(input)
    case 'OPEN_ACCOUNT':
      return { kind, accountId: input.name(), userId: input.text() }
    case 'CREDIT':
      return { kind, accountId: input.name(), asset: input.name(), amount: input.number(), reference: input.text() }
    case 'SET_MARKET_STATUS':
      return readStatus(input)
    case 'PLACE_OCO':
      return readOco(input)
    case 'PLACE_BRACKET':
      return readBracket(input)
    case 'AMEND':
      return readAmend(input)
    case 'CANCEL_ALL': {
      const accountId = input.name()
      const symbol = input.name()
      const side = input.byte()
      return {
        kind,
        accountId,
        symbol: symbol === '' ? null : symbol,
        side: side === 0 ? null : memberAt(SIDES, side - 1),
      }
    }
    case 'CANCEL_ALL_AFTER':
      return { kind, accountId: input.name(), delayMs: input.number() }
    case 'TICK':
      return { kind }
    case undefined:
      throw new Error('the journal batch holds an unknown command')
    default:
      return readSetting(kind, input)
  }
}

type Setting = Extract<Command, { readonly changedBy: string }>

function writeSetting(out: ByteWriter, command: Setting): void {
  out.name(command.changedBy)
  out.name(command.reason)
  switch (command.kind) {
    case 'SET_KILL_SWITCH':
      out.byte(placeIn(SCOPES, command.scope))
      out.text(command.target)
      out.byte(command.engaged ? 1 : 0)
      break
    case 'SET_MARKET_RULES':
      out.name(command.symbol)
      writeRules(out, command.rules)
      break
    case 'SET_RISK_LIMITS':
      out.name(command.profile)
      out.name(command.symbol ?? '')
      writeLimits(out, command.limits)
      break
    case 'ASSIGN_RISK_PROFILE':
      out.name(command.accountId)
      out.name(command.profile)
      break
    case 'SET_FEE_SCHEDULE':
      writeTiers(out, command.tiers)
  }
}

function readSetting(kind: Setting['kind'], input: ByteReader): Setting {
  const changedBy = input.name()
  const reason = input.name()
  switch (kind) {
    case 'SET_KILL_SWITCH': {
      const scope = memberAt(SCOPES, input.byte())
      return { kind, scope, target: input.text(), engaged: input.byte() === 1, changedBy, reason }
    }
    case 'SET_MARKET_RULES':
      return { kind, symbol: input.name(), rules: readRules(input), changedBy, reason }
    case 'SET_RISK_LIMITS': {
      const profile = input.name()
      const symbol = input.name()
      return { kind, profile, symbol: symbol === '' ? null : symbol, limits: readLimits(input), changedBy, reason }
    }
    case 'ASSIGN_RISK_PROFILE':
      return { kind, accountId: input.name(), profile: input.name(), changedBy, reason }
    case 'SET_FEE_SCHEDULE':
      return { kind, tiers: readTiers(input), changedBy, reason }
  }
}

function readPlace(input: ByteReader): PlaceOrder {
  const accountId = input.name()
  const clientOrderId = input.text()
  const terms = readTerms(input)
  // Written out: a spread costs twice the rest of a recovery's decoding.
  return {
    kind: 'PLACE',
    accountId,
    clientOrderId,
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
  }
}

function writeCancel(out: ByteWriter, command: CancelOrder): void {
  out.byte(command.clientOrderId === undefined ? 0 : BY_CLIENT_ORDER_ID)
  out.name(command.accountId)
  out.text(command.clientOrderId ?? command.orderId ?? '')
}

export function readCancel(input: ByteReader): CancelOrder {
  const byClientOrderId = input.byte() === BY_CLIENT_ORDER_ID
  const accountId = input.name()
  const key = input.text()
  return byClientOrderId
    ? { kind: 'CANCEL', accountId, clientOrderId: key }
    : { kind: 'CANCEL', accountId, orderId: key }
}

function writeAmend(out: ByteWriter, command: AmendOrder): void {
  const { quantity, price, stopPrice } = command
  out.byte(
    (command.clientOrderId === undefined ? 0 : BY_CLIENT_ORDER_ID) |
      (quantity === null ? 0 : QUANTITY) |
      (price === null ? 0 : PRICE) |
      (stopPrice === null ? 0 : STOP_PRICE),
  )
  out.name(command.accountId)
  out.text(command.clientOrderId ?? command.orderId ?? '')
  for (const value of [quantity, price, stopPrice]) if (value !== null) out.number(value)
}

function readAmend(input: ByteReader): AmendOrder {
  const flags = input.byte()
  const accountId = input.name()
  const key = input.text()
  return {
    kind: 'AMEND',
    accountId,
    ...(flags & BY_CLIENT_ORDER_ID ? { clientOrderId: key } : { orderId: key }),
    quantity: flags & QUANTITY ? input.number() : null,
    price: flags & PRICE ? input.number() : null,
    stopPrice: flags & STOP_PRICE ? input.number() : null,
  }
}

function writeOco(out: ByteWriter, command: PlaceOco): void {
  out.byte(
    placeIn(SIDES, command.side) |
      (command.postOnly ? POST_ONLY : 0) |
      (command.stopLimitPrice === null ? 0 : STOP_LIMIT) |
      (command.expiresAt === null ? 0 : EXPIRES),
  )
  writeManner(out, 'LIMIT', command.timeInForce, command.selfTradePrevention)
  out.name(command.accountId)
  out.text(command.clientOrderId)
  out.name(command.symbol)
  out.number(command.quantity)
  out.number(command.price)
  out.number(command.stopPrice)
  if (command.stopLimitPrice !== null) out.number(command.stopLimitPrice)
  if (command.expiresAt !== null) out.number(command.expiresAt)
}

function readOco(input: ByteReader): PlaceOco {
  const flags = input.byte()
  const { timeInForce, selfTradePrevention } = readManner(input)
  if (timeInForce === 'IOC' || timeInForce === 'FOK') throw new Error('the journal batch holds an unknown value')
  return {
    kind: 'PLACE_OCO',
    accountId: input.name(),
    clientOrderId: input.text(),
    symbol: input.name(),
    side: memberAt(SIDES, flags & 1),
    quantity: input.number(),
    price: input.number(),
    stopPrice: input.number(),
    stopLimitPrice: flags & STOP_LIMIT ? input.number() : null,
    postOnly: (flags & POST_ONLY) !== 0,
    timeInForce,
    expiresAt: flags & EXPIRES ? input.number() : null,
    selfTradePrevention,
  }
}

function writeBracket(out: ByteWriter, command: PlaceBracket): void {
  out.name(command.accountId)
  out.text(command.clientOrderId)
  writeTerms(out, command.entry)
  out.number(command.takeProfitPrice)
  out.number(command.stopPrice)
  writeOptional(out, command.stopLimitPrice)
}

function readBracket(input: ByteReader): PlaceBracket {
  return {
    kind: 'PLACE_BRACKET',
    accountId: input.name(),
    clientOrderId: input.text(),
    entry: readTerms(input),
    takeProfitPrice: input.number(),
    stopPrice: input.number(),
    stopLimitPrice: readOptional(input),
  }
}

function writeStatus(out: ByteWriter, { symbol, status, auctionMs, recording }: SetMarketStatus): void {
  out.byte(placeIn(STATUSES, status) * 2 + (recording ? 1 : 0))
  out.name(symbol)
  writeOptional(out, auctionMs)
  if (!recording) return
  out.text(recording.dataSet)
  out.text(recording.segment)
  out.number(recording.repetition)
}

function readStatus(input: ByteReader): SetMarketStatus {
  const byte = input.byte()
  return {
    kind: 'SET_MARKET_STATUS',
    symbol: input.name(),
    status: memberAt(STATUSES, byte >> 1),
    auctionMs: readOptional(input),
    recording: byte & 1 ? { dataSet: input.text(), segment: input.text(), repetition: input.number() } : null,
  }
}
