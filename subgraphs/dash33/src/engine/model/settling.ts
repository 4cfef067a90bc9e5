import { cancel, cancelExits, cancelOtherLeg } from './closing.ts'
import { arrive } from './matching.ts'
import { meets, protection } from './prices.ts'
import { trade } from './trade.ts'
import {
  available,
  byAge,
  exitsOf,
  isCrossed,
  isMarketType,
  type ModelMarket,
  type ModelOrder,
  move,
  namesOf,
  paidAsset,
  queue,
  remaining,
  requirement,
  type Venue,
} from './venue.ts'

/** What a command set free: exits of closed entries, then stops, one after the other. */
export function settle(venue: Venue): void {
  while (true) {
    const entry = venue.closedEntries.shift()
    const stop = entry ? undefined : nextStop(venue)
    if (entry) setExitsFree(venue, entry)
    else if (stop) trigger(venue, stop)
    else return
  }
}

function nextStop(venue: Venue): ModelOrder | undefined {
  for (let market = venue.moved[0]; market; market = venue.moved[0]) {
    const first = firstMet(venue, market)
    if (first) return first
    venue.moved.shift()
  }
  return undefined
}

/** Sells from the highest stop price down, then buys from the lowest up. */
function firstMet(venue: Venue, market: ModelMarket): ModelOrder | undefined {
  const { last, status } = market
  if (last === null || status === 'PAUSED') return undefined
  const met = venue.orders.filter(
    ({ place, market: at, terms, stop }) =>
      place === 'TRIGGER' &&
      at === market &&
      stop !== null &&
      meets(terms.side, last, stop) &&
      (status === 'TRADING' || !isMarketType(terms)),
  )
  const sells = met.filter(({ terms }) => terms.side === 'SELL').sort((a, b) => b.stop! - a.stop! || byAge(a, b))
  const buys = met.filter(({ terms }) => terms.side === 'BUY').sort((a, b) => a.stop! - b.stop! || byAge(a, b))
  return [...sells, ...buys][0]
}

function trigger(venue: Venue, order: ModelOrder): void {
  const { terms, market } = order
  let isPaid = true
  if (terms.type === 'TRAILING_STOP' && terms.price === null) {
    const paid = paidAsset(market, terms.side)
    const free = available(venue, order.accountId, paid) + (terms.side === 'BUY' ? requirement(order) : 0)
    order.worst = protection(market, terms.side, order.stop!)
    isPaid = terms.side === 'SELL' || requirement(order) <= free
  }
  order.status = 'OPEN'
  tell(venue, order, market.last)
  if (!isPaid) {
    cancel(venue, order, 'REFUSED_AT_TRIGGER')
    return
  }
  cancelOtherLeg(venue, order)
  arrive(venue, order)
}

/** The exits become a pair over what the entry received. */
function setExitsFree(venue: Venue, entry: ModelOrder): void {
  const [takeProfit, stopLoss] = exitsOf(venue, entry.groupId).sort(byAge)
  if (!takeProfit || !stopLoss) return
  const quantity = received(entry, takeProfit, stopLoss)
  const { side } = takeProfit.terms
  const unit = { ...takeProfit, terms: { ...takeProfit.terms, quantity } }
  const other = { ...stopLoss, terms: { ...stopLoss.terms, quantity } }
  const needed = Math.max(requirement(unit), requirement(other))
  if (quantity < 1 || needed > available(venue, entry.accountId, paidAsset(entry.market, side))) {
    cancelExits(venue, entry.groupId!, 'REFUSED_AT_TRIGGER')
    return
  }
  takeProfit.terms = unit.terms
  stopLoss.terms = other.terms
  takeProfit.status = 'OPEN'
  takeProfit.place = 'ARRIVING'
  stopLoss.place = 'TRIGGER'
  tell(venue, takeProfit, null)
  tell(venue, stopLoss, null)
  move(venue, entry.market)
  arrive(venue, takeProfit)
}

function received(entry: ModelOrder, takeProfit: ModelOrder, stopLoss: ModelOrder): number {
  const { instrument } = entry.market
  if (entry.terms.side === 'BUY') {
    const units = entry.filled * instrument.baseUnitsPerLot - entry.fees
    return Math.floor(units / instrument.baseUnitsPerLot)
  }
  const dearer = Math.max(takeProfit.terms.price!, stopLoss.terms.price ?? stopLoss.worst ?? stopLoss.stop!)
  const proceeds = entry.filledQuote - entry.fees
  return Math.min(entry.filled, Math.floor(proceeds / (dearer * instrument.quoteUnitsPerTickLot)))
}

function tell(venue: Venue, order: ModelOrder, lastPrice: number | null): void {
  venue.events.push({
    type: 'ORDER_TRIGGERED',
    engineSequence: venue.sequence,
    ...namesOf(venue, order),
    lastPrice,
    quantity: order.terms.quantity,
    status: order.status === 'PENDING' ? 'PENDING' : 'OPEN',
  })
}

/** The market trades continuously again: first whatever crosses, at one price. */
export function uncross(venue: Venue, market: ModelMarket, isAuction: boolean): void {
  if (!isAuction && !isCrossed(venue, market)) return
  const outcome = uncrossPrice(venue, market)
  let left = outcome?.quantity ?? 0
  while (outcome && left > 0) {
    const [buy] = queue(venue, market, 'BUY')
    const [sell] = queue(venue, market, 'SELL')
    const [maker, taker] = buy!.priority < sell!.priority ? [buy!, sell!] : [sell!, buy!]
    const quantity = Math.min(left, remaining(buy!), remaining(sell!))
    trade(venue, maker, taker, outcome.price, quantity, true)
    for (const order of [maker, taker]) order.shown = Math.min(order.shown, remaining(order))
    left -= quantity
  }
  if (outcome) market.reference = outcome.price
  venue.events.push({
    type: 'AUCTION_UNCROSSED',
    engineSequence: venue.sequence,
    symbol: market.instrument.symbol,
    price: outcome?.price ?? null,
    quantity: outcome?.quantity ?? 0,
  })
}

/** Every tick between the best prices is tried. */
function uncrossPrice(venue: Venue, market: ModelMarket): { price: number; quantity: number } | null {
  const bids = queue(venue, market, 'BUY')
  const asks = queue(venue, market, 'SELL')
  if (!isCrossed(venue, market)) return null
  const sum = (orders: ModelOrder[]) => orders.reduce((total, order) => total + remaining(order), 0)
  const [lowest, highest] = [asks[0]!.terms.price!, bids[0]!.terms.price!]
  const outcomes = Array.from({ length: highest - lowest + 1 }, (_, index) => {
    const price = lowest + index
    const demand = sum(bids.filter(({ terms }) => terms.price! >= price))
    const supply = sum(asks.filter(({ terms }) => terms.price! <= price))
    return { price, quantity: Math.min(demand, supply), surplus: demand - supply }
  })
  const most = Math.max(...outcomes.map(({ quantity }) => quantity))
  const largest = outcomes.filter(({ quantity }) => quantity === most)
  const smallest = Math.min(...largest.map(({ surplus }) => Math.abs(surplus)))
  const best = largest.filter(({ surplus }) => Math.abs(surplus) === smallest)
  if (best.every(({ surplus }) => surplus > 0)) return best.at(-1)!
  if (best.every(({ surplus }) => surplus < 0)) return best[0]!
  const distance = (price: number) => (market.reference === null ? 0 : Math.abs(price - market.reference))
  return best.sort((a, b) => distance(a.price) - distance(b.price) || a.price - b.price)[0]!
}
