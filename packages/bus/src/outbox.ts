import type { ClientBase, Pool } from 'pg'
import { z } from 'zod'
import type { CloudEvent } from './cloud-event.ts'

/** A row of the table `outbox_event`, which every domain's Prisma schema has as the model `OutboxEvent`. */
export interface OutboxRow {
  readonly event: JsonObject
}

type JsonValue = string | number | boolean | null | JsonValue[] | { [key: string]: JsonValue }
type JsonObject = { [key: string]: JsonValue }

const jsonObject = z.record(z.string(), z.json())

/** Events as `prisma.outboxEvent.createMany({ data })` wants them: in the transaction of the change that they tell of. */
export function outboxRows(events: readonly CloudEvent[]): OutboxRow[] {
  return events.map((event) => ({ event: jsonObject.parse(event) }))
}

/** Writes events in the transaction that the client has open, in the order given. */
export async function appendOutbox(client: ClientBase | Pool, events: readonly CloudEvent[]): Promise<void> {
  if (events.length === 0) return
  await client.query('INSERT INTO outbox_event (event) SELECT unnest($1::jsonb[])', [
    events.map((event) => JSON.stringify(event)),
  ])
}
