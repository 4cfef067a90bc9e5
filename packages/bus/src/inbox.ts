import type { Clock } from '@opsource/kernel'
import { DatabaseError, type Pool, type PoolClient } from 'pg'
import type { Logger } from 'pino'
import { pause, retryDelay } from './backoff.ts'
import type { CloudEvent } from './cloud-event.ts'
import type { EventType } from './contracts/index.ts'
import { type EventOf, parseEvent } from './event.ts'
import { guardPool } from './pool.ts'
import type { Subscription, Transport } from './transport.ts'

/**
 * How long a taken event is remembered, counted back from the newest that its consumer took: time in which everything stands still does
 * not count. A second delivery comes within seconds, or when a publisher that died between handing an event over and forgetting it
 * starts again. The recorded market makes 70 MB of these an hour.
 */
export const INBOX_RETENTION_MS = 6 * 3_600_000
/** How long an operator has to look at what could not be taken. */
export const DEAD_EVENT_RETENTION_MS = 30 * 24 * 3_600_000
const PRUNE_INTERVAL_MS = 10 * 60_000
/** Attempts at one event before it is set aside: a deadlock passes, a poisonous event does not. */
export const MAX_ATTEMPTS = 5
/** What a server says that cannot work now, whatever it is asked: connection, resources, operator intervention, system, read only. */
const AWAY = /^(08|53|57P|58|25006)/
/** Characters of a reason that are kept. */
const MAX_REASON_CHARACTERS = 1_000

export interface ConsumeOptions<T extends EventType> {
  /** Of the domain's own role: its search path names the schema. */
  readonly pool: Pool
  readonly transport: Transport
  /** The name of the queue and of the inbox. */
  readonly consumer: string
  readonly types: readonly T[]
  readonly clock: Clock
  readonly log: Logger
  /**
   * Applies events that are new to this consumer, in order, within the client's open transaction.
   * @returns what is to be done once that has committed, such as waking whoever waits for it; it may be lost with the process.
   */
  handle(events: readonly EventOf<T>[], client: PoolClient): Promise<(() => Promise<void>) | undefined | void>
}

export interface Consumption extends Subscription {
  /** Forgets what is older than the retention. Happens by itself from time to time. */
  prune(): Promise<void>
}

/**
 * Takes events once each: the inbox and what `handle` writes commit together. An event that breaks its contract, or that `handle`
 * refuses again and again while the database answers, goes to `dead_event` with a log line, and the rest goes on.
 */
export async function consume<T extends EventType>(options: ConsumeOptions<T>): Promise<Consumption> {
  const { consumer, types, log } = options
  const inbox = new Inbox(options)
  const ending = new AbortController()
  guardPool(options.pool, log)
  const pruning = prune(inbox, log, ending.signal)
  const subscription = await options.transport.subscribe({ consumer, types }, (events) => inbox.take(events))
  return {
    prune: () => inbox.prune(),
    close: async () => {
      await subscription.close()
      ending.abort()
      await pruning
    },
  }
}

/** Nothing can be said of the events: the database did not work on them. */
class DatabaseAway extends Error {
  override readonly name = 'DatabaseAway'
}

class Inbox<T extends EventType> {
  readonly #options: ConsumeOptions<T>

  constructor(options: ConsumeOptions<T>) {
    this.#options = options
  }

  async take(batch: readonly CloudEvent[]): Promise<void> {
    const events: EventOf<T>[] = []
    for (const event of batch) {
      try {
        events.push(parseEvent(event, this.#options.types))
      } catch (error) {
        await this.#bury(event, error)
      }
    }
    if (events.length === 0) return
    try {
      await this.#apply(events)
    } catch (error) {
      if (error instanceof DatabaseAway) throw error
      this.#options.log.warn(
        { err: error, consumer: this.#options.consumer, events: events.length },
        'a batch failed: one by one',
      )
      for (const event of events) await this.#takeOne(event)
    }
  }

  async prune(): Promise<void> {
    const { pool, consumer, clock } = this.#options
    await pool.query(
      `DELETE FROM inbox_event WHERE consumer = $1
         AND taken_at < (SELECT max(taken_at) FROM inbox_event WHERE consumer = $1) - $2 * interval '1 millisecond'`,
      [consumer, INBOX_RETENTION_MS],
    )
    const oldestKept = new Date(clock.now() - DEAD_EVENT_RETENTION_MS)
    await pool.query('DELETE FROM dead_event WHERE consumer = $1 AND failed_at < $2', [consumer, oldestKept])
  }

  /** Rejects where the database is away: then the event is not at fault, and is delivered again for as long as that lasts. */
  async #takeOne(event: EventOf<T>): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#apply([event])
      } catch (error) {
        if (error instanceof DatabaseAway) throw error
        if (attempt >= MAX_ATTEMPTS) return this.#bury(event, error)
        await pause(retryDelay(attempt), new AbortController().signal)
      }
    }
  }

  async #apply(events: readonly EventOf<T>[]): Promise<void> {
    const { pool, handle, log } = this.#options
    const client = await pool.connect().catch((error: unknown) => {
      throw new DatabaseAway('no connection', { cause: error })
    })
    // What breaks between two queries has no one else to tell; the next query fails by itself.
    const interrupted = (error: Error) => log.warn({ err: error }, 'the inbox lost its connection')
    client.on('error', interrupted)
    let broken = true
    let committed: (() => Promise<void>) | undefined
    try {
      await client.query('BEGIN')
      const fresh = await this.#claim(events, client)
      if (fresh.length > 0) committed = (await handle(fresh, client)) ?? undefined
      await client.query('COMMIT')
      broken = false
    } catch (error) {
      broken = await client.query('ROLLBACK').then(
        () => false,
        () => true,
      )
      if (!broken && !(error instanceof DatabaseError && AWAY.test(error.code ?? ''))) throw error
      throw new DatabaseAway('the database went away', { cause: error })
    } finally {
      if (!broken) client.off('error', interrupted)
      client.release(broken)
    }
    await committed?.().catch((error: unknown) => {
      this.#options.log.warn({ err: error, consumer: this.#options.consumer }, 'a batch was taken, but not announced')
    })
  }

  /** @returns the events that this consumer has not taken before. */
  async #claim(events: readonly EventOf<T>[], client: PoolClient): Promise<EventOf<T>[]> {
    const { consumer, clock } = this.#options
    const byId = new Map(events.map((event) => [`${event.source}/${event.id}`, event]))
    const { rows } = await client.query<{ event_id: string }>(
      `INSERT INTO inbox_event (consumer, event_id, taken_at) SELECT $1, id, $3 FROM unnest($2::text[]) AS id
       ON CONFLICT DO NOTHING RETURNING event_id`,
      [consumer, [...byId.keys()], new Date(clock.now())],
    )
    const fresh = new Set(rows.map((row) => row.event_id))
    return [...byId].flatMap(([id, event]) => (fresh.has(id) ? [event] : []))
  }

  async #bury(event: CloudEvent | EventOf<T>, cause: unknown): Promise<void> {
    const { pool, consumer, clock, log } = this.#options
    const reason = (cause instanceof Error ? cause.message : String(cause)).slice(0, MAX_REASON_CHARACTERS)
    await pool.query('INSERT INTO dead_event (consumer, event, reason, failed_at) VALUES ($1, $2, $3, $4)', [
      consumer,
      JSON.stringify(event),
      reason,
      new Date(clock.now()),
    ])
    log.error(
      { err: cause, consumer, eventId: event.id, type: event.type },
      'an event could not be taken and is set aside',
    )
  }
}

async function prune(inbox: { prune(): Promise<void> }, log: Logger, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await pause(PRUNE_INTERVAL_MS, signal)
    if (signal.aborted) return
    await inbox.prune().catch((error: unknown) => log.warn({ err: error }, 'the inbox was not pruned'))
  }
}
