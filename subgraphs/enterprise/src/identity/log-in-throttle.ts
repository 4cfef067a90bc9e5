/** A person may mistype this often before anyone has to wait. */
const FREE_FAILURES = 5
/** Failures this far apart are not one attack. */
const WINDOW_MS = 15 * 60_000
const FIRST_BLOCK_MS = 30_000
/** Long enough to make guessing hopeless (96 guesses a day), short enough that nobody is locked out for a day by a stranger. */
const MAX_BLOCK_MS = 15 * 60_000

/** Failed log-ins of one e-mail address, whether or not it has an account. Times in milliseconds since the Unix epoch. */
export interface LogInFailures {
  readonly failures: number
  readonly lastFailureAt: number
  readonly blockedUntil: number | null
}

/** @returns milliseconds to wait; 0 where a log-in may be tried. */
export function waitBeforeLogIn(state: LogInFailures | null, now: number): number {
  return Math.max(0, (state?.blockedUntil ?? 0) - now)
}

/** The block doubles with every failure beyond the free ones. */
export function afterFailedLogIn(state: LogInFailures | null, now: number): LogInFailures {
  const recent = state !== null && now - Math.max(state.lastFailureAt, state.blockedUntil ?? 0) < WINDOW_MS
  const failures = (recent ? state.failures : 0) + 1
  const excess = failures - FREE_FAILURES
  const blockMs = excess < 0 ? 0 : Math.min(FIRST_BLOCK_MS * 2 ** excess, MAX_BLOCK_MS)
  return { failures, lastFailureAt: now, blockedUntil: blockMs === 0 ? null : now + blockMs }
}

/** When a row no longer means anything. */
export const THROTTLE_KEPT_MS = WINDOW_MS + MAX_BLOCK_MS
