export { type CloudEvent, cloudEventSchema, type EventSource } from './cloud-event.ts'
export type { BatchHandler, Subscription, Transport } from './transport.ts'
