import type { EventType } from './events.ts'

/**
 * Who keeps a queue, and of what: the map of everything that flows between domains. Transports open all of these queues when they
 * start, so that an event waits for its consumer whichever of the two starts first.
 */
export const eventConsumers = {
  dash33: ['user.registered', 'user.changed'],
  enterprise: ['account.credited', 'trade.executed', 'venue.setting-changed', 'model.alias-changed'],
  mobile: ['user.registered', 'order.filled', 'anomaly.detected'],
} as const satisfies Record<string, readonly EventType[]>

export type EventConsumer = keyof typeof eventConsumers
