import type { MarketStatus, OrderTerms, OrderType, SelfTradePrevention, TimeInForce } from '../commands.ts'
import { NO_ROLE } from '../core/codes.ts'
import type { Draft } from '../core/draft.ts'
import type { ByteReader, ByteWriter } from './byte-stream.ts'

// The order of each list is the journal's: add at the end only.
const TYPES: readonly OrderType[] = ['LIMIT', 'MARKET', 'STOP', 'STOP_LIMIT', 'TRAILING_STOP']
const TIMES: readonly TimeInForce[] = ['GTC', 'IOC', 'FOK', 'GTD', 'DAY']
const PREVENTIONS: readonly SelfTradePrevention[] = ['NONE', 'EXPIRE_TAKER', 'EXPIRE_MAKER', 'EXPIRE_BOTH', 'DECREMENT']
export const STATUSES: readonly MarketStatus[] = ['TRADING', 'PAUSED', 'AUCTION']

const SELL = 1
const POST_ONLY = 2
const PRICE = 4
const STOP_PRICE = 8
const TRAILING_AMOUNT = 16
const TRAILING_BPS = 32
const DISPLAY = 64
const EXPIRES = 128

/** The member's place in its list. @throws where it is none of them. */
export function placeIn<T>(list: readonly T[], member: T): number {
  const place = list.indexOf(member)
  if (place < 0) throw new Error(`${String(member)} cannot be journaled`)
  return place
}

/** @throws where the list has no such place. */
export function memberAt<T>(list: readonly T[], place: number): T {
  const member = list[place]
  if (member === undefined) throw new Error('the journal batch holds an unknown value')
  return member
}

/** Order type, time in force and self-trade prevention in one byte. */
export function writeManner(
  out: ByteWriter,
  type: OrderType,
  timeInForce: TimeInForce,
  selfTradePrevention: SelfTradePrevention,
): void {
  const manner = placeIn(TYPES, type) * TIMES.length + placeIn(TIMES, timeInForce)
  out.byte(manner * PREVENTIONS.length + placeIn(PREVENTIONS, selfTradePrevention))
}

export const readManner = (input: ByteReader) => mannerOf(input.byte())

function mannerOf(byte: number) {
  const manner = Math.floor(byte / PREVENTIONS.length)
  return {
    type: memberAt(TYPES, Math.floor(manner / TIMES.length)),
    timeInForce: memberAt(TIMES, manner % TIMES.length),
    selfTradePrevention: memberAt(PREVENTIONS, byte % PREVENTIONS.length),
  }
}

export function writeTerms(out: ByteWriter, terms: OrderTerms): void {
  out.byte(
    (terms.side === 'SELL' ? SELL : 0) |
      (terms.postOnly ? POST_ONLY : 0) |
      (terms.price === null ? 0 : PRICE) |
      (terms.stopPrice === null ? 0 : STOP_PRICE) |
      (terms.trailingAmount === null ? 0 : TRAILING_AMOUNT) |
      (terms.trailingBps === null ? 0 : TRAILING_BPS) |
      (terms.displayQuantity === null ? 0 : DISPLAY) |
      (terms.expiresAt === null ? 0 : EXPIRES),
  )
  writeManner(out, terms.type, terms.timeInForce, terms.selfTradePrevention)
  out.name(terms.symbol)
  out.number(terms.quantity)
  if (terms.price !== null) out.number(terms.price)
  if (terms.stopPrice !== null) out.number(terms.stopPrice)
  if (terms.trailingAmount !== null) out.number(terms.trailingAmount)
  if (terms.trailingBps !== null) out.number(terms.trailingBps)
  if (terms.displayQuantity !== null) out.number(terms.displayQuantity)
  if (terms.expiresAt !== null) out.number(terms.expiresAt)
}

export function readTerms(input: ByteReader): OrderTerms {
  const flags = input.byte()
  const { type, timeInForce, selfTradePrevention } = readManner(input)
  // Evaluated in the order in which they were written.
  return {
    symbol: input.name(),
    side: flags & SELL ? 'SELL' : 'BUY',
    type,
    timeInForce,
    quantity: input.number(),
    price: flags & PRICE ? input.number() : null,
    stopPrice: flags & STOP_PRICE ? input.number() : null,
    trailingAmount: flags & TRAILING_AMOUNT ? input.number() : null,
    trailingBps: flags & TRAILING_BPS ? input.number() : null,
    displayQuantity: flags & DISPLAY ? input.number() : null,
    postOnly: (flags & POST_ONLY) !== 0,
    selfTradePrevention,
    expiresAt: flags & EXPIRES ? input.number() : null,
  }
}

/** The numbers of an order as it was asked for. */
export interface ReadNumbers {
  quantity: number
  price: number | null
  stopPrice: number | null
  trailingAmount: number | null
  trailingBps: number | null
  displayQuantity: number | null
  expiresAt: number | null
}

/** The flags of numbers that may be missing, in the order in which those are written: from the first to the last, each twice the one before. */
export const OPTIONAL_NUMBERS = PRICE
export const ALL_OPTIONAL = EXPIRES

/** Terms as numbers in a row: flags, manner, the symbol's number, the quantity, and of the other numbers those that there are. */
export interface TermCells {
  readonly cells: Int32Array
  /** Where they begin, and after they are read where they end. */
  at: number
}

/** Reads the terms of an order in the core's numbers, which are these lists'. @returns the symbol's number */
export function writeDraft(input: TermCells, draft: Draft, asked: ReadNumbers): number {
  const { cells, at } = input
  const flags = cells[at]!
  const byte = cells[at + 1]!
  const manner = Math.floor(byte / PREVENTIONS.length)
  const type = Math.floor(manner / TIMES.length)
  if (type >= TYPES.length) throw new Error('the journal batch holds an unknown value')
  draft.side = flags & SELL ? 1 : 0
  draft.type = type
  draft.timeInForce = manner % TIMES.length
  draft.selfTrade = byte % PREVENTIONS.length
  draft.postOnly = (flags & POST_ONLY) !== 0
  draft.role = NO_ROLE
  draft.quantity = asked.quantity = cells[at + 3]!
  let next = at + 4
  draft.price = asked.price = flags & PRICE ? cells[next++]! : 0
  draft.stop = asked.stopPrice = flags & STOP_PRICE ? cells[next++]! : 0
  draft.trailingAmount = asked.trailingAmount = flags & TRAILING_AMOUNT ? cells[next++]! : 0
  draft.trailingBps = asked.trailingBps = flags & TRAILING_BPS ? cells[next++]! : 0
  draft.peak = asked.displayQuantity = flags & DISPLAY ? cells[next++]! : 0
  draft.expiresAt = asked.expiresAt = flags & EXPIRES ? cells[next++]! : 0
  input.at = next
  return cells[at + 2]!
}

/** The same as they were written. @param names by number */
export function termsIn(input: TermCells, names: readonly string[]): OrderTerms {
  const { cells, at } = input
  const flags = cells[at]!
  const manner = mannerOf(cells[at + 1]!)
  let next = at + 4
  const optional = (flag: number) => (flags & flag ? cells[next++]! : null)
  const terms = {
    ...manner,
    symbol: names[cells[at + 2]!]!,
    side: flags & SELL ? ('SELL' as const) : ('BUY' as const),
    quantity: cells[at + 3]!,
    price: optional(PRICE),
    stopPrice: optional(STOP_PRICE),
    trailingAmount: optional(TRAILING_AMOUNT),
    trailingBps: optional(TRAILING_BPS),
    displayQuantity: optional(DISPLAY),
    postOnly: (flags & POST_ONLY) !== 0,
    expiresAt: optional(EXPIRES),
  }
  input.at = next
  return terms
}
