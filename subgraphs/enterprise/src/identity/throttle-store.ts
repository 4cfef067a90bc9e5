import type { Transaction } from '../database.ts'
import { type LogInFailures, THROTTLE_KEPT_MS } from './log-in-throttle.ts'

interface FailuresRow {
  readonly failures: number
  readonly lastFailureAt: Date
  readonly blockedUntil: Date | null
}

const stateOf = (row: FailuresRow | null): LogInFailures | null =>
  row && {
    failures: row.failures,
    lastFailureAt: row.lastFailureAt.getTime(),
    blockedUntil: row.blockedUntil?.getTime() ?? null,
  }

export async function failuresOf(database: Transaction, email: string): Promise<LogInFailures | null> {
  return stateOf(await database.logInThrottle.findUnique({ where: { email } }))
}

/** One failure of an address at a time: of many guesses at once each counts. */
export async function lockFailures(tx: Transaction, email: string): Promise<LogInFailures | null> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtext('enterprise.log-in'), hashtext(${email}))`
  return failuresOf(tx, email)
}

export async function saveFailures(tx: Transaction, email: string, state: LogInFailures): Promise<void> {
  const { failures } = state
  const lastFailureAt = new Date(state.lastFailureAt)
  const blockedUntil = state.blockedUntil === null ? null : new Date(state.blockedUntil)
  const row = { failures, lastFailureAt, blockedUntil }
  await tx.logInThrottle.upsert({ where: { email }, create: { email, ...row }, update: row })
}

export async function clearFailures(tx: Transaction, email: string): Promise<void> {
  await tx.logInThrottle.deleteMany({ where: { email } })
}

/** Forgets what no longer counts. @returns the addresses whose block has run out unnoticed. */
export async function pruneFailures(tx: Transaction, now: number): Promise<string[]> {
  const gone = await tx.$queryRaw<{ email: string; blocked: boolean }[]>`
    DELETE FROM log_in_throttle WHERE last_failure_at < ${new Date(now - THROTTLE_KEPT_MS)}
    RETURNING email, blocked_until IS NOT NULL AS blocked`
  return gone.filter(({ blocked }) => blocked).map(({ email }) => email)
}
