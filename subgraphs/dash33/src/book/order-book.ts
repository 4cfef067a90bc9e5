import type { Lots, Ticks } from '../market/instruments.ts'

export type BookSide = 'BUY' | 'SELL'

/** What a book needs to know of an order. The links belong to the book. */
export interface Resting<O> {
  readonly side: BookSide
  /** Null only for an order that never rests. */
  readonly price: Ticks | null
  /** Orders of equal owners never trade with each other. */
  readonly owner: number
  remaining: Lots
  level: Level<O> | null
  previous: O | null
  next: O | null
}

/** All orders of one side at one price, first come first. */
export interface Level<O> {
  readonly price: Ticks
  volume: Lots
  head: O | null
  tail: O | null
}

/** Why an incoming order stopped: filled, nothing (more) at its price, its owner's own order ahead, or its budget spent. */
export type MatchEnd = 'FILLED' | 'NO_MATCH' | 'SELF_TRADE' | 'UNAFFORDABLE'

/** The lots that the incoming order can pay for at a price. */
export type Affordable = (price: Ticks) => Lots

/** Price-time priority: better price first, then who came first. Integers only. */
export interface OrderBook<O extends Resting<O>> {
  /** Trades the incoming order against the other side while prices cross; calls `fill` after each step, when both orders and the level are already reduced. */
  match(incoming: O, affordable: Affordable | null, fill: (maker: O, price: Ticks, quantity: Lots) => void): MatchEnd
  /** Puts what remains of the order at the end of its price's queue. */
  rest(order: O): void
  /** Takes a resting order away. */
  remove(order: O): void
  bestPrice(side: BookSide): Ticks | null
  /** 0 where there is no level. */
  volumeAt(side: BookSide, price: Ticks): Lots
  /** Best first. */
  levels(side: BookSide): [price: Ticks, volume: Lots][]
  /** By priority. */
  orders(side: BookSide): O[]
}

export const opposite = (side: BookSide): BookSide => (side === 'BUY' ? 'SELL' : 'BUY')

/** Whether an incoming order at `limit` (null: any price) trades with a resting one at `price`. */
export function crosses(side: BookSide, limit: Ticks | null, price: Ticks): boolean {
  if (limit === null) return true
  return side === 'BUY' ? price <= limit : price >= limit
}
