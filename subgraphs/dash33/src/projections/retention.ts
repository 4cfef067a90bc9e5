import type { Clock } from '@opsource/kernel'
import type { Pool } from 'pg'
import type { Logger } from 'pino'

/** A program that mirrors a market leaves 150,000 of these in 10 minutes; nobody looks for them later. */
export const SERVICE_NEVER_FILLED_RETENTION_MS = 10 * 60_000
/** A person may ask for a quarter what became of an order. */
export const PERSON_NEVER_FILLED_RETENTION_MS = 90 * 24 * 3_600_000
/** At the busiest recorded rate some 8,000 orders fall due between two rounds. */
const PRUNE_INTERVAL_MS = 30_000
/** Keeps one statement's locks and log small. */
const ORDERS_PER_STATEMENT = 5_000

/**
 * `since`: what was closed before it is gone already. An account whose holder is not known counts as a person's.
 * Deletes whole pages of neighbours: orders that were closed together were written together.
 */
const PRUNE = `
  DELETE FROM exchange_order WHERE id IN (
    SELECT o.id FROM exchange_order o
    JOIN account a ON a.no = o.account_no
    LEFT JOIN holder h ON h.user_id = a.user_id
    WHERE o.closed_at IS NOT NULL AND o.filled_quantity = 0 AND o.closed_at >= $1 AND o.closed_at < $2
      AND coalesce(h.kind, 'PERSON') = $3::holder_kind
    ORDER BY o.closed_at LIMIT ${ORDERS_PER_STATEMENT})`

type HolderKind = 'PERSON' | 'SERVICE'

const RETENTION_MS: Readonly<Record<HolderKind, number>> = {
  PERSON: PERSON_NEVER_FILLED_RETENTION_MS,
  SERVICE: SERVICE_NEVER_FILLED_RETENTION_MS,
}

/** Deletes orders that were closed without a fill, each holder's after its time. Orders with fills, trades and entries stay. */
export class OrderRetention {
  readonly #pool: Pool
  readonly #clock: Clock
  readonly #log: Logger
  readonly #prunedBefore: Record<HolderKind, number> = { PERSON: 0, SERVICE: 0 }
  #timer: NodeJS.Timeout | null = null
  #round: Promise<unknown> = Promise.resolve()

  constructor(pool: Pool, clock: Clock, log: Logger) {
    this.#pool = pool
    this.#clock = clock
    this.#log = log
  }

  start(): void {
    this.#timer = setInterval(() => {
      this.#round = this.prune().catch((error: unknown) => this.#log.warn({ err: error }, 'orders could not be pruned'))
    }, PRUNE_INTERVAL_MS)
  }

  /** @returns how many orders were deleted. */
  async prune(): Promise<number> {
    let deleted = 0
    for (const kind of ['SERVICE', 'PERSON'] as const) {
      const before = this.#clock.now() - RETENTION_MS[kind]
      for (let last = ORDERS_PER_STATEMENT; last === ORDERS_PER_STATEMENT; deleted += last) {
        const since = new Date(this.#prunedBefore[kind])
        const { rowCount } = await this.#pool.query(PRUNE, [since, new Date(before), kind])
        last = rowCount ?? 0
      }
      this.#prunedBefore[kind] = before
    }
    return deleted
  }

  async stop(): Promise<void> {
    if (this.#timer) clearInterval(this.#timer)
    await this.#round
  }
}
