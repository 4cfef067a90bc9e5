import { BUY, SELL } from '../../book/index.ts'
import { EXPIRE_BOTH, EXPIRE_TAKER } from './codes.ts'
import type { Exchange } from './exchange.ts'
import type { Market } from './market.ts'

/** Whether a FOK order would trade whole: within its limit, its budget and the band, with others than its own account. */
export function suffices(x: Exchange, market: Market, slot: number, limit: number): boolean {
  const { orders } = x
  const { pool } = orders
  const side = pool.side[slot] === BUY ? BUY : SELL
  const owner = pool.owner[slot]!
  const stopsAtOwn = orders.selfTrade(slot) === EXPIRE_TAKER || orders.selfTrade(slot) === EXPIRE_BOTH
  const ownPrice = stopsAtOwn ? firstOwnPrice(market, side, owner, limit) : Number.NaN
  const budget = new Budget(x, market, slot)
  let wanted = orders.remaining(slot)
  market.book.visit(side === BUY ? SELL : BUY, (maker, price) => {
    if ((side === BUY ? price > limit : price < limit) || market.beyondBand(price)) return false
    if (pool.owner[maker] === owner) return !stopsAtOwn
    // At the price of an own order that ends the match, what icebergs hide comes behind it.
    const lots = pool.shown[maker]! + (price === ownPrice ? 0 : pool.hidden[maker]!)
    const taken = budget.spend(price, Math.min(lots, wanted))
    wanted -= taken
    return wanted > 0 && taken > 0
  })
  return wanted === 0
}

function firstOwnPrice(market: Market, side: 0 | 1, owner: number, limit: number): number {
  let found = Number.NaN
  market.book.visit(side === BUY ? SELL : BUY, (maker, price) => {
    if (side === BUY ? price > limit : price < limit) return false
    if (market.book.pool.owner[maker] !== owner) return true
    found = price
    return false
  })
  return found
}

/** What an order that holds nothing can still pay. */
class Budget {
  readonly #unit: number
  #left: number

  constructor(x: Exchange, market: Market, slot: number) {
    const { orders, balances } = x
    this.#unit = market.quoteUnits
    const holds = orders.rate(slot) !== 0
    this.#left = holds ? Number.POSITIVE_INFINITY : balances.available(orders.pool.owner[slot]!, market.quoteAsset)
  }

  /** @returns the lots that it pays for, at most `lots` */
  spend(price: number, lots: number): number {
    const affordable = Math.min(lots, Math.floor(this.#left / (price * this.#unit)))
    this.#left -= affordable * price * this.#unit
    return affordable
  }
}
