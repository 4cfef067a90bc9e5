import type { CancelReason } from '../events.ts'
import { byAge, exitsOf, isOpen, type ModelOrder, namesOf, otherLeg, remaining, type Venue } from './venue.ts'

/** Ends an order before all of it traded, and what depends on it. */
export function cancel(venue: Venue, order: ModelOrder, reason: CancelReason): void {
  const legs = otherLeg(venue, order)
  order.status = reason === 'EXPIRED' ? 'EXPIRED' : 'CANCELLED'
  order.cancelReason = reason
  order.place = 'CLOSED'
  venue.events.push({
    type: 'ORDER_CANCELLED',
    engineSequence: venue.sequence,
    ...namesOf(venue, order),
    reason,
    status: order.status,
    filledQuantity: order.filled,
    cancelledQuantity: remaining(order),
  })
  // The one that took this one with it is not taken in turn.
  if (legs && reason !== 'OTHER_LEG') cancelLinked(venue, legs, 'OTHER_LEG')
  closeEntry(venue, order)
}

/** An order that is all traded. Its other leg went with its first trade. */
export function fill(venue: Venue, order: ModelOrder): void {
  order.status = 'FILLED'
  order.place = 'CLOSED'
  closeEntry(venue, order)
}

/** The other leg of an order that has traded, been triggered or been decremented. */
export function cancelOtherLeg(venue: Venue, order: ModelOrder): void {
  const other = otherLeg(venue, order)
  if (other) cancelLinked(venue, other, 'OTHER_LEG')
}

/** Cancels all of a list for one reason, whatever ties them. */
export function cancelEach(venue: Venue, orders: readonly ModelOrder[], reason: CancelReason): void {
  const before = venue.leaving
  venue.leaving = new Set([...before, ...orders])
  for (const order of orders) if (isOpen(order)) cancel(venue, order, reason)
  venue.leaving = before
}

/** Both exits of a bracket, the take-profit first. */
export function cancelExits(venue: Venue, groupId: string, reason: CancelReason): void {
  cancelEach(venue, exitsOf(venue, groupId).sort(byAge), reason)
}

function closeEntry(venue: Venue, order: ModelOrder): void {
  if (order.role !== 'ENTRY' || exitsOf(venue, order.groupId).length === 0) return
  if (order.filled > 0) venue.closedEntries.push(order)
  else cancelExits(venue, order.groupId!, 'ENTRY_CLOSED')
}

function cancelLinked(venue: Venue, order: ModelOrder, reason: CancelReason): void {
  if (!venue.leaving.has(order)) cancel(venue, order, reason)
}
