import type { CloudEvent } from './cloud-event.ts'

/** Handles a batch in order. A rejection means that none of it was taken: the batch is delivered again. */
export type BatchHandler = (events: readonly CloudEvent[]) => Promise<void>

export interface Subscription {
  /** Stops delivery and waits for the batch in hand. */
  close(): Promise<void>
}

/** Carries events between domains, at least once, in publishing order per source while nothing fails. */
export interface Transport {
  /** Resolves once every event is safe with the transport: confirmed by the broker, or handled by every consumer. */
  publish(events: readonly CloudEvent[]): Promise<void>
  /** `consumer` names a durable queue: two subscriptions of one name share its events. */
  subscribe(subscription: { consumer: string; types: readonly string[] }, handle: BatchHandler): Promise<Subscription>
  /** Every instance gets every event from now on; nothing is kept while it is away (for caches and revocation lists). */
  listen(types: readonly string[], handle: BatchHandler): Promise<Subscription>
  /** Throws when the transport cannot be reached. */
  ping(): Promise<void>
  close(): Promise<void>
}
