import type { Logger } from 'pino'
import { Counter, type Registry } from 'prom-client'

/** How an attempt to begin or continue a session ended: `STARTED`, or the reason for the refusal. */
export class IdentityObserver {
  readonly #log: Logger
  readonly #attempts: Counter

  constructor({ log, metrics }: { log: Logger; metrics: Registry }) {
    this.#log = log.child({ feature: 'identity' })
    const name = 'opsource_enterprise_session_attempts_total'
    const known = metrics.getSingleMetric(name)
    this.#attempts =
      known instanceof Counter
        ? known
        : new Counter({
            name,
            help: 'Attempts at a session, by outcome.',
            labelNames: ['operation', 'outcome'],
            registers: [metrics],
          })
  }

  /** Names no address and no token. */
  attempted(operation: 'register' | 'logIn' | 'refresh', outcome: string): void {
    this.#attempts.inc({ operation, outcome })
    if (outcome === 'BUSY') this.#log.warn({ operation }, 'the password queue is full')
  }

  reused(userId: string, sessionId: string): void {
    this.#log.warn({ userId, sessionId }, 'a spent refresh token came back: the session was ended')
  }
}
