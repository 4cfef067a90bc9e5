import type { Ack, Refusal } from '../acks.ts'
import type { AmendOrder, OrderTerms } from '../commands.ts'
import { arrive } from './matching.ts'
import { priceFor, refused, switchOf, wouldTrade } from './placing.ts'
import { bracketInOrder, meets, pairInOrder, protection } from './prices.ts'
import { brokenRule } from './rules.ts'
import { settle } from './settling.ts'
import { faultsOf } from './shape.ts'
import {
  exitsOf,
  held,
  isOpen,
  type ModelOrder,
  namesOf,
  otherLeg,
  ownedBy,
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
  const changes = (['quantity', 'price', 'stopPrice'] as const).some((field) => terms[field] !== before[field])
  const isArrival = order.place === 'BOOK' && (terms.price !== before.price || terms.quantity > before.quantity)
  if (changes) {
    const refusal = refusalOf(venue, order, terms, isArrival) ?? apply(venue, order, terms)
    if (refusal) return refusal
    account.acceptedAt.push(venue.time)
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
    order.shown = Math.min(order.shown, remaining(order))
    if (isArrival) arrive(venue, order)
    settle(venue)
  }
  const fills = venue.fills.get(order) ?? []
  return {
    kind: 'AMENDED',
    engineSequence: venue.sequence,
    order: snapshot(order),
    fills,
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

function allowed({ terms, status, groupId }: ModelOrder, { quantity, price, stopPrice }: AmendOrder): boolean {
  if (quantity !== null && groupId !== null) return false
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

function refusalOf(venue: Venue, order: ModelOrder, terms: OrderTerms, isArrival: boolean): Refusal | null {
  const { market, role } = order
  // What is shown may come to be all of it.
  const [fault] = faultsOf({ ...terms, displayQuantity: null }, market)
  if (fault) return refused(fault)
  const outOfOrder = pricesFault(venue, order, terms)
  if (outOfOrder) return refused(outOfOrder)
  const isTested = role === null || role === 'OCO_LIMIT' || role === 'ENTRY'
  const broken =
    isTested &&
    brokenRule(venue, {
      account: venue.accounts.get(order.accountId)!,
      market,
      terms,
      value: newValue(venue, order, terms),
      quantity: terms.quantity - order.filled,
      orders: 0,
      replaces: order,
    })
  if (broken) return broken
  return isArrival && terms.postOnly && wouldTrade(venue, market, terms) ? refused('POST_ONLY_WOULD_TRADE') : null
}

function pricesFault(venue: Venue, order: ModelOrder, terms: OrderTerms) {
  const { last } = order.market
  const exits = exitsOf(venue, order.groupId)
  if (exits.length > 0) {
    const entry = venue.orders.find((each) => each.groupId === order.groupId && each.role === 'ENTRY')!
    const of = (role: string) => (order.role === role ? terms : exits.find((exit) => exit.role === role)!.terms)
    const price = order === entry ? terms.price : entry.terms.price
    const inOrder = bracketInOrder(entry.terms.side, of('STOP_LOSS').stopPrice!, price, of('TAKE_PROFIT').price!)
    return inOrder ? null : 'PRICES_OUT_OF_ORDER'
  }
  const other = otherLeg(venue, order)
  if (other) {
    const [limit, stop] = order.place === 'TRIGGER' ? [other.terms, terms] : [terms, other.terms]
    return pairInOrder(terms.side, limit.price!, stop.stopPrice!, last) ? null : 'PRICES_OUT_OF_ORDER'
  }
  const waits = order.place === 'TRIGGER' && terms.type !== 'TRAILING_STOP'
  return waits && last !== null && meets(terms.side, last, terms.stopPrice!) ? 'WOULD_TRIGGER_AT_ONCE' : null
}

/** A trailing stop keeps the value of its first stop price. */
function newValue(venue: Venue, order: ModelOrder, terms: OrderTerms): number | null {
  return terms.type === 'TRAILING_STOP' ? order.value : priceFor(venue, order.market, terms, terms.stopPrice)
}

/** Sets the new terms if they can be paid for. */
function apply(venue: Venue, order: ModelOrder, terms: OrderTerms): Refusal | null {
  const asset = paidAsset(order.market, terms.side)
  const owned = ownedBy(venue, order.accountId, asset)
  const before = { terms: order.terms, worst: order.worst, value: order.value, stop: order.stop }
  const heldBefore = held(venue, order.accountId, asset)
  order.value = newValue(venue, order, terms)
  if (terms.type === 'STOP' || terms.type === 'STOP_LIMIT') {
    order.stop = terms.stopPrice
    const follows = terms.price === null && terms.stopPrice !== before.terms.stopPrice
    if (follows) order.worst = protection(order.market, terms.side, terms.stopPrice!)
  }
  order.terms = terms
  const required = held(venue, order.accountId, asset) - heldBefore
  const available = owned - heldBefore
  if (required <= 0 || required <= available) return null
  Object.assign(order, before)
  return { kind: 'REFUSED', code: 'INSUFFICIENT_BALANCE', asset, required, available }
}
