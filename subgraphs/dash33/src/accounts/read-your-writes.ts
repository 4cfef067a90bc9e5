/** What a reader waits for the projections to come to their own last command; beyond it they read what is there. */
const PATIENCE_MS = 2_000

/** Lets the owner of an account read what they wrote: queries wait until the projections contain it. */
export class ReadYourWrites {
  readonly #reached: (engineSequence: number, signal: AbortSignal) => Promise<void>
  readonly #watermark: () => number
  readonly #written = new Map<string, number>()

  constructor(projector: {
    reached(engineSequence: number, signal: AbortSignal): Promise<void>
    readonly watermark: number
  }) {
    this.#reached = (engineSequence, signal) => projector.reached(engineSequence, signal)
    this.#watermark = () => projector.watermark
  }

  /** Answers may come out of order: the highest counts. */
  wrote(accountId: string, engineSequence: number): void {
    this.#written.set(accountId, Math.max(engineSequence, this.#written.get(accountId) ?? 0))
  }

  /** Resolves once the projections contain the account's own commands, or patience ends. */
  async settled(accountId: string): Promise<void> {
    const sequence = this.#written.get(accountId)
    if (sequence === undefined) return
    if (sequence > this.#watermark()) await this.#wait(sequence)
    // Only what is still the last one: a later command may have come while waiting.
    if (this.#written.get(accountId) === sequence && sequence <= this.#watermark()) this.#written.delete(accountId)
  }

  /** Resolves once the projections contain a command, or patience ends. */
  async contains(sequence: number): Promise<void> {
    if (sequence > this.#watermark()) await this.#wait(sequence)
  }

  /** The last command that the projections contain. */
  get watermark(): number {
    return this.#watermark()
  }

  async #wait(sequence: number): Promise<void> {
    const patience = new AbortController()
    const timer = setTimeout(() => patience.abort(), PATIENCE_MS)
    await this.#reached(sequence, patience.signal).catch(() => {})
    clearTimeout(timer)
  }
}
