import { type CloudEvent, cloudEventSchema, type EventSource } from './cloud-event.ts'
import { type EventData, type EventType, eventContracts } from './contracts/index.ts'

/** An event whose data is what its contract says. */
export type EventOf<T extends EventType> = {
  [K in T]: Omit<CloudEvent, 'type' | 'data'> & { type: K; data: EventData<K> }
}[T]

export interface EventOrigin {
  readonly source: EventSource
  /** Unique for ever within the source. The same change told again must give the same id: that is what consumers dedupe by. */
  readonly id: string
  /** When it happened: milliseconds since the Unix epoch. */
  readonly time: number
  /** What it is about, such as an order's id. */
  readonly subject?: string
}

/** Makes an event. Throws where the data breaks the contract: that is a bug of the publisher. */
export function newEvent<T extends EventType>(type: T, data: EventData<T>, origin: EventOrigin): CloudEvent {
  return {
    specversion: '1.0',
    id: origin.id,
    source: origin.source,
    type,
    ...(origin.subject === undefined ? {} : { subject: origin.subject }),
    time: new Date(origin.time).toISOString(),
    datacontenttype: 'application/json',
    data: eventContracts[type].parse(data),
  }
}

/** Reads an event of one of the types. Throws where it is another or breaks its contract. Fields that a newer publisher added are left out. */
export function parseEvent<T extends EventType>(event: CloudEvent, types: readonly T[]): EventOf<T> {
  const type = types.find((known) => known === event.type)
  if (type === undefined) throw new Error(`${event.type} is none of ${types.join(', ')}`)
  const parsed = { ...cloudEventSchema.parse(event), type, data: eventContracts[type].parse(event.data) }
  return parsed as EventOf<T>
}

/** Reads an event's envelope from JSON text. Throws where it is none. */
export function readEvent(text: string): CloudEvent {
  return cloudEventSchema.parse(JSON.parse(text))
}
