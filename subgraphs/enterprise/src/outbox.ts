import { type EventData, type EventType, newEvent, type OutboxRelay, outboxRows } from '@opsource/bus'
import type { Clock, IdSource } from '@opsource/kernel'
import type { Database, Transaction } from './database.ts'

/** Changes and the events that tell of them: both are committed, or neither. */
export class Outbox {
  readonly #database: Database
  readonly #relay: Pick<OutboxRelay, 'wake'>
  readonly #clock: Clock
  readonly #ids: IdSource

  constructor(database: Database, relay: Pick<OutboxRelay, 'wake'>, clock: Clock, ids: IdSource) {
    this.#database = database
    this.#relay = relay
    this.#clock = clock
    this.#ids = ids
  }

  /** Runs a transaction; what it announced is relayed as soon as it has committed. */
  async transact<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    const result = await this.#database.$transaction(work)
    this.#relay.wake()
    return result
  }

  async announce<T extends EventType>(tx: Transaction, type: T, subject: string, data: EventData<T>): Promise<void> {
    const origin = { source: 'enterprise', id: this.#ids.next('evt'), time: this.#clock.now(), subject } as const
    await tx.outboxEvent.createMany({ data: outboxRows([newEvent(type, data, origin)]) })
  }
}
