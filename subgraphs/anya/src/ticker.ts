/** Does something again and again until it is closed; the next turn waits for the one in hand. */
export class Ticker {
  readonly #timer: NodeJS.Timeout
  #inHand: Promise<unknown> = Promise.resolve()
  #isBusy = false

  constructor(intervalMs: number, work: () => Promise<unknown>) {
    this.#timer = setInterval(() => {
      if (this.#isBusy) return
      this.#isBusy = true
      this.#inHand = work().finally(() => {
        this.#isBusy = false
      })
    }, intervalMs)
  }

  /** Starts no more work and waits for the turn in hand. */
  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.#inHand
  }
}
