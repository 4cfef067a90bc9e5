import type { Clock } from '@opsource/kernel'
import type { Pool } from 'pg'
import { PROGRAM_ACCOUNTS } from '../accounts/index.ts'

/** Candles keep what a market did; what two programs did with each other in it is looked at within the hour, if at all. */
export const PROGRAM_TRADE_RETENTION_MS = 2 * 3_600_000
/** Keeps one statement's locks and log small: some 40 s of the recorded market. */
const TRADES_PER_STATEMENT = 2_000

/** `$1` to `$2` is when they were executed: of what is older, only people's trades are left. */
const PRUNE = `
  WITH program AS MATERIALIZED (${PROGRAM_ACCOUNTS}),
  due AS (
    SELECT id FROM trade
    WHERE executed_at >= $1 AND executed_at < $2
      AND maker_account_no IN (SELECT no FROM program) AND taker_account_no IN (SELECT no FROM program)
    ORDER BY executed_at LIMIT ${TRADES_PER_STATEMENT})
  DELETE FROM trade WHERE id IN (SELECT id FROM due)`

/** Deletes what programs have traded with each other, after its time. A trade with a person in it stays for good. */
export class TradeRetention {
  readonly of = 'trades'
  readonly #pool: Pool
  readonly #clock: Clock
  #prunedBefore = 0

  constructor(pool: Pool, clock: Clock) {
    this.#pool = pool
    this.#clock = clock
  }

  /** @returns how many trades were deleted. */
  async run(stopping?: AbortSignal): Promise<number> {
    const before = this.#clock.now() - PROGRAM_TRADE_RETENTION_MS
    let deleted = 0
    for (let last = TRADES_PER_STATEMENT; last === TRADES_PER_STATEMENT; deleted += last) {
      if (stopping?.aborted) return deleted
      const { rowCount } = await this.#pool.query(PRUNE, [new Date(this.#prunedBefore), new Date(before)])
      last = rowCount ?? 0
    }
    this.#prunedBefore = before
    return deleted
  }
}
