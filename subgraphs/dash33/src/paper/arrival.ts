import type { Refusal } from '../engine/acks.ts'
import type { OrderStatus, OrderTerms } from '../engine/commands.ts'
import type { CancelReason } from '../engine/events.ts'
import { feeOn, type Instrument, isExactOrder, type Lots, quoteAmount, type Ticks } from '../market/instruments.ts'
import type { MarketRules } from '../market/rules.ts'
import { oppositeOf, ownSideOf, type RealBook } from './book.ts'
import {
  availableOf,
  type Balances,
  type FeeRates,
  fillAt,
  hold,
  holdOf,
  type PaperFill,
  settle,
} from './settlement.ts'

/** What becomes of a paper order as it arrives. */
export interface Arrival {
  readonly fills: readonly PaperFill[]
  readonly status: Extract<OrderStatus, 'OPEN' | 'PARTIALLY_FILLED' | 'FILLED' | 'CANCELLED'>
  readonly cancelReason: Extract<CancelReason, 'REMAINDER' | 'FILL_OR_KILL' | 'PROTECTION'> | null
  /** Lots that rest. */
  readonly resting: Lots
  /** Lots shown at its price before it. */
  readonly ahead: Lots
}

export interface ArrivalConditions {
  readonly instrument: Instrument
  readonly book: RealBook
  readonly rules: MarketRules
  readonly rates: FeeRates
}

const refuse = <R extends Omit<Extract<Refusal, { kind: 'REFUSED' }>, 'kind'>>(refusal: R) =>
  ({ kind: 'REFUSED', ...refusal }) as const

/**
 * The rules that a real order must keep to, in their order (`docs/TRADING.md`, "Rules before the book"), except those of a real account's
 * risk profile and the kill switches. Paper orders are LIMIT and MARKET, GTC, IOC and FOK.
 */
export function refusalOf(
  terms: OrderTerms,
  balances: Balances,
  { instrument, book, rules }: ArrivalConditions,
): Refusal | null {
  if (book.status === 'PAUSED') return refuse({ code: 'MARKET_PAUSED' })
  const shape = shapeRefusal(terms, instrument, book)
  if (shape) return shape
  const { side, type, price, quantity } = terms
  const best = oppositeOf(book, side).at(0)?.[0] ?? 0
  if (rules.maxQuantity > 0 && quantity > rules.maxQuantity)
    return ruleRefusal('MARKET_MAX_QUANTITY', rules.maxQuantity, quantity, rules.maxQuantity)
  const worth = quoteAmount(instrument, price ?? best, quantity)
  if (worth !== 0 && worth < rules.minNotional) return ruleRefusal('MARKET_MIN_NOTIONAL', rules.minNotional, worth, 0)
  if (type === 'LIMIT' && price !== null && book.lastPrice !== null && rules.collarBps > 0) {
    const width = shareOf(book.lastPrice, rules.collarBps)
    const collar = side === 'BUY' ? book.lastPrice + width : book.lastPrice - width
    if (side === 'BUY' ? price > collar : price < collar) return ruleRefusal('PRICE_COLLAR', collar, price, collar)
  }
  const crosses = best !== 0 && price !== null && (side === 'BUY' ? best <= price : best >= price)
  if (terms.postOnly && crosses && book.status === 'TRADING') return refuse({ code: 'POST_ONLY_WOULD_TRADE' })
  return balanceRefusal(terms, balances, instrument, best)
}

function shapeRefusal(terms: OrderTerms, instrument: Instrument, book: RealBook): Refusal | null {
  const { type, timeInForce, price, quantity, postOnly } = terms
  const rests = type === 'LIMIT' && timeInForce === 'GTC'
  if (type === 'LIMIT' && price === null) return refuse({ code: 'PRICE_REQUIRED' })
  if (type === 'MARKET' && timeInForce === 'GTC') return refuse({ code: 'TIME_IN_FORCE_NOT_ALLOWED' })
  if (timeInForce === 'GTD' || timeInForce === 'DAY') return refuse({ code: 'TIME_IN_FORCE_NOT_ALLOWED' })
  if (terms.stopPrice !== null) return refuse({ code: 'STOP_PRICE_NOT_ALLOWED' })
  if (terms.trailingAmount !== null || terms.trailingBps !== null)
    return refuse({ code: 'TRAILING_DISTANCE_NOT_ALLOWED' })
  if (terms.displayQuantity !== null) return refuse({ code: 'DISPLAY_QUANTITY_NOT_ALLOWED' })
  if (terms.expiresAt !== null) return refuse({ code: 'EXPIRY_NOT_ALLOWED' })
  if (postOnly && !rests) return refuse({ code: 'POST_ONLY_NOT_ALLOWED' })
  if (!isExactOrder(instrument, price, quantity)) return refuse({ code: 'ORDER_TOO_LARGE' })
  return book.status === 'AUCTION' && !rests ? refuse({ code: 'NOT_IN_AUCTION' }) : null
}

type Limited = Extract<Refusal, { code: 'RISK_LIMIT_EXCEEDED' }>

const ruleRefusal = (rule: Limited['rule'], limit: number, observed: number, headroom: number): Limited =>
  refuse({ code: 'RISK_LIMIT_EXCEEDED', rule, limit, observed, headroom })

/** A market buy without a price spends what is available: one lot at the best price at least. */
function balanceRefusal(terms: OrderTerms, balances: Balances, instrument: Instrument, best: Ticks): Refusal | null {
  const { side, price, quantity } = terms
  const needed =
    side === 'BUY' && price === null
      ? holdOf(instrument, { side, price: best }, 1)
      : holdOf(instrument, { side, price: price ?? 0 }, quantity)
  const available = availableOf(balances, needed.asset)
  if (available >= needed.amount) return null
  return refuse({
    code: 'INSUFFICIENT_BALANCE',
    asset: needed.asset,
    required: Number(needed.amount),
    available: Number(available),
  })
}

/**
 * Trades what crosses at once with the levels that the real book shows, best first, never more than each shows, at their prices and the
 * taker's fee; what is left rests or is cancelled, as of a real order. The levels stay as they are: the book does not notice.
 * @param balances changed to those after it, what rests held.
 */
export function arrive(
  terms: OrderTerms,
  balances: Balances,
  { instrument, book, rules, rates }: ArrivalConditions,
): Arrival {
  const { side, quantity, timeInForce } = terms
  const levels = book.status === 'TRADING' ? oppositeOf(book, side) : null
  const limit = worstPriceOf(terms, levels?.at(0)?.[0] ?? null, rules)
  const isWithin = (price: Ticks) => limit === null || (side === 'BUY' ? price <= limit : price >= limit)
  const fills: PaperFill[] = []
  let [left, isProtected] = [quantity, false]
  if (levels && (timeInForce !== 'FOK' || reaches(terms, balances, instrument, levels, isWithin))) {
    for (let rank = 0; left > 0; rank += 1) {
      const level = levels.at(rank)
      isProtected = level !== null && !isWithin(level[0])
      if (!level || isProtected) break
      const lots = Math.min(left, level[1], affordableLots(terms, balances, instrument, level[0]))
      if (lots === 0) break
      const share = { price: level[0], quantity: lots, engineSequence: book.engineSequence, leg: rank, isMaker: false }
      const fill = fillAt(instrument, side, { ...share, executedAt: book.time }, rates)
      settle(balances, instrument, side, fill)
      fills.push(fill)
      left -= lots
    }
  }
  return { fills, ...restOrCancel(terms, balances, instrument, book, left, fills, isProtected) }
}

function restOrCancel(
  terms: OrderTerms,
  balances: Balances,
  instrument: Instrument,
  book: RealBook,
  left: Lots,
  fills: readonly PaperFill[],
  isProtected: boolean,
): Omit<Arrival, 'fills'> {
  const { side, type, timeInForce, price } = terms
  if (left === 0) return { status: 'FILLED', cancelReason: null, resting: 0, ahead: 0 }
  if (type === 'LIMIT' && timeInForce === 'GTC' && price !== null) {
    const { asset, amount } = holdOf(instrument, { side, price }, left)
    hold(balances, asset, amount)
    const status = fills.length > 0 ? 'PARTIALLY_FILLED' : 'OPEN'
    return { status, cancelReason: null, resting: left, ahead: ownSideOf(book, side).quantityOf(price) }
  }
  const reason = timeInForce === 'FOK' ? 'FILL_OR_KILL' : type === 'MARKET' && isProtected ? 'PROTECTION' : 'REMAINDER'
  return { status: 'CANCELLED', cancelReason: reason, resting: 0, ahead: 0 }
}

/** Of a market order without a price: so far from the best opposite price as the market's protection allows; null: any. */
function worstPriceOf({ type, side, price }: OrderTerms, best: Ticks | null, rules: MarketRules): Ticks | null {
  if (price !== null || type === 'LIMIT') return price
  if (best === null || rules.protectionBps === 0) return null
  const share = shareOf(best, rules.protectionBps)
  return side === 'BUY' ? best + share : best - share
}

/** A market buy without a price has nothing held and pays from what is available; every other order was tested whole. */
function affordableLots({ side, price }: OrderTerms, balances: Balances, instrument: Instrument, at: Ticks): Lots {
  if (side === 'SELL' || price !== null) return Number.POSITIVE_INFINITY
  return Number(availableOf(balances, instrument.quoteAsset) / BigInt(quoteAmount(instrument, at, 1)))
}

/** Whether the levels within the limit and the account's means suffice for all of it. */
function reaches(
  terms: OrderTerms,
  balances: Balances,
  instrument: Instrument,
  levels: ReturnType<typeof oppositeOf>,
  isWithin: (price: Ticks) => boolean,
): boolean {
  let left = terms.quantity
  let cost = 0n
  for (let rank = 0; left > 0; rank += 1) {
    const level = levels.at(rank)
    if (!level || !isWithin(level[0])) return false
    const lots = Math.min(left, level[1])
    cost += BigInt(quoteAmount(instrument, level[0], lots))
    left -= lots
  }
  return terms.side === 'SELL' || cost <= availableOf(balances, instrument.quoteAsset)
}

/** Hundredths of a percent, rounded down; exact where `feeOn`, which rounds up, is. */
function shareOf(value: number, bps: number): number {
  return value - feeOn(value, 10_000 - bps)
}
