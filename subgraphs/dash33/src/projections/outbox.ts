import type { CloudEvent } from '@opsource/bus'
import type { ClientBase } from 'pg'
import { texts } from '../columns.ts'

/** As `appendOutbox` of the bus, for thousands of events at once: in the transaction that the client has open, in the order given. */
export async function writeOutbox(client: ClientBase, events: readonly CloudEvent[]): Promise<void> {
  if (events.length === 0) return
  await client.query({
    name: 'append events',
    text: 'INSERT INTO outbox_event (event) SELECT event::jsonb FROM unnest($1::text[]) AS event',
    values: [texts(events.map((event) => JSON.stringify(event)))],
  })
}
