import { POST_ONLY } from './core/codes.ts'
import type { Orders } from './core/orders.ts'

// What an order is, in one number: three bits for each word, one for each of two, and the market above them.
const TYPE_SHIFT = 1
const TIME_SHIFT = 4
const SELF_TRADE_SHIFT = 7
const POST_ONLY_SHIFT = 10
const ROLE_SHIFT = 11
const MARKET_SHIFT = 14

export function codes(
  market: number,
  side: number,
  type: number,
  timeInForce: number,
  selfTrade: number,
  postOnly: boolean,
  role: number,
): number {
  return (
    side |
    (type << TYPE_SHIFT) |
    (timeInForce << TIME_SHIFT) |
    (selfTrade << SELF_TRADE_SHIFT) |
    ((postOnly ? 1 : 0) << POST_ONLY_SHIFT) |
    (role << ROLE_SHIFT) |
    (market << MARKET_SHIFT)
  )
}

/** Of an order that was just accepted. */
export function codesOf(orders: Orders, slot: number): number {
  return codes(
    orders.market(slot),
    orders.pool.side[slot]!,
    orders.type(slot),
    orders.timeInForce(slot),
    orders.selfTrade(slot),
    orders.has(slot, POST_ONLY),
    orders.role(slot),
  )
}

export const sideIn = (of: number) => of & 1
export const typeIn = (of: number) => (of >> TYPE_SHIFT) & 7
export const timeInForceIn = (of: number) => (of >> TIME_SHIFT) & 7
export const selfTradeIn = (of: number) => (of >> SELF_TRADE_SHIFT) & 7
export const postOnlyIn = (of: number) => ((of >> POST_ONLY_SHIFT) & 1) === 1
export const roleIn = (of: number) => (of >> ROLE_SHIFT) & 7
export const marketIn = (of: number) => of >> MARKET_SHIFT
