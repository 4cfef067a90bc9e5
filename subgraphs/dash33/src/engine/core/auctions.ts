import { BUY, SELL, type SideCode } from '../../book/index.ts'
import { AUCTION, BY_AUCTION_END, BY_OPERATOR, TRADING } from './codes.ts'
import type { Exchange } from './exchange.ts'
import type { Market } from './market.ts'
import { afterTrade } from './matching.ts'
import { settle } from './settlement.ts'
import { type AuctionLevel, uncross } from './uncross.ts'

/** Sets a market's status. @param auctionMs of an auction that ends by itself; 0: it does not @param anew a recording begins: no price before it counts */
export function setStatus(x: Exchange, market: Market, status: number, auctionMs: number, anew: boolean): void {
  x.auctionEnds.remove(market.index)
  market.auctionEndsAt = 0
  if (anew) {
    market.lastPrice = 0
    market.reference = 0
  }
  if (status === TRADING && market.status !== TRADING) {
    resume(x, market, BY_OPERATOR)
    return
  }
  market.status = status
  if (status === AUCTION && auctionMs > 0) {
    market.auctionEndsAt = x.time + auctionMs
    x.auctionEnds.set(market.index, market.auctionEndsAt, market.index)
  }
  x.sink.statusSet(market.index, BY_OPERATOR)
}

/** An auction's time has come. */
export function endAuction(x: Exchange, market: Market): void {
  market.auctionEndsAt = 0
  resume(x, market, BY_AUCTION_END)
}

/** What crosses trades at one price; then the market trades again. */
function resume(x: Exchange, market: Market, reason: number): void {
  market.roll(x.time)
  const auction = market.status === AUCTION
  const found = market.book.crossed
    ? uncross(levels(market, BUY), levels(market, SELL), market.reference === 0 ? null : market.reference)
    : null
  if (found) tradeAt(x, market, found.price, found.quantity)
  if (found) market.reference = found.price
  if (found || auction) x.sink.uncrossed(market.index, found?.price ?? 0, found?.quantity ?? 0)
  market.status = TRADING
  x.sink.statusSet(market.index, reason)
  x.look(market)
}

/** What may trade at each price, hidden quantity included, best first. */
function levels(market: Market, side: SideCode): AuctionLevel[] {
  const { pool } = market.book
  const found: [number, number][] = []
  market.book.visit(side, (slot, price) => {
    const lots = pool.shown[slot]! + pool.hidden[slot]!
    const last = found.at(-1)
    if (last && last[0] === price) last[1] += lots
    else found.push([price, lots])
    return true
  })
  return found
}

function tradeAt(x: Exchange, market: Market, price: number, quantity: number): void {
  const { orders } = x
  const { pool } = orders
  const { book } = market
  for (let left = quantity; left > 0; ) {
    const buy = book.first(BUY)
    const sell = book.first(SELL)
    const lots = Math.min(left, orders.remaining(buy), orders.remaining(sell))
    const [maker, taker] = pool.priority[buy]! < pool.priority[sell]! ? [buy, sell] : [sell, buy]
    book.reduce(maker, lots)
    book.reduce(taker, lots)
    settle(x, maker, taker, price, lots, true)
    afterTrade(x, maker)
    afterTrade(x, taker)
    left -= lots
  }
}
