import type { Clock } from '@opsource/kernel'
import type { Pool } from 'pg'

/** A program that mirrors a market leaves 150,000 of these in 10 minutes; nobody looks for them later. */
export const SERVICE_NEVER_FILLED_RETENTION_MS = 10 * 60_000
/** A program knows long before what became of its orders. */
export const SERVICE_FILLED_RETENTION_MS = 3_600_000
/** A person may ask for a quarter what became of an order. Those with fills stay for good. */
export const PERSON_NEVER_FILLED_RETENTION_MS = 90 * 24 * 3_600_000
/** Keeps one statement's locks and log small. */
const ORDERS_PER_STATEMENT = 5_000

/**
 * `$1` to `$2` is when they were closed: what was closed before is gone already. An account whose holder is not known counts as a
 * person's.
 */
const PRUNE = `
  DELETE FROM exchange_order WHERE id IN (
    SELECT o.id FROM exchange_order o
    JOIN account a ON a.no = o.account_no
    LEFT JOIN holder h ON h.user_id = a.user_id
    WHERE o.closed_at IS NOT NULL AND o.closed_at >= $1 AND o.closed_at < $2
      AND coalesce(h.kind, 'PERSON') = $3::holder_kind AND (o.filled_quantity > 0) = $4
    ORDER BY o.closed_at LIMIT ${ORDERS_PER_STATEMENT})`

interface Rule {
  readonly kind: 'PERSON' | 'SERVICE'
  readonly filled: boolean
  readonly retentionMs: number
}

const RULES: readonly Rule[] = [
  { kind: 'SERVICE', filled: false, retentionMs: SERVICE_NEVER_FILLED_RETENTION_MS },
  { kind: 'SERVICE', filled: true, retentionMs: SERVICE_FILLED_RETENTION_MS },
  { kind: 'PERSON', filled: false, retentionMs: PERSON_NEVER_FILLED_RETENTION_MS },
]

/** Deletes closed orders, each kind after its time. Open orders stay, and what a person has traded. */
export class OrderRetention {
  readonly of = 'orders'
  readonly #pool: Pool
  readonly #clock: Clock
  readonly #prunedBefore = new Map<Rule, number>()

  constructor(pool: Pool, clock: Clock) {
    this.#pool = pool
    this.#clock = clock
  }

  /** @returns how many orders were deleted. */
  async run(stopping?: AbortSignal): Promise<number> {
    let deleted = 0
    for (const rule of RULES) {
      const before = this.#clock.now() - rule.retentionMs
      const since = this.#prunedBefore.get(rule) ?? 0
      for (let last = ORDERS_PER_STATEMENT; last === ORDERS_PER_STATEMENT; deleted += last) {
        if (stopping?.aborted) return deleted
        const { rowCount } = await this.#pool.query(PRUNE, [new Date(since), new Date(before), rule.kind, rule.filled])
        last = rowCount ?? 0
      }
      this.#prunedBefore.set(rule, before)
    }
    return deleted
  }
}
