import { quoteAmount } from '../../market/instruments.ts'
import type { CancelReason } from '../events.ts'
import { cancel, cancelOtherLeg } from './closing.ts'
import { crosses, protection, shareDown } from './prices.ts'
import { trade } from './trade.ts'
import {
  available,
  isMarketType,
  isOpen,
  type ModelMarket,
  type ModelOrder,
  mayRest,
  namesOf,
  opposite,
  paidAsset,
  queue,
  remaining,
  spends,
  type Venue,
} from './venue.ts'

/** An order comes to its market: it trades if the market does; then it rests, is cancelled, or is all traded. */
export function arrive(venue: Venue, order: ModelOrder): void {
  order.place = 'ARRIVING'
  if (order.status === 'PENDING') order.status = 'OPEN'
  if (order.market.status !== 'TRADING') {
    rest(venue, order)
    return
  }
  const limit = limitOf(venue, order)
  const isHopeless = order.terms.timeInForce === 'FOK' && !tradesWhole(venue, order, limit)
  const end = isHopeless ? 'FILL_OR_KILL' : match(venue, order, limit)
  if (!isOpen(order)) return
  if (end !== 'SELF_TRADE' && mayRest(order.terms)) rest(venue, order)
  else cancel(venue, order, end)
}

/** @returns what becomes of the rest where it does not rest. */
function match(venue: Venue, taker: ModelOrder, limit: number | null): CancelReason {
  const { market, terms } = taker
  while (isOpen(taker)) {
    const [maker] = queue(venue, market, opposite(terms.side))
    if (!maker) return 'REMAINDER'
    const price = maker.terms.price!
    if (!crosses(terms.side, limit, price)) return isMarketType(terms) ? 'PROTECTION' : 'REMAINDER'
    if (!inBand(market, price)) {
      halt(venue, market)
      return 'PRICE_BAND'
    }
    if (maker.accountId === taker.accountId && terms.selfTradePrevention !== 'NONE') {
      if (preventSelfTrade(venue, maker, taker)) return 'SELF_TRADE'
      continue
    }
    const quantity = Math.min(remaining(taker), maker.shown, spends(taker) ? affordable(venue, taker, price) : Infinity)
    if (quantity === 0) return 'REMAINDER'
    maker.shown -= quantity
    trade(venue, maker, taker, price, quantity, false)
    if (isOpen(maker) && maker.shown === 0) show(venue, maker)
  }
  return 'REMAINDER'
}

/** @returns whether the incoming order ends here. */
function preventSelfTrade(venue: Venue, maker: ModelOrder, taker: ModelOrder): boolean {
  const mode = taker.terms.selfTradePrevention
  if (mode === 'EXPIRE_MAKER' || mode === 'EXPIRE_BOTH') cancel(venue, maker, 'SELF_TRADE')
  if (mode === 'DECREMENT') {
    const quantity = Math.min(remaining(maker), remaining(taker))
    decrement(venue, maker, quantity)
    decrement(venue, taker, quantity)
  }
  return mode === 'EXPIRE_TAKER' || mode === 'EXPIRE_BOTH'
}

function decrement(venue: Venue, order: ModelOrder, by: number): void {
  if (remaining(order) === by) {
    cancel(venue, order, 'SELF_TRADE')
    return
  }
  order.terms = { ...order.terms, quantity: order.terms.quantity - by }
  order.shown = Math.min(order.shown, remaining(order))
  venue.events.push({
    type: 'ORDER_AMENDED',
    engineSequence: venue.sequence,
    ...namesOf(venue, order),
    reason: 'SELF_TRADE',
    price: order.terms.price,
    stopPrice: order.terms.stopPrice,
    quantity: order.terms.quantity,
    remainingQuantity: remaining(order),
    keptPriority: true,
  })
  cancelOtherLeg(venue, order)
}

function rest(venue: Venue, order: ModelOrder): void {
  order.place = 'BOOK'
  show(venue, order)
}

/** Takes the last place in the queue with what the order shows. */
function show(venue: Venue, order: ModelOrder): void {
  order.shown = Math.min(order.terms.displayQuantity ?? Infinity, remaining(order))
  order.priority = ++venue.priority
}

/** The worst price that an arriving order accepts; null for any. */
function limitOf(venue: Venue, order: ModelOrder): number | null {
  const { type, price, side } = order.terms
  if (price !== null) return price
  if (type !== 'MARKET') return order.worst
  const [best] = queue(venue, order.market, opposite(side))
  return best ? protection(order.market, side, best.terms.price!) : null
}

export const inBand = ({ reference, rules }: ModelMarket, price: number): boolean =>
  reference === null ||
  rules.priceBandBps === 0 ||
  Math.abs(price - reference) <= shareDown(reference, rules.priceBandBps)

function halt(venue: Venue, market: ModelMarket): void {
  market.status = 'AUCTION'
  market.auctionEndsAt = venue.time + market.rules.haltAuctionMs
  venue.events.push({
    type: 'MARKET_STATUS_SET',
    engineSequence: venue.sequence,
    symbol: market.instrument.symbol,
    status: 'AUCTION',
    reason: 'PRICE_BAND',
    auctionEndsAt: market.auctionEndsAt,
    recording: market.recording,
  })
}

const affordable = (venue: Venue, order: ModelOrder, price: number): number =>
  Math.floor(
    available(venue, order.accountId, paidAsset(order.market, 'BUY')) / quoteAmount(order.market.instrument, price, 1),
  )

/** Whether those that a FOK order would meet suffice for all of it. */
function tradesWhole(venue: Venue, order: ModelOrder, limit: number | null): boolean {
  const { market, terms } = order
  const mode = terms.selfTradePrevention
  const makers = queue(venue, market, opposite(terms.side))
  const isOwn = (maker: ModelOrder) => maker.accountId === order.accountId
  const firstOwn = mode === 'EXPIRE_TAKER' || mode === 'EXPIRE_BOTH' ? makers.find(isOwn) : undefined
  let budget = available(venue, order.accountId, paidAsset(market, terms.side))
  let wanted = remaining(order)
  for (const maker of makers) {
    const price = maker.terms.price!
    if (maker === firstOwn || !crosses(terms.side, limit, price) || !inBand(market, price)) break
    if (isOwn(maker)) continue
    // What an iceberg hides comes to the end of its queue, behind an order that ends the match.
    const isBefore = firstOwn?.terms.price === maker.terms.price
    const quantity = Math.min(wanted, isBefore ? maker.shown : remaining(maker))
    const cost = quoteAmount(market.instrument, price, quantity)
    if (spends(order) && cost > budget) return false
    budget -= cost
    wanted -= quantity
  }
  return wanted === 0
}
