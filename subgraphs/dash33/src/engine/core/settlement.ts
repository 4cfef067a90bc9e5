import { BUY } from '../../book/index.ts'
import { COUNTED, FILLED, PARTIALLY_FILLED } from './codes.ts'
import type { Exchange } from './exchange.ts'
import { feeOf, makerRate, takerRate } from './fees.ts'

/**
 * Makes a trade: moves both assets and the fees, which each side pays from what it receives, rounded up in the venue's favour. What was held beyond the
 * need of what is left is given back. The book is reduced already, or by the caller.
 */
export function settle(x: Exchange, maker: number, taker: number, price: number, lots: number, auction: boolean): void {
  const { orders, balances } = x
  const { pool } = orders
  const market = x.marketOf(maker)
  const base = lots * market.baseUnits
  const quote = price * lots * market.quoteUnits
  const makerOwner = pool.owner[maker]!
  const takerOwner = pool.owner[taker]!
  const makerBps = makerRate(x, makerOwner)
  const takerBps = takerRate(x, takerOwner)
  const makerBuys = pool.side[maker] === BUY
  const makerFee = feeOf(makerBuys ? base : quote, makerBps)
  const takerFee = feeOf(makerBuys ? quote : base, takerBps)
  const buyerFee = makerBuys ? makerFee : takerFee
  const sellerFee = makerBuys ? takerFee : makerFee
  const buyer = makerBuys ? maker : taker
  const seller = makerBuys ? taker : maker

  reduce(x, maker, lots)
  reduce(x, taker, lots)
  const buyerQuote = balances.cell(makerBuys ? makerOwner : takerOwner, market.quoteAsset)
  const sellerQuote = balances.cell(makerBuys ? takerOwner : makerOwner, market.quoteAsset)
  const toBase = 2 * (market.baseAsset - market.quoteAsset)
  balances.pay(buyerQuote, freed(x, buyer), quote)
  balances.add(buyerQuote + toBase, base - buyerFee)
  balances.pay(sellerQuote + toBase, freed(x, seller), base)
  balances.add(sellerQuote, quote - sellerFee)
  balances.fees[market.baseAsset]! += buyerFee
  balances.fees[market.quoteAsset]! += sellerFee

  orders.setFilledQuote(maker, orders.filledQuote(maker) + quote)
  orders.setFilledQuote(taker, orders.filledQuote(taker) + quote)
  orders.setReceived(buyer, orders.received(buyer) + (base - buyerFee))
  orders.setReceived(seller, orders.received(seller) + (quote - sellerFee))
  x.volumes.add(makerOwner, x.day, quote)
  x.volumes.add(takerOwner, x.day, quote)
  x.sink.trade(maker, taker, price, lots, makerFee, takerFee, makerBps, takerBps, auction)
  x.legs++

  market.lastPrice = price
  market.marketStops.observe(price)
  x.look(market)
}

function reduce(x: Exchange, slot: number, lots: number): void {
  const { orders } = x
  const left = orders.remaining(slot) - lots
  orders.setRemaining(slot, left)
  orders.setStatus(slot, left === 0 ? FILLED : PARTIALLY_FILLED)
  if (orders.has(slot, COUNTED)) uncount(x, slot, lots)
}

/** Lots of an order count no longer towards position and exposure. */
export function uncount(x: Exchange, slot: number, lots: number): void {
  const { accounts, orders } = x
  const { pool } = orders
  const account = pool.owner[slot]!
  if (!accounts.isSummed(account)) return
  const buys = pool.side[slot] === BUY ? lots : 0
  accounts.countLots(account, orders.market(slot), -buys, -lots * orders.value(slot))
}

/** What is held for an order beyond the need of what is left of it; it is held no more. */
function freed(x: Exchange, slot: number): number {
  const { orders } = x
  const kept = orders.rate(slot) * orders.remaining(slot)
  const surplus = orders.held(slot) - kept
  if (surplus === 0) return 0
  orders.setHeld(slot, kept)
  x.sink.held(slot)
  return surplus
}

/** Gives back what is held for an order beyond its need. */
export function releaseSurplus(x: Exchange, slot: number): void {
  const surplus = freed(x, slot)
  if (surplus !== 0) x.balances.hold(x.paidCell(slot), -surplus)
}

/** Gives back all that is held for an order. */
export function releaseAll(x: Exchange, slot: number): void {
  const { orders } = x
  const held = orders.held(slot)
  if (held === 0) return
  orders.setHeld(slot, 0)
  x.sink.held(slot)
  x.balances.hold(x.paidCell(slot), -held)
}

/** Holds more for an order, which its account has. */
export function holdMore(x: Exchange, slot: number, amount: number): void {
  x.orders.setHeld(slot, x.orders.held(slot) + amount)
  x.sink.held(slot)
  x.balances.hold(x.paidCell(slot), amount)
}

/** Sets what is held for an order; where it is more, the account has it. */
export function adjustHold(x: Exchange, slot: number, held: number): void {
  const more = held - x.orders.held(slot)
  if (more !== 0) holdMore(x, slot, more)
}
