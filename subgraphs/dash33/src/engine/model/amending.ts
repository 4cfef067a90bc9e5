import type { Ack, Refusal } from '../acks.ts'
import type { AmendOrder, OrderTerms } from '../commands.ts'
import { arrive } from './matching.ts'
import { priceFor, refused, switchOf, wouldTrade } from './placing.ts'
import { meets, pairInOrder, protection } from './prices.ts'
import { brokenRule } from './rules.ts'
import { settle } from './settling.ts'
import { faultsOf } from './shape.ts'
import {
  available,
  exitsOf,
  holdOf,
  isOpen,
  type ModelOrder,
  namesOf,
  otherLeg,
  paidAsset,
  remaining,
  snapshot,
  type Venue,
} from './venue.ts'

export function amend(venue: Venue, command: AmendOrder): Ack {
  const account = venue.accounts.get(command.accountId)
  if (!account) return refused('UNKNOWN_ACCOUNT')
  const order = findOrder(venue, command)
  if (!order) return refused('ORDER_NOT_OPEN')
  const engaged = switchOf(venue, order.market, account.id)
  if (engaged) return { kind: 'REFUSED', code: 'KILL_SWITCH_ENGAGED', scope: engaged }
  if (order.market.status === 'PAUSED') return refused('MARKET_PAUSED')
  if (!allowed(order, command)) return refused('AMENDMENT_NOT_ALLOWED')
  if (command.quantity !== null && command.quantity <= order.filled) return refused('QUANTITY_BELOW_FILLED')

  const before = order.terms
  const terms = amended(before, command)
  const worst = worstOf(order, terms)
  const fields = ['quantity', 'price', 'stopPrice'] as const
  const changes = fields.some((field) => terms[field] !== before[field]) || worst !== order.worst
  const isArrival = order.place === 'BOOK' && (terms.price !== before.price || terms.quantity > before.quantity)
  const refusal = refusalOf(venue, order, terms, isArrival) ?? apply(venue, order, terms, worst)
  if (refusal) return refusal
  account.acceptedAt.push(venue.time)
  if (changes) {
    venue.events.push({
      type: 'ORDER_AMENDED',
      engineSequence: venue.sequence,
      ...namesOf(venue, order),
      reason: 'REQUESTED',
      price: terms.price,
      stopPrice: terms.stopPrice,
      quantity: terms.quantity,
      remainingQuantity: remaining(order),
      keptPriority: !isArrival,
    })
  }
  order.shown = Math.min(order.shown, remaining(order))
  if (isArrival) arrive(venue, order)
  settle(venue)
  return {
    kind: 'AMENDED',
    engineSequence: venue.sequence,
    order: snapshot(order),
    fills: venue.fills.get(order) ?? [],
    keptPriority: !isArrival,
  }
}

export function findOrder(venue: Venue, named: Omit<AmendOrder, 'kind' | 'quantity' | 'price' | 'stopPrice'>) {
  return venue.orders.find(
    (order) =>
      isOpen(order) &&
      order.accountId === named.accountId &&
      (named.orderId === undefined ? order.clientOrderId === named.clientOrderId : order.id === named.orderId),
  )
}

function allowed(order: ModelOrder, { quantity, price, stopPrice }: AmendOrder): boolean {
  const { terms, status, groupId } = order
  if (quantity !== null && quantity !== terms.quantity && groupId !== null) return false
  if (price !== null && terms.type !== 'LIMIT' && terms.type !== 'STOP_LIMIT') return false
  const hasStop = (terms.type === 'STOP' || terms.type === 'STOP_LIMIT') && status === 'PENDING'
  return stopPrice === null || hasStop
}

const amended = (terms: OrderTerms, { quantity, price, stopPrice }: AmendOrder): OrderTerms => ({
  ...terms,
  quantity: quantity ?? terms.quantity,
  price: price ?? terms.price,
  stopPrice: stopPrice ?? terms.stopPrice,
})

/** The worst price of a STOP without one is counted anew. */
function worstOf({ market, worst }: ModelOrder, { type, side, price, stopPrice }: OrderTerms): number | null {
  if (type === 'TRAILING_STOP') return worst
  return price ?? (type === 'STOP' ? protection(market, side, stopPrice!) : null)
}

function refusalOf(venue: Venue, order: ModelOrder, terms: OrderTerms, isArrival: boolean): Refusal | null {
  const { market } = order
  // What is shown may come to be all of it.
  const [fault] = faultsOf({ ...terms, displayQuantity: null }, market)
  if (fault) return refused(fault)
  if (!legsInOrder(venue, order, terms)) return refused('PRICES_OUT_OF_ORDER')
  // Exits that wait for their entry reduce risk.
  if (order.place === 'ENTRY') return null
  if (terms.expiresAt !== null && terms.expiresAt <= venue.time) return refused('EXPIRY_IN_THE_PAST')
  const waits = order.place === 'TRIGGER' && terms.type !== 'TRAILING_STOP'
  const isMet = waits && market.last !== null && meets(terms.side, market.last, terms.stopPrice!)
  if (isMet) return refused('WOULD_TRIGGER_AT_ONCE')
  const broken = brokenRule(venue, {
    account: venue.accounts.get(order.accountId)!,
    market,
    // A stop that has been triggered is a limit order like any other.
    terms: order.place === 'BOOK' ? { ...terms, type: 'LIMIT' } : terms,
    value: priceFor(venue, market, terms),
    quantity: terms.quantity - order.filled,
    orders: 0,
    replaces: order,
  })
  if (broken) return broken
  return isArrival && terms.postOnly && wouldTrade(venue, market, terms) ? refused('POST_ONLY_WOULD_TRADE') : null
}

/** Whether the limit of a pair, or of exits that wait, stays on its side of the stop. */
function legsInOrder(venue: Venue, order: ModelOrder, terms: OrderTerms): boolean {
  const others = order.place === 'ENTRY' ? exitsOf(venue, order.groupId) : [otherLeg(venue, order)]
  const other = others.find((each) => each !== undefined && each !== order)
  if (!other) return true
  const [limit, stop] = terms.type === 'LIMIT' ? [terms, other.terms] : [other.terms, terms]
  return pairInOrder(terms.side, limit.price!, stop.stopPrice!, null)
}

/** Sets the new terms if they can be paid for. */
function apply(venue: Venue, order: ModelOrder, terms: OrderTerms, worst: number | null): Refusal | null {
  const asset = paidAsset(order.market, terms.side)
  const other = otherLeg(venue, order)
  const holds = () => holdOf(venue, order) + (other ? holdOf(venue, other) : 0)
  const before = { terms: order.terms, worst: order.worst, value: order.value, stop: order.stop }
  const own = holds()
  const free = available(venue, order.accountId, asset) + own
  const stop = terms.type === 'TRAILING_STOP' ? order.stop : terms.stopPrice
  Object.assign(order, { terms, worst, stop, value: priceFor(venue, order.market, terms) })
  const required = holds()
  if (required <= own || required <= free) return null
  Object.assign(order, before)
  return { kind: 'REFUSED', code: 'INSUFFICIENT_BALANCE', asset, required, available: free }
}
