import type { EventOf } from '@opsource/bus'
import type { EventData } from '@opsource/bus/contracts'
import type { Clock, IdSource } from '@opsource/kernel'
import type { ClientBase } from 'pg'
import { watchersOf } from '../watchlist/index.ts'
import { NOTIFICATIONS_KEPT, type NotificationRecord, textOfAnomaly, textOfFill } from './notification.ts'
import { announceRecipient, appendNotifications, lockCounters, servicesAmong } from './store.ts'

/** All come in one queue: a user is announced before anyone can trade in his name, and stays ahead of his fills here. */
export type NotifyingEvent = EventOf<'user.registered' | 'order.filled' | 'anomaly.detected'>

export interface NotifierPorts {
  readonly clock: Clock
  readonly ids: IdSource
}

/** What one user is to hear of, before it has its number. */
type Draft = Pick<NotificationRecord, 'userId' | 'orderId' | 'anomalyId' | 'symbol' | 'title' | 'body'>

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
  const drafts = await draftsOf(client, events)
  if (drafts.length === 0) return []
  const services = await servicesAmong(client, [...new Set(drafts.map(({ userId }) => userId))])
  const heard = drafts.filter(({ userId }) => !services.has(userId))
  if (heard.length === 0) return []
  const counters = await lockCounters(client, [...new Set(heard.map(({ userId }) => userId))].sort())
  const notifications = heard.map((draft) => numbered(draft, counters, ports))
  await appendNotifications(client, notifications, counters, NOTIFICATIONS_KEPT)
  return [...counters.keys()]
}

/** In the order of the events: a fill for its owner, what is very unusual about a market for whoever watches it. */
async function draftsOf(client: ClientBase, events: readonly NotifyingEvent[]): Promise<Draft[]> {
  const symbols = events.flatMap((event) => (isAlarming(event) ? event.data.symbol : []))
  const watchers = symbols.length === 0 ? new Map<string, string[]>() : await watchersOf(client, symbols)
  return events.flatMap((event): Draft[] => {
    if (event.type === 'order.filled') {
      const { userId, orderId } = event.data
      return [{ userId, orderId, anomalyId: null, symbol: null, ...textOfFill(event.data) }]
    }
    if (!isAlarming(event)) return []
    const { anomalyId, symbol } = event.data
    const text = textOfAnomaly(event.data)
    return (watchers.get(symbol) ?? []).map((userId) => ({ userId, orderId: null, anomalyId, symbol, ...text }))
  })
}

type AnomalyEvent = EventOf<'anomaly.detected'>
type AlarmingEvent = AnomalyEvent & { readonly data: EventData<'anomaly.detected'> & { readonly symbol: string } }

/** What is less certain would wake people several times a day where nothing has happened. */
const isAlarming = (event: NotifyingEvent): event is AlarmingEvent =>
  event.type === 'anomaly.detected' && event.data.severity === 'HIGH' && event.data.symbol !== null

/** Counts the user's counter up. */
function numbered(draft: Draft, counters: Map<string, bigint>, { clock, ids }: NotifierPorts): NotificationRecord {
  const sequence = (counters.get(draft.userId) ?? 0n) + 1n
  counters.set(draft.userId, sequence)
  return { ...draft, sequence, id: ids.next('ntf'), createdAt: new Date(clock.now()), readAt: null }
}
