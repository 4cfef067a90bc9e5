import { BUY, type Matcher, NONE, type SelfTradeVerdict } from '../../book/index.ts'
import { halt } from './bands.ts'
import { close, endPair } from './closing.ts'
import { NO_REASON, PAIRED } from './codes.ts'
import type { Exchange } from './exchange.ts'
import { meetOwn } from './self-trade.ts'
import { settle } from './settlement.ts'

/** Why an incoming order stopped. */
export const NO_MORE = 0
export const BAND = 1
export const OWN = 2
export const BUDGET = 3
export type End = typeof NO_MORE | typeof BAND | typeof OWN | typeof BUDGET

/** An incoming order on its way through the book: one at a time. */
export class Taking implements Matcher {
  declare private readonly exchange: Exchange
  private slot = NONE
  private end: End = NO_MORE

  constructor(exchange: Exchange) {
    this.exchange = exchange
  }

  /** @param limit the worst price; ±Infinity: any @returns why it stopped, if anything is left of it */
  run(slot: number, limit: number): End {
    const x = this.exchange
    const { orders } = x
    this.slot = slot
    this.end = NO_MORE
    const { pool } = orders
    const side = pool.side[slot] === BUY ? 0 : 1
    x.marketOf(slot).book.match(side, limit, orders.remaining(slot), pool.owner[slot]!, this)
    return this.end
  }

  admits(price: number): boolean {
    const market = this.exchange.marketOf(this.slot)
    if (!market.beyondBand(price)) return true
    this.end = BAND
    halt(this.exchange, market)
    return false
  }

  selfTrade(maker: number): SelfTradeVerdict {
    const verdict = meetOwn(this.exchange, maker, this.slot)
    if (verdict === 1) this.end = OWN
    return verdict
  }

  allowance(price: number, wanted: number): number {
    const x = this.exchange
    const { orders } = x
    const slot = this.slot
    if (orders.rate(slot) !== 0) return wanted
    const market = x.marketOf(slot)
    const available = x.balances.available(orders.pool.owner[slot]!, market.quoteAsset)
    const affordable = Math.floor(available / (price * market.quoteUnits))
    if (affordable === 0) this.end = BUDGET
    return Math.min(wanted, affordable)
  }

  fill(maker: number, price: number, quantity: number): void {
    settle(this.exchange, maker, this.slot, price, quantity, false)
    afterTrade(this.exchange, maker)
    if (this.exchange.orders.has(this.slot, PAIRED)) endPair(this.exchange, this.slot, NO_REASON)
  }
}

/** Closes an order of which nothing is left, and ends its pair. */
export function afterTrade(x: Exchange, slot: number): void {
  const { orders } = x
  if (orders.remaining(slot) === 0) close(x, slot, NO_REASON)
  else if (orders.has(slot, PAIRED)) endPair(x, slot, NO_REASON)
}
