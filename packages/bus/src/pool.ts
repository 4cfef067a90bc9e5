import type { Pool } from 'pg'
import type { Logger } from 'pino'

const guarded = new WeakSet<Pool>()

/** An idle connection that breaks is an event of its pool, and one that nobody hears ends the process. The pool replaces it by itself. */
export function guardPool(pool: Pool, log: Logger): void {
  if (guarded.has(pool)) return
  guarded.add(pool)
  pool.on('error', (error) => log.warn({ err: error }, 'an idle database connection broke'))
}
