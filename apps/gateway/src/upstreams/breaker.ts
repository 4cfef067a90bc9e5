import type { Clock } from '@opsource/kernel'

/** Failures in a row that open the breaker: one slow answer is chance, three are a state. */
const OPENS_AFTER_FAILURES = 3
/** How long it stays open before the next probe: a returned subgraph is noticed about this late. */
const PROBE_EVERY_MS = 1_000

/** Stops asking a subgraph that does not answer, so that it costs others nothing. */
export class Breaker {
  readonly #clock: Clock
  #failures = 0
  #nextProbe = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get isOpen(): boolean {
    return this.#failures >= OPENS_AFTER_FAILURES
  }

  /** Whether the caller should try once in the background, telling `succeeded` or `failed` afterwards. */
  takeProbe(): boolean {
    if (!this.isOpen || this.#clock.now() < this.#nextProbe) return false
    this.#nextProbe = this.#clock.now() + PROBE_EVERY_MS
    return true
  }

  succeeded(): void {
    this.#failures = 0
  }

  failed(): void {
    this.#failures++
    if (this.#failures === OPENS_AFTER_FAILURES) this.#nextProbe = this.#clock.now() + PROBE_EVERY_MS
  }
}
