import { fault } from '@opsource/subgraph'
import type { EngineBatch, Trade, TradeParty } from '../engine/events.ts'
import { Mailbox } from '../market-data/index.ts'
import type { FillParent, FillUpdateParent } from '../parents.ts'
import type { FillPlace } from './store.ts'

/** As many as the gateway keeps for a slow reader. */
const MAX_WAITING_FILLS = 1_000
/** What a reader who comes back may have missed: some seconds of reading, and beyond that the pages are the better way. */
export const MAX_MISSED_FILLS = 10_000
const FILLS_PER_READ = 500

/** Where the fills are that were journaled before a reader came. */
export interface StoredFills {
  /** Resolves once what the command did is stored. */
  reached(engineSequence: number): Promise<void>
  /** @returns fills behind a place and up to a command, the oldest first. */
  after(accountId: string, place: FillPlace, throughSequence: number, limit: number): Promise<FillUpdateParent[]>
  /** Whether fills behind the place may have been deleted. */
  isPruned(accountId: string, place: FillPlace): Promise<boolean>
}

/** Serves the fill subscriptions: every fill of an account in order, or the end with `SUBSCRIPTION_GAP`. */
export class FillLog {
  readonly #stored: StoredFills
  readonly #readers = new Map<string, Set<Mailbox<FillUpdateParent>>>()
  #sequence: number

  /** @param sequence of the last batch that was taken before. */
  constructor(stored: StoredFills, sequence: number) {
    this.#stored = stored
    this.#sequence = sequence
  }

  take(batch: EngineBatch): void {
    this.#sequence = batch.lastSequence
    if (this.#readers.size === 0) return
    for (const event of batch.events) {
      if (event.type !== 'TRADE') continue
      for (const isMaker of [true, false]) {
        const party = isMaker ? event.maker : event.taker
        const readers = this.#readers.get(party.accountId)
        if (!readers) continue
        const update = fillUpdateOf(event, isMaker, batch.time)
        for (const reader of readers) reader.push(update)
      }
    }
  }

  /** @param after null: from now on. Throws BAD_USER_INPUT for a place that lies ahead. */
  watch(accountId: string, after: FillPlace | null): AsyncIterableIterator<FillUpdateParent> {
    if (after && after[0] > this.#sequence + 1) throw fault('BAD_USER_INPUT', '`after` lies ahead of the exchange.')
    const live = this.#listen(accountId)
    return after === null ? live : behind(this.#missed(accountId, after, this.#sequence), live)
  }

  /** Ends every stream. */
  close(): void {
    for (const readers of this.#readers.values()) for (const reader of [...readers]) reader.end()
  }

  #listen(accountId: string): Mailbox<FillUpdateParent> {
    const readers = this.#readers.get(accountId) ?? new Set()
    this.#readers.set(accountId, readers)
    const reader: Mailbox<FillUpdateParent> = new Mailbox<FillUpdateParent>({
      limit: MAX_WAITING_FILLS,
      overflow: () => ({ fail: gap() }),
      onClose: () => {
        readers.delete(reader)
        if (readers.size === 0 && this.#readers.get(accountId) === readers) this.#readers.delete(accountId)
      },
    })
    readers.add(reader)
    return reader
  }

  /** What was journaled behind `after` and up to a command. Throws SUBSCRIPTION_GAP where that is too much, or no longer all there. */
  async *#missed(accountId: string, after: FillPlace, through: number): AsyncGenerator<FillUpdateParent> {
    await this.#stored.reached(through)
    if (await this.#stored.isPruned(accountId, after)) throw gap()
    let place = after
    for (let count = 0; ; ) {
      const fills = await this.#stored.after(accountId, place, through, FILLS_PER_READ)
      count += fills.length
      if (count > MAX_MISSED_FILLS) throw gap()
      yield* fills
      const last = fills.at(-1)
      if (!last || fills.length < FILLS_PER_READ) return
      place = [last.sequence, last.position]
    }
  }
}

/** One after the other; leaving reaches both at once, also while `next()` waits. */
function behind<T>(first: AsyncGenerator<T>, then: AsyncIterableIterator<T>): AsyncIterableIterator<T> {
  let isFirst = true
  const both: AsyncIterableIterator<T> = {
    [Symbol.asyncIterator]: () => both,
    next: async () => {
      if (isFirst) {
        try {
          const result = await first.next()
          if (!result.done) return result
        } catch (error) {
          await then.return?.()
          throw error
        }
        isFirst = false
      }
      return then.next()
    },
    return: async () => {
      isFirst = false
      await then.return?.()
      // A generator that waits for the database hears of it afterwards.
      void first.return(undefined)
      return { done: true, value: undefined }
    },
  }
  return both
}

/** One side of a trade as a fill in its account's log. */
export function fillUpdateOf(trade: Trade, isMaker: boolean, time: number): FillUpdateParent {
  const fill = fillOf(trade, isMaker ? trade.maker : trade.taker, isMaker, time)
  return { sequence: trade.engineSequence, position: trade.leg * 2 + (isMaker ? 0 : 1), fill }
}

export function fillOf(trade: Trade, party: TradeParty, isMaker: boolean, time: number): FillParent {
  const { engineSequence: sequence, tradeId, symbol, price, quantity, quoteAmount } = trade
  const { orderId, side, fee } = party
  const liquidity = isMaker ? 'MAKER' : 'TAKER'
  return { sequence, orderId, tradeId, symbol, side, price, quantity, quoteAmount, fee, liquidity, executedAt: time }
}

const gap = () => fault('SUBSCRIPTION_GAP', 'A fill may have been missed: read `fills`, then subscribe again.')
