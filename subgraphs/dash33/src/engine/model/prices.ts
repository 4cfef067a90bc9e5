import type { OrderTerms, Side } from '../commands.ts'
import type { ModelMarket } from './venue.ts'

const BPS = 10_000n

/** Hundredths of a percent of an amount, rounded down or up. */
export const shareDown = (amount: number, bps: number): number => Number((BigInt(amount) * BigInt(bps)) / BPS)
export const shareUp = (amount: number, bps: number): number => Number((BigInt(amount) * BigInt(bps) + BPS - 1n) / BPS)

/** The worst price of an order that has none, counted from `price`; null where the market does not protect. */
export function protection({ rules }: ModelMarket, side: Side, price: number): number | null {
  if (rules.protectionBps === 0) return null
  return price + (side === 'BUY' ? 1 : -1) * shareDown(price, rules.protectionBps)
}

/** The stop price of a trailing stop behind the best price. */
export function trailing({ side, trailingAmount, trailingBps }: OrderTerms, best: number): number {
  const distance = trailingAmount ?? shareUp(best, trailingBps!)
  return side === 'SELL' ? best - distance : best + distance
}

/** Whether a last price meets a stop price. */
export const meets = (side: Side, last: number, stop: number): boolean =>
  side === 'SELL' ? last <= stop : last >= stop

/** Whether a trailing stop begins at a last price. */
export const activates = ({ side, stopPrice }: OrderTerms, last: number): boolean =>
  stopPrice === null || (side === 'SELL' ? last >= stopPrice : last <= stopPrice)

/** Whether an order with this limit (null: any price) trades with a resting one at `price`. */
export const crosses = (side: Side, limit: number | null, price: number): boolean =>
  limit === null || (side === 'BUY' ? price <= limit : price >= limit)

/** A pair's prices around the last one. */
export function pairInOrder(side: Side, limit: number, stop: number, last: number | null): boolean {
  const sign = side === 'SELL' ? 1 : -1
  const between = last === null ? [] : [last]
  return rising([stop, ...between, limit].map((price) => sign * price))
}

/** A bracket's prices; `entry` is the entry's price or what stands for it. */
export function bracketInOrder(side: Side, stop: number, entry: number | null, takeProfit: number): boolean {
  return pairInOrder(side === 'BUY' ? 'SELL' : 'BUY', takeProfit, stop, entry)
}

const rising = (values: readonly number[]): boolean => values.every((value, i) => i === 0 || values[i - 1]! < value)
