import type { Clock } from '@opsource/kernel'

/** Does something at every full interval of the clock until it is closed; a turn that takes longer leaves out those it covers. */
export class Ticker {
  readonly #intervalMs: number
  readonly #clock: Clock
  readonly #work: () => Promise<unknown>
  #timer: NodeJS.Timeout | undefined
  #inHand: Promise<unknown> = Promise.resolve()
  #isClosed = false

  constructor(intervalMs: number, clock: Clock, work: () => Promise<unknown>) {
    this.#intervalMs = intervalMs
    this.#clock = clock
    this.#work = work
    this.#schedule()
  }

  /** Starts no more work and waits for the turn in hand. */
  async close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#timer)
    await this.#inHand
  }

  #schedule(): void {
    if (this.#isClosed) return
    const delayMs = this.#intervalMs - (this.#clock.now() % this.#intervalMs)
    this.#timer = setTimeout(() => {
      this.#inHand = this.#work().finally(() => this.#schedule())
    }, delayMs)
  }
}
