import type { Clock } from '@opsource/kernel'
import type { Pool } from 'pg'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** Two days by the minute are a screenful. */
export const MINUTE_POINTS_RETENTION_MS = 2 * DAY_MS
/** A quarter by the hour; from then on a point a day stays for good. */
export const HOUR_POINTS_RETENTION_MS = 90 * DAY_MS
/** Keeps one statement's locks and log small. */
const POINTS_PER_STATEMENT = 5_000

const TABLES = [
  ['equity_point', 'account_no'],
  ['paper_equity_point', 'account_id'],
] as const

/**
 * Of the points that end in one interval ($3 seconds) the last stays, so that the curve goes through the same values at the end of each.
 * $1 to $2 are whole intervals.
 */
const prune = (table: string, account: string) => `
  DELETE FROM ${table} WHERE (${account}, time) IN (
    SELECT ${account}, time FROM (
      SELECT ${account}, time, lead(time) OVER (PARTITION BY ${account} ORDER BY time) AS next
      FROM ${table} WHERE time > $1 AND time <= $2) p
    WHERE ceil(extract(epoch FROM next) / $3::bigint) = ceil(extract(epoch FROM time) / $3::bigint)
    LIMIT ${POINTS_PER_STATEMENT})`

const RULES = [
  { intervalMs: HOUR_MS, retentionMs: MINUTE_POINTS_RETENTION_MS },
  { intervalMs: DAY_MS, retentionMs: HOUR_POINTS_RETENTION_MS },
] as const

/** Thins the curves of equity: by the minute, then by the hour, then by the day. Flows are kept, so that returns stay exact. */
export class EquityRetention {
  readonly of = 'equity points'
  readonly #pool: Pool
  readonly #clock: Clock
  readonly #prunedBefore = new Map<string, number>()

  constructor(pool: Pool, clock: Clock) {
    this.#pool = pool
    this.#clock = clock
  }

  /** @returns how many points were deleted. */
  async run(stopping?: AbortSignal): Promise<number> {
    let deleted = 0
    for (const [table, account] of TABLES) {
      for (const { intervalMs, retentionMs } of RULES) {
        const due = this.#clock.now() - retentionMs
        const before = due - (due % intervalMs)
        const key = `${table} ${intervalMs}`
        const since = this.#prunedBefore.get(key) ?? 0
        for (let last = POINTS_PER_STATEMENT; before > since && last === POINTS_PER_STATEMENT; deleted += last) {
          if (stopping?.aborted) return deleted
          const values = [new Date(since), new Date(before), intervalMs / 1_000]
          last = (await this.#pool.query(prune(table, account), values)).rowCount ?? 0
        }
        this.#prunedBefore.set(key, before)
      }
    }
    return deleted
  }
}
