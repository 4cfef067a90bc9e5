import type { EventOf } from '@opsource/bus'
import type { EventData } from '@opsource/bus/contracts'
import type { Clock, IdSource } from '@opsource/kernel'
import type { ClientBase } from 'pg'
import { NOTIFICATIONS_KEPT, type NotificationRecord, textOfFill } from './notification.ts'
import { announceRecipient, appendNotifications, lockCounters, servicesAmong } from './store.ts'

/** Both come in one queue: a user is announced before anyone can trade in his name, and stays ahead of his fills here. */
export type NotifyingEvent = EventOf<'user.registered' | 'order.filled'>

export interface NotifierPorts {
  readonly clock: Clock
  readonly ids: IdSource
}

/**
 * Turns a batch of events into notifications, within the transaction in which the events are marked as taken.
 * @returns the users who have something new.
 */
export async function notify(
  client: ClientBase,
  events: readonly NotifyingEvent[],
  ports: NotifierPorts,
): Promise<string[]> {
  for (const { data } of events.filter((event) => event.type === 'user.registered')) {
    await announceRecipient(client, data.userId, data.kind)
  }
  const fills = events.filter((event) => event.type === 'order.filled').map(({ data }) => data)
  const services = await servicesAmong(client, [...new Set(fills.map(({ userId }) => userId))])
  const heard = fills.filter(({ userId }) => !services.has(userId))
  if (heard.length === 0) return []
  const counters = await lockCounters(client, [...new Set(heard.map(({ userId }) => userId))].sort())
  const notifications = heard.map((fill) => numbered(fill, counters, ports))
  await appendNotifications(client, notifications, counters, NOTIFICATIONS_KEPT)
  return [...counters.keys()]
}

/** Counts the user's counter up. */
function numbered(
  fill: EventData<'order.filled'>,
  counters: Map<string, bigint>,
  { clock, ids }: NotifierPorts,
): NotificationRecord {
  const { userId, orderId } = fill
  const sequence = (counters.get(userId) ?? 0n) + 1n
  counters.set(userId, sequence)
  const createdAt = new Date(clock.now())
  return { userId, sequence, id: ids.next('ntf'), orderId, ...textOfFill(fill), createdAt, readAt: null }
}
