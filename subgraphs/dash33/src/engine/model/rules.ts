import { type RiskLimits, type RiskRule, STANDARD_LIMITS, STANDARD_PROFILE } from '../../risk/limits.ts'
import type { Refusal } from '../acks.ts'
import type { OrderTerms } from '../commands.ts'
import { shareDown } from './prices.ts'
import {
  type ModelAccount,
  type ModelMarket,
  type ModelOrder,
  openOrders,
  otherLeg,
  ownedBy,
  remaining,
  type Venue,
} from './venue.ts'

const SECOND_MS = 1_000
const MAX = BigInt(Number.MAX_SAFE_INTEGER)

/** An order as the rules see it. */
export interface Candidate {
  readonly account: ModelAccount
  readonly market: ModelMarket
  readonly terms: OrderTerms
  /** The price that it is valued at, or null. */
  readonly value: number | null
  /** What it would add to open orders and position: all of a new order, what remains of an amended one. */
  readonly quantity: number
  /** How many orders come with it; 0 for an amendment. */
  readonly orders: number
  /** The order that it replaces. */
  readonly replaces: ModelOrder | null
}

/** The first rule that an order breaks. */
export function brokenRule(venue: Venue, candidate: Candidate): Refusal | null {
  for (const test of [marketRules, collar, messageRate, accountRules]) {
    const refusal = test(venue, candidate)
    if (refusal) return refusal
  }
  return null
}

function marketRules(_: Venue, { market, terms, value }: Candidate): Refusal | null {
  const { maxQuantity, minNotional } = market.rules
  if (maxQuantity > 0 && terms.quantity > maxQuantity) {
    return exceeded('MARKET_MAX_QUANTITY', maxQuantity, terms.quantity, terms.quantity)
  }
  if (value === null) return null
  const notional = clamp(worth(market, value, terms.quantity))
  return notional < minNotional ? { ...exceeded('MARKET_MIN_NOTIONAL', minNotional, notional, 0), headroom: 0 } : null
}

function collar(_: Venue, { market, terms }: Candidate): Refusal | null {
  const { last, rules } = market
  if (terms.type !== 'LIMIT' || last === null || rules.collarBps === 0) return null
  const distance = shareDown(last, rules.collarBps)
  const price = terms.price!
  const limit = terms.side === 'BUY' ? last + distance : last - distance
  if (terms.side === 'BUY' ? price <= limit : price >= limit) return null
  return { kind: 'REFUSED', code: 'RISK_LIMIT_EXCEEDED', rule: 'PRICE_COLLAR', limit, observed: price, headroom: limit }
}

function messageRate(venue: Venue, { account, terms }: Candidate): Refusal | null {
  const limit = limitsOf(venue, account, terms.symbol).maxMessagesPerSecond
  return above('MESSAGE_RATE', limit, BigInt(messagesNow(venue, account)), 1n)
}

export const messagesNow = (venue: Venue, { acceptedAt }: ModelAccount): number =>
  acceptedAt.filter((time) => Math.floor(time / SECOND_MS) === Math.floor(venue.time / SECOND_MS)).length

function accountRules(venue: Venue, candidate: Candidate): Refusal | null {
  const { account, market, terms, value, quantity } = candidate
  const limits = limitsOf(venue, account, terms.symbol)
  const all = openOrders(venue, account.id).filter((order) => order.market === market)
  const counted = all.filter((order) => order !== candidate.replaces && counts(venue, order))
  const buys = counted.filter((order) => order.terms.side === 'BUY')
  const isBuy = terms.side === 'BUY'

  const units = market.instrument.baseUnitsPerLot
  const lots = BigInt(Math.floor(ownedBy(venue, account.id, market.instrument.baseAsset) / units))
  const position = buys.reduce((sum, order) => sum + BigInt(remaining(order)), lots)
  const open = counted.reduce((sum, order) => sum + worth(market, order.value ?? 0, remaining(order)), 0n)
  const owned = isBuy ? lots * worth(market, market.last ?? 0, 1) : 0n

  return (
    above('MAX_ORDER_QUANTITY', limits.maxOrderQuantity, 0n, BigInt(terms.quantity)) ??
    (value === null
      ? null
      : above('MAX_ORDER_NOTIONAL', limits.maxOrderNotional, 0n, worth(market, value, terms.quantity))) ??
    above('MAX_OPEN_ORDERS', limits.maxOpenOrders, BigInt(all.length), BigInt(candidate.orders)) ??
    (isBuy ? above('MAX_POSITION', limits.maxPosition, position, BigInt(quantity)) : null) ??
    above('MAX_EXPOSURE', limits.maxExposure, open + owned, worth(market, value ?? 0, quantity))
  )
}

/** Of a pair the limit leg counts, exits count once they are free. */
function counts(venue: Venue, order: ModelOrder): boolean {
  if (order.place === 'ENTRY') return false
  return !(order.role === 'OCO_STOP' || order.role === 'STOP_LOSS') || otherLeg(venue, order) === undefined
}

export function limitsOf(venue: Venue, account: ModelAccount, symbol: string): RiskLimits {
  const profile = venue.profiles.get(account.profile)
  const standard = venue.profiles.get(STANDARD_PROFILE)?.everywhere
  return profile?.bySymbol.get(symbol) ?? profile?.everywhere ?? standard ?? STANDARD_LIMITS
}

const worth = ({ instrument }: ModelMarket, price: number, quantity: number): bigint =>
  BigInt(Math.max(price, 0)) * BigInt(quantity) * BigInt(instrument.quoteUnitsPerTickLot)

const clamp = (amount: bigint): number => Number(amount > MAX ? MAX : amount)

function above(rule: RiskRule, limit: number | null, before: bigint, own: bigint): Refusal | null {
  const observed = clamp(before + own)
  if (limit === null || observed <= limit) return null
  return { ...exceeded(rule, limit, observed, 0), headroom: Math.max(0, limit - clamp(before)) }
}

function exceeded(rule: RiskRule, limit: number, observed: number, own: number) {
  const headroom = Math.max(0, limit - (observed - own))
  return { kind: 'REFUSED', code: 'RISK_LIMIT_EXCEEDED', rule, limit, observed, headroom } as const
}
