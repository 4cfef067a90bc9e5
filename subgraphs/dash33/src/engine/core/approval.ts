import { BUY, SELL } from '../../book/index.ts'
import { LIMITS } from '../limits.ts'
import { shareOf } from './basis-points.ts'
import {
  AUCTION,
  DAY,
  FOK,
  GTD,
  IOC,
  LIMIT,
  MARKET,
  PAUSED,
  SCOPE_ACCOUNT,
  SCOPE_MARKET,
  SCOPE_VENUE,
  STOP_LIMIT,
  STOP_MARKET,
  TRADING,
} from './codes.ts'
import type { Draft } from './draft.ts'
import type { Exchange } from './exchange.ts'
import type { NumericLimits } from './limits.ts'
import type { Market } from './market.ts'
import { bestOpposite, countedPrice, holdPrice } from './pricing.ts'
import { REFUSED, RULE } from './refusal.ts'
import { openOrdersIn } from './sums.ts'

declare const approved: unique symbol
/** An order, by its slot, that every rule has let pass and whose hold is made. Nothing else reaches a book. */
export type RiskApproved = number & { readonly [approved]: true }

/** Vouches for an order: for the modules that have just tested it. */
export const approve = (slot: number): RiskApproved => slot as RiskApproved

/** Kill switches and the market's status: who may place or amend at all. */
export function refusedByVenue(x: Exchange, account: number, market: Market): boolean {
  if (x.killed) return x.refusal.because(REFUSED.KILL_SWITCH, SCOPE_VENUE)
  if (market.killed) return x.refusal.because(REFUSED.KILL_SWITCH, SCOPE_MARKET)
  if (x.accounts.isKilled(account)) return x.refusal.because(REFUSED.KILL_SWITCH, SCOPE_ACCOUNT)
  if (market.status === PAUSED) return x.refusal.because(REFUSED.MARKET_PAUSED)
  return false
}

/** Whether the order's shape does not fit the present: its expiry, its stop price, an auction. */
export function refusedByShape(x: Exchange, draft: Draft): boolean {
  const market = x.markets[draft.market]!
  const { type, timeInForce } = draft
  const atOnce = type === MARKET || timeInForce === IOC || timeInForce === FOK
  if (market.status === AUCTION && atOnce) return x.refusal.because(REFUSED.NOT_IN_AUCTION)
  if (timeInForce === GTD && draft.expiresAt <= x.time) return x.refusal.because(REFUSED.EXPIRY_IN_THE_PAST)
  const fixedStop = type === STOP_MARKET || type === STOP_LIMIT
  if (fixedStop && isMet(market, draft.side, draft.stop)) return x.refusal.because(REFUSED.WOULD_TRIGGER_AT_ONCE)
  return isInexact(x, draft)
}

function isMet(market: Market, side: number, stop: number): boolean {
  const last = market.lastPrice
  return last !== 0 && (side === BUY ? last >= stop : last <= stop)
}

/** Amounts that would not be safe integers. */
function isInexact(x: Exchange, draft: Draft): boolean {
  const market = x.markets[draft.market]!
  const held = draft.side === BUY ? holdPrice(market, draft) * market.quoteUnits * draft.quantity : 0
  const worth = restsOrWaits(draft) ? countedPrice(x, draft) * market.quoteUnits * draft.quantity : 0
  if (Number.isSafeInteger(held) && Number.isSafeInteger(worth)) return false
  return x.refusal.because(REFUSED.ORDER_TOO_LARGE)
}

/** Whether it may be there after its own command. */
export function restsOrWaits(draft: Draft): boolean {
  return draft.type !== MARKET && draft.timeInForce !== IOC && draft.timeInForce !== FOK
}

/**
 * The rules of the market and of the account's profile, in the order in which the answer names them.
 * @param orders how many the command places
 * @param lots what can still trade of it
 */
export function refusedByRules(x: Exchange, draft: Draft, orders: number, lots = draft.quantity): boolean {
  return refusedByMarketRules(x, draft, orders) || refusedByLimits(x, draft, orders, lots)
}

function refusedByMarketRules(x: Exchange, draft: Draft, orders: number): boolean {
  const market = x.markets[draft.market]!
  const { rules, lastPrice } = market
  const { price, quantity, side } = draft
  if (x.accounts.openOrders(draft.account) + orders > LIMITS.openOrdersPerAccount) {
    return x.refusal.because(REFUSED.TOO_MANY_OPEN_ORDERS)
  }
  if (rules.maxQuantity > 0 && quantity > rules.maxQuantity) {
    return x.refusal.rule(RULE.MARKET_MAX_QUANTITY, rules.maxQuantity, quantity, rules.maxQuantity)
  }
  const worth = countedPrice(x, draft) * quantity * market.quoteUnits
  if (worth !== 0 && worth < rules.minNotional) {
    return x.refusal.rule(RULE.MARKET_MIN_NOTIONAL, rules.minNotional, worth, 0)
  }
  if (rules.collarBps === 0 || lastPrice === 0 || draft.type !== LIMIT) return false
  if (side === BUY ? price <= lastPrice : price >= lastPrice) return false
  const width = shareOf(lastPrice, rules.collarBps)
  const collar = side === BUY ? lastPrice + width : lastPrice - width
  if (side === BUY ? price <= collar : price >= collar) return false
  return x.refusal.rule(RULE.PRICE_COLLAR, collar, price, collar)
}

function refusedByLimits(x: Exchange, draft: Draft, orders: number, lots: number): boolean {
  const { accounts, refusal } = x
  const { account, market, quantity } = draft
  const limits = x.limits.of(accounts.profile(account), market)
  const messages = accounts.messagesIn(account, x.second)
  if (messages >= limits.maxMessagesPerSecond) {
    return refusal.rule(RULE.MESSAGE_RATE, limits.maxMessagesPerSecond, messages + 1, 0)
  }
  if (quantity > limits.maxOrderQuantity) {
    return refusal.rule(RULE.MAX_ORDER_QUANTITY, limits.maxOrderQuantity, quantity, limits.maxOrderQuantity)
  }
  const worth = countedPrice(x, draft) * quantity * x.markets[market]!.quoteUnits
  if (worth > limits.maxOrderNotional) {
    return refusal.rule(RULE.MAX_ORDER_NOTIONAL, limits.maxOrderNotional, worth, limits.maxOrderNotional)
  }
  // What all markets together do not pass, none does.
  const open = accounts.openOrders(account) + orders > limits.maxOpenOrders ? openOrdersIn(x, account, market) : 0
  if (open + orders > limits.maxOpenOrders) {
    const headroom = Math.max(0, limits.maxOpenOrders - open)
    return refusal.rule(RULE.MAX_OPEN_ORDERS, limits.maxOpenOrders, open + orders, headroom)
  }
  return refusedByPosition(x, draft, limits, lots)
}

function refusedByPosition(x: Exchange, draft: Draft, { maxPosition, maxExposure }: NumericLimits, lots: number) {
  if (maxPosition === Number.POSITIVE_INFINITY && maxExposure === Number.POSITIVE_INFINITY) return false
  const market = x.markets[draft.market]!
  const { account, side } = draft
  const cell = x.balances.cell(account, market.baseAsset)
  const base = Math.floor((x.balances.values[cell]! + x.balances.values[cell + 1]!) / market.baseUnits)
  const used = base + x.accounts.buyLots(account, market.index)
  if (side === BUY && used + lots > maxPosition) {
    return x.refusal.rule(RULE.MAX_POSITION, maxPosition, used + lots, Math.max(0, maxPosition - used))
  }
  const worth = countedPrice(x, draft) * lots * market.quoteUnits
  const worthOfBase = side === BUY ? base * market.lastPrice * market.quoteUnits : 0
  const exposed = x.accounts.notional(account, market.index) + worthOfBase
  if (exposed + worth <= maxExposure) return false
  return x.refusal.rule(RULE.MAX_EXPOSURE, maxExposure, exposed + worth, Math.max(0, maxExposure - exposed))
}

/** Whether a post-only order would trade at once. */
export function refusedByPostOnly(x: Exchange, draft: Draft): boolean {
  const market = x.markets[draft.market]!
  if (!draft.postOnly || market.status !== TRADING) return false
  const best = bestOpposite(market, draft.side)
  if (best === 0 || (draft.side === BUY ? best > draft.price : best < draft.price)) return false
  return x.refusal.because(REFUSED.POST_ONLY_WOULD_TRADE)
}

/**
 * Whether the account cannot hold what the order needs. One that holds nothing must be able to pay one lot at the best price.
 * @param own what is held already for the order that this one replaces
 */
export function refusedByBalance(x: Exchange, draft: Draft, needed: number, own: number): boolean {
  const market = x.markets[draft.market]!
  const asset = draft.side === SELL ? market.baseAsset : market.quoteAsset
  const required = needed === 0 ? bestOpposite(market, draft.side) * market.quoteUnits : needed
  const available = x.balances.available(draft.account, asset) + own
  return available < required ? x.refusal.shortage(asset, required, available) : false
}

/** Minor units to hold for one lot of an order; 0 where it spends what is available. */
export function holdRate(market: Market, draft: Draft): number {
  return draft.side === SELL ? market.baseUnits : holdPrice(market, draft) * market.quoteUnits
}

/** When an order ends by itself; 0: never. */
export function expiryOf(x: Exchange, draft: Draft): number {
  if (draft.timeInForce === GTD) return draft.expiresAt
  return draft.timeInForce === DAY ? (x.day + 1) * 86_400_000 : 0
}
