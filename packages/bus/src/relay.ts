import type { Pool, PoolClient } from 'pg'
import type { Logger } from 'pino'
import { pause, retryDelay } from './backoff.ts'
import { cloudEventSchema } from './cloud-event.ts'
import { MAX_BATCH_EVENTS } from './delivery.ts'
import { guardPool } from './pool.ts'
import type { Transport } from './transport.ts'

/** How long an event that nobody announced by `wake` lies at most: those of another instance, and those of before a crash. */
const POLL_INTERVAL_MS = 500
/** How often an instance that does not relay asks whether the one that does is gone. */
const TAKEOVER_INTERVAL_MS = 1_000
/** Time that `stop` gives the batch in hand. */
const STOP_LIMIT_MS = 2_000

export interface OutboxRelayOptions {
  /** Of the domain's own role: its search path names the schema. */
  readonly pool: Pool
  readonly transport: Transport
  readonly log: Logger
}

interface OutboxEntry {
  readonly position: string
  readonly event: unknown
}

/**
 * Hands committed events to the transport in the order of their positions, one batch at a time, and deletes what the transport
 * has made safe. Of several instances one relays, held by an advisory lock; a crash between the two steps delivers a batch twice.
 */
export class OutboxRelay {
  readonly #pool: Pool
  readonly #transport: Transport
  readonly #log: Logger
  readonly #ending = new AbortController()
  #nudge = new AbortController()
  #leader: PoolClient | undefined
  #work: Promise<void> | undefined

  constructor(options: OutboxRelayOptions) {
    this.#pool = options.pool
    this.#transport = options.transport
    this.#log = options.log
    guardPool(options.pool, options.log)
  }

  start(): void {
    this.#work ??= this.#run()
  }

  /** There may be something to relay: call it after a commit that wrote events. */
  wake(): void {
    this.#nudge.abort()
  }

  /** How many committed events are not yet with the transport. */
  async backlog(): Promise<number> {
    const { rows } = await this.#pool.query<{ count: string }>('SELECT count(*) FROM outbox_event')
    return Number(rows[0]?.count ?? 0)
  }

  /** Finishes the batch in hand. What is left is relayed after the next start. */
  async stop(): Promise<void> {
    this.#ending.abort()
    this.wake()
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, STOP_LIMIT_MS)
    })
    await Promise.race([this.#work, late]).finally(() => clearTimeout(timer))
    this.#resign()
  }

  async #run(): Promise<void> {
    let failures = 0
    while (!this.#ending.signal.aborted) {
      try {
        const busy = (await this.#lead()) ? await this.#relayBatch() : await this.#rest(TAKEOVER_INTERVAL_MS)
        failures = 0
        if (!busy) await this.#rest(POLL_INTERVAL_MS)
      } catch (error) {
        failures += 1
        this.#resign()
        if (!this.#ending.signal.aborted) this.#log.warn({ err: error, failures }, 'events wait in the outbox')
        await pause(retryDelay(failures), this.#ending.signal)
      }
    }
    this.#resign()
  }

  /** @returns whether this instance is the one that relays. */
  async #lead(): Promise<boolean> {
    if (this.#leader !== undefined) return true
    const client = await this.#pool.connect()
    client.on('error', this.#lost)
    try {
      const { rows } = await client.query<{ led: boolean }>(
        `SELECT pg_try_advisory_lock(hashtextextended('outbox ' || current_database() || '.' || current_schema(), 0)) AS led`,
      )
      if (rows[0]?.led) {
        // What is deleted here may come back after a crash, as a batch delivered twice does anyway: no other commit waits for the disk because of it.
        await client.query('SET synchronous_commit TO off')
        this.#leader = client
        return true
      }
      client.off('error', this.#lost)
      client.release()
      return false
    } catch (error) {
      client.release(true)
      throw error
    }
  }

  /** @returns whether there was anything to do. */
  async #relayBatch(): Promise<boolean> {
    this.#nudge = new AbortController()
    const leader = this.#leader
    if (leader === undefined) return true
    const { rows } = await leader.query<OutboxEntry>(
      'SELECT position, event FROM outbox_event ORDER BY position LIMIT $1',
      [MAX_BATCH_EVENTS],
    )
    if (rows.length === 0) return false
    const events = rows.flatMap(({ position, event }) => {
      const parsed = cloudEventSchema.safeParse(event)
      if (parsed.success) return [parsed.data]
      this.#log.error({ position, event }, 'an outbox row is no event and is left out')
      return []
    })
    await this.#transport.publish(events)
    await leader.query('DELETE FROM outbox_event WHERE position = ANY($1::bigint[])', [
      rows.map(({ position }) => position),
    ])
    return true
  }

  async #rest(ms: number): Promise<true> {
    if (!this.#ending.signal.aborted) await pause(ms, this.#nudge.signal)
    return true
  }

  /** Closing the connection gives the lock away. */
  #resign(): void {
    const leader = this.#leader
    this.#leader = undefined
    leader?.release(true)
  }

  readonly #lost = (error: Error): void => {
    this.#log.warn({ err: error }, 'the outbox relay lost its connection')
  }
}
