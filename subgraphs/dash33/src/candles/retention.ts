import type { Clock } from '@opsource/kernel'
import type { Pool } from 'pg'

/** A chart of seconds is looked at while they are fresh; a second of one market is some 100 bytes, two days 17 MB. */
export const SECOND_CANDLE_RETENTION_MS = 2 * 86_400_000
/** Keeps one statement's locks and log small. */
const CANDLES_PER_STATEMENT = 5_000

const PRUNE = `
  DELETE FROM candle c USING (
    SELECT symbol, open_time FROM candle WHERE symbol = $1 AND interval = 'S1' AND open_time < $2 ORDER BY open_time LIMIT ${CANDLES_PER_STATEMENT}
  ) due WHERE c.symbol = due.symbol AND c.interval = 'S1' AND c.open_time = due.open_time`

/** Deletes candles of seconds after their time; minutes, hours and days stay for good. */
export class CandleRetention {
  readonly of = 'candles'
  readonly #pool: Pool
  readonly #clock: Clock
  readonly #symbols: readonly string[]

  constructor(pool: Pool, clock: Clock, symbols: readonly string[]) {
    this.#pool = pool
    this.#clock = clock
    this.#symbols = symbols
  }

  /** @returns how many candles were deleted. */
  async run(stopping?: AbortSignal): Promise<number> {
    const before = new Date(this.#clock.now() - SECOND_CANDLE_RETENTION_MS)
    let deleted = 0
    for (const symbol of this.#symbols) {
      for (let last = CANDLES_PER_STATEMENT; last === CANDLES_PER_STATEMENT; deleted += last) {
        if (stopping?.aborted) return deleted
        const { rowCount } = await this.#pool.query(PRUNE, [symbol, before])
        last = rowCount ?? 0
      }
    }
    return deleted
  }
}
