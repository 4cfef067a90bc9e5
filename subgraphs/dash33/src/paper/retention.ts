import type { Clock } from '@opsource/kernel'
import type { Pool } from 'pg'
import { inTransaction } from '../database.ts'

/** Whoever closes an experiment has seen what came of it. */
export const CLOSED_PAPER_RETENTION_MS = 30 * 24 * 3_600_000
/** With at most some ten thousand orders and fills each. */
const ACCOUNTS_PER_STATEMENT = 10

const DUE = `SELECT id FROM paper_account WHERE closed_at < $1 ORDER BY closed_at LIMIT ${ACCOUNTS_PER_STATEMENT}`

/** Deletes paper accounts, with all that belongs to them, a time after they were closed. */
export class PaperRetention {
  readonly of = 'paper accounts'
  readonly #pool: Pool
  readonly #clock: Clock

  constructor(pool: Pool, clock: Clock) {
    this.#pool = pool
    this.#clock = clock
  }

  /** @returns how many accounts were deleted. */
  async run(stopping?: AbortSignal): Promise<number> {
    const before = new Date(this.#clock.now() - CLOSED_PAPER_RETENTION_MS)
    let deleted = 0
    for (let last = ACCOUNTS_PER_STATEMENT; last === ACCOUNTS_PER_STATEMENT; deleted += last) {
      if (stopping?.aborted) return deleted
      last = await inTransaction(this.#pool, async (client) => {
        const { rows } = await client.query<{ id: string }>(DUE, [before])
        const ids = [rows.map(({ id }) => id)]
        for (const table of ['paper_fill', 'paper_order', 'paper_balance', 'paper_equity_point'])
          await client.query(`DELETE FROM ${table} WHERE account_id = ANY ($1)`, ids)
        await client.query('DELETE FROM paper_account WHERE id = ANY ($1)', ids)
        return rows.length
      })
    }
    return deleted
  }
}
