import { BUY, NONE } from '../../book/index.ts'
import { approve } from './approval.ts'
import { arrive } from './arrival.ts'
import { cancel, endPair, stopWaiting } from './closing.ts'
import { AUCTION, NO_REASON, OPEN, PAIRED, REASON, TRADING, TRAILING_STOP, TRIGGERED } from './codes.ts'
import { count } from './entering.ts'
import type { Exchange } from './exchange.ts'
import type { Market } from './market.ts'
import { protectedFrom } from './pricing.ts'
import { holdMore, releaseSurplus } from './settlement.ts'

/**
 * The next stop of a market that its last price meets: sells from the highest stop price down, then buys from the lowest up. Those that go to the book as
 * market orders wait until the market trades; STOP_LIMIT orders also join an auction.
 */
export function nextMet(x: Exchange, market: Market): number {
  const { lastPrice, status, limitStops, marketStops } = market
  if (lastPrice === 0 || (status !== TRADING && status !== AUCTION)) return NONE
  const limit = limitStops.next(lastPrice)
  const other = status === TRADING ? marketStops.next(lastPrice) : NONE
  if (limit === NONE || other === NONE) return limit === NONE ? other : limit
  const { pool } = x.orders
  if (pool.side[limit] !== pool.side[other]) return pool.side[limit] === BUY ? other : limit
  const [a, b] = [limitStops.stopPrice(limit), marketStops.stopPrice(other)]
  if (a === b) return pool.id[limit]! < pool.id[other]! ? limit : other
  return a < b === (pool.side[limit] === BUY) ? limit : other
}

/** A stop's price is met: it goes to the book. */
export function trigger(x: Exchange, market: Market, slot: number): void {
  const { orders } = x
  const stop = orders.type(slot) === TRAILING_STOP ? market.marketStops.stopPrice(slot) : 0
  stopWaiting(x, slot)
  orders.setStatus(slot, OPEN)
  orders.mark(slot, TRIGGERED)
  x.sink.triggered(slot, market.lastPrice)
  if (orders.has(slot, PAIRED)) takeOver(x, slot)
  if (stop !== 0 && orders.pool.price[slot] === 0 && !paysFor(x, market, slot, stop)) {
    cancel(x, slot, REASON.REFUSED_AT_TRIGGER)
    return
  }
  arrive(x, approve(slot))
}

/** The stop of a pair takes over the pair's hold; the other leg goes. */
function takeOver(x: Exchange, slot: number): void {
  const { orders } = x
  const other = orders.partner(slot)
  orders.setHeld(slot, orders.held(slot) + orders.held(other))
  orders.setHeld(other, 0)
  x.sink.held(other)
  x.sink.held(slot)
  endPair(x, slot, NO_REASON)
  count(x, slot)
}

/** A trailing stop without a price of its own gets the protection of its stop price, and a buy the hold for it, if its account can. */
function paysFor(x: Exchange, market: Market, slot: number, stop: number): boolean {
  const { orders, balances } = x
  const { pool } = orders
  const side = pool.side[slot]!
  const worst = protectedFrom(market, side, stop)
  pool.price[slot] = worst
  if (side !== BUY) return true
  const rate = worst * market.quoteUnits
  const needed = rate * orders.remaining(slot) - orders.held(slot)
  if (!Number.isSafeInteger(needed) || needed > balances.available(pool.owner[slot]!, market.quoteAsset)) return false
  orders.setRate(slot, rate)
  if (needed > 0) holdMore(x, slot, needed)
  else releaseSurplus(x, slot)
  return true
}
