import { fault } from '@opsource/subgraph'
import type { EngineBatch } from '../engine/events.ts'
import { Mailbox } from '../market-data/index.ts'
import type { OrderUpdateParent } from '../parents.ts'
import { tellChanges } from './changes.ts'
import { OrderHistory, type Place } from './history.ts'

/** As many as the gateway keeps for a slow reader; what a reader has missed before comes on top. */
const MAX_WAITING_UPDATES = 1_000
const MOST_MISSED = 2_000

/** Serves the order subscriptions: every change of an account's orders in order, or the end with `SUBSCRIPTION_GAP`. */
export class OrderLog {
  readonly #history: OrderHistory
  readonly #readers = new Map<string, Set<Mailbox<OrderUpdateParent>>>()
  #sequence: number

  /** @param sequence of the last batch that was taken before. */
  constructor(sequence: number) {
    this.#sequence = sequence
    this.#history = new OrderHistory(sequence)
  }

  take(batch: EngineBatch): void {
    this.#sequence = batch.lastSequence
    tellChanges(batch, (change) => {
      const update = this.#history.append(change)
      for (const reader of this.#readers.get(change.accountId) ?? []) reader.push(update)
    })
  }

  /** @param after null: from now on. Throws SUBSCRIPTION_GAP where something behind it is forgotten, BAD_USER_INPUT where it lies ahead. */
  watch(accountId: string, after: Place | null): AsyncIterableIterator<OrderUpdateParent> {
    if (after && after[0] > this.#sequence) throw fault('BAD_USER_INPUT', '`after` lies ahead of the exchange.')
    const missed = after === null ? [] : this.#history.behind(accountId, after)
    if (missed === null) throw gap()
    const readers = this.#readers.get(accountId) ?? new Set()
    this.#readers.set(accountId, readers)
    const reader: Mailbox<OrderUpdateParent> = new Mailbox<OrderUpdateParent>({
      limit: MAX_WAITING_UPDATES + MOST_MISSED,
      overflow: () => ({ fail: gap() }),
      onClose: () => {
        readers.delete(reader)
        if (readers.size === 0 && this.#readers.get(accountId) === readers) this.#readers.delete(accountId)
      },
    })
    readers.add(reader)
    for (const update of missed) reader.push(update)
    return reader
  }

  /** Ends every stream. */
  close(): void {
    for (const readers of this.#readers.values()) for (const reader of [...readers]) reader.end()
  }
}

const gap = () =>
  fault('SUBSCRIPTION_GAP', 'A change of an order may have been missed: read `orders`, then subscribe again.')
