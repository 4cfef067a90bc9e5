import type { Clock } from '@opsource/kernel'
import type { Pool } from 'pg'
import { PROGRAM_ACCOUNTS } from '../accounts/index.ts'

/** What two programs moved between each other is looked into within the hour, if at all; a recount then adds up a million entries at most. */
export const PROGRAM_POSTING_RETENTION_MS = 3_600_000
/** Keeps one statement's locks and log small: half a minute of the recorded market. */
export const ENTRIES_PER_STATEMENT = 10_000

/**
 * The last command that moved anything before `$1`. Trades tell, because entries have no time; those of programs stay longer than this asks. Where
 * they are gone, as when the ledger alone is rebuilt a day later, all of it is older if its watermark is.
 */
const FIND_CUTOFF = `
  SELECT greatest(
    (SELECT engine_sequence FROM trade WHERE executed_at < $1 ORDER BY executed_at DESC, engine_sequence DESC LIMIT 1),
    (SELECT engine_sequence FROM watermark WHERE name = 'ledger' AND time < $1)) AS engine_sequence`

/** The end of the next stretch: whole commands behind `$1`, up to `$2`. */
const FIND_STRETCH = `
  SELECT max(engine_sequence) AS through FROM (
    SELECT engine_sequence FROM ledger_entry WHERE engine_sequence > $1 AND engine_sequence <= $2
    ORDER BY engine_sequence LIMIT ${ENTRIES_PER_STATEMENT}) e`

/**
 * The postings from `$1` to `$2` that have no person in them, and what was brought forward before, become one posting with their sum
 * for each account and asset. One statement: whoever reads sees all of it or nothing. The database refuses any other removal.
 * By `ctid`, because a join by key makes PostgreSQL read the whole ledger; rows that never change keep theirs.
 */
const BRING_FORWARD = `
  WITH program AS MATERIALIZED (${PROGRAM_ACCOUNTS}),
  due AS MATERIALIZED (
    SELECT place FROM (
      SELECT ctid AS place, bool_and(account_no IN (SELECT no FROM program)) OVER (PARTITION BY engine_sequence, posting) AS is_due
      FROM ledger_entry WHERE engine_sequence > $1 AND engine_sequence <= $2 AND posting >= 0) e
    WHERE is_due),
  replaced AS (
    SELECT place FROM due
    UNION ALL
    SELECT ctid FROM ledger_entry WHERE posting < 0 AND EXISTS (SELECT FROM due)),
  removed AS (
    DELETE FROM ledger_entry WHERE ctid = ANY (ARRAY (SELECT place FROM replaced))
    RETURNING engine_sequence, posting, account_no, asset, amount),
  added AS (
    INSERT INTO ledger_entry (engine_sequence, posting, leg, account_no, asset, amount)
    SELECT max(max(engine_sequence)) OVER (), -1, row_number() OVER (ORDER BY account_no, asset), account_no, asset, sum(amount)
    FROM removed GROUP BY account_no, asset)
  SELECT count(*) AS entries FROM removed WHERE posting >= 0`

/**
 * Replaces old postings among programs by the one posting "brought forward", so that the ledger holds an hour of the market and
 * everything that people did. Every account's total of every asset stays what it was, and so does the ledger's watermark.
 */
export class BroughtForward {
  readonly of = 'ledger entries'
  readonly #pool: Pool
  readonly #clock: Clock
  /** Up to here there are people's postings only, and the one brought forward. */
  #through = 0

  constructor(pool: Pool, clock: Clock) {
    this.#pool = pool
    this.#clock = clock
  }

  /** @returns how many entries were replaced. */
  async run(stopping?: AbortSignal): Promise<number> {
    const cutoff = await this.#number('engine_sequence', FIND_CUTOFF, [
      new Date(this.#clock.now() - PROGRAM_POSTING_RETENTION_MS),
    ])
    let replaced = 0
    while (cutoff !== null && !stopping?.aborted) {
      const through = await this.#number('through', FIND_STRETCH, [this.#through, cutoff])
      if (through === null) break
      replaced += (await this.#number('entries', BRING_FORWARD, [this.#through, through])) ?? 0
      this.#through = through
    }
    return replaced
  }

  async #number(column: string, text: string, values: readonly (number | Date)[]): Promise<number | null> {
    const { rows } = await this.#pool.query<Record<string, string | null>>(text, [...values])
    const value = rows[0]?.[column]
    return value == null ? null : Number(value)
  }
}
