import type { CloudEvent } from '@opsource/bus'
import { CopyRows } from '../copy.ts'
import type { Statements } from '../statements.ts'

/** As `appendOutbox` of the bus, for thousands of events at once: in the transaction that the client has open, in the order given. */
export async function writeOutbox(statements: Statements, events: readonly CloudEvent[]): Promise<void> {
  const rows = new CopyRows()
  for (const event of events) {
    rows.row(1)
    rows.text(JSON.stringify(event))
  }
  await statements.copy('outbox_event (event)', rows)
}
