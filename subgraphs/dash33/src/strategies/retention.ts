import type { Clock } from '@opsource/kernel'
import type { Pool } from 'pg'

/** As long as an order that was never filled: together they tell what a strategy tried. */
export const STRATEGY_ORDER_RETENTION_MS = 90 * 24 * 3_600_000
/** Keeps one statement's locks and log small. */
const ORDERS_PER_STATEMENT = 5_000

const PRUNE = `
  DELETE FROM strategy_order WHERE (strategy_id, prediction_id) IN (
    SELECT strategy_id, prediction_id FROM strategy_order
    WHERE base_change = 0 AND decided_at < $1 ORDER BY decided_at LIMIT ${ORDERS_PER_STATEMENT})`

/** Deletes decisions that nothing came of after their time. What traded stays: a strategy's profit is their sum. */
export class StrategyOrderRetention {
  readonly of = 'strategy orders'
  readonly #pool: Pool
  readonly #clock: Clock

  constructor(pool: Pool, clock: Clock) {
    this.#pool = pool
    this.#clock = clock
  }

  /** @returns how many were deleted. */
  async run(stopping?: AbortSignal): Promise<number> {
    const before = new Date(this.#clock.now() - STRATEGY_ORDER_RETENTION_MS)
    let deleted = 0
    for (let last = ORDERS_PER_STATEMENT; last === ORDERS_PER_STATEMENT && !stopping?.aborted; deleted += last) {
      last = (await this.#pool.query(PRUNE, [before])).rowCount ?? 0
    }
    return deleted
  }
}
