import type { Logger } from 'pino'

/** At the busiest recorded rate some 8,000 orders and 9,000 ledger entries fall due between two rounds. */
const ROUND_INTERVAL_MS = 30_000

/** Keeps one kind of record from growing without bound. */
export interface RetentionRule {
  /** What it is a rule for, as the log names it. */
  readonly of: string
  /** Does all that is due, in small transactions; between two of them it heeds `stopping`. */
  run(stopping: AbortSignal): Promise<number>
}

/** Applies the rules one after the other, round after round. A rule that fails holds up no other, and is tried again in the next. */
export class Retention {
  readonly #rules: readonly RetentionRule[]
  readonly #log: Logger
  readonly #stopping = new AbortController()
  #timer: NodeJS.Timeout | null = null
  #running: Promise<void> | null = null

  constructor(rules: readonly RetentionRule[], log: Logger) {
    this.#rules = rules
    this.#log = log
  }

  start(): void {
    this.#timer = setInterval(() => this.round(), ROUND_INTERVAL_MS)
  }

  /** Runs every rule once; while a round is running, that one. */
  round(): Promise<void> {
    this.#running ??= this.#round().finally(() => {
      this.#running = null
    })
    return this.#running
  }

  /** Ends the round that is running at its next stop. */
  async stop(): Promise<void> {
    if (this.#timer) clearInterval(this.#timer)
    this.#stopping.abort()
    await this.#running
  }

  async #round(): Promise<void> {
    for (const rule of this.#rules) {
      if (this.#stopping.signal.aborted) return
      try {
        await rule.run(this.#stopping.signal)
      } catch (error) {
        this.#log.warn({ err: error }, `${rule.of} could not be pruned`)
      }
    }
  }
}
