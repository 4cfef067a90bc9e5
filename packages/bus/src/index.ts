export { type CloudEvent, cloudEventSchema, type EventSource } from './cloud-event.ts'
export {
  type EventConsumer,
  type EventData,
  type EventType,
  eventConsumers,
  eventContracts,
} from './contracts/index.ts'
export { type EventOf, type EventOrigin, newEvent, parseEvent } from './event.ts'
export { type ConsumeOptions, type Consumption, consume, DEAD_EVENT_RETENTION_MS, INBOX_RETENTION_MS } from './inbox.ts'
export { MAX_WAITING_EVENTS, MemoryTransport } from './memory-transport.ts'
export { appendOutbox, type OutboxRow, outboxRows } from './outbox.ts'
export { guardPool } from './pool.ts'
export { type RabbitOptions, RabbitTransport } from './rabbit-transport.ts'
export { OutboxRelay, type OutboxRelayOptions } from './relay.ts'
export type { BatchHandler, Subscription, Transport } from './transport.ts'
