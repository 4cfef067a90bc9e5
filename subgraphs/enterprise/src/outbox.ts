import type { EventData, EventType } from '@opsource/bus/contracts'
import type { Clock, IdSource } from '@opsource/kernel'
import type { Transaction } from './database.ts'

/** Writes an event into the transaction of the change that it tells of. */
export type Announce = <T extends EventType>(
  tx: Transaction,
  type: T,
  subject: string,
  data: EventData<T>,
) => Promise<void>

export function announcer(ids: IdSource, clock: Clock): Announce {
  return async (tx, type, subject, data) => {
    await tx.outboxEvent.create({
      data: {
        event: {
          specversion: '1.0',
          id: ids.next('evt'),
          source: 'enterprise',
          type,
          subject,
          time: new Date(clock.now()).toISOString(),
          datacontenttype: 'application/json',
          data,
        },
      },
    })
  }
}
