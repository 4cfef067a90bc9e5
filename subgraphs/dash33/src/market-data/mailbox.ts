/**
 * What a full mailbox does: the values to go on with instead of those that wait, the error to end with, or (`restart`) nothing more until
 * the reader comes, who then begins with what `restart` answers.
 */
export type Overflow<T> = (
  incoming: T,
  waiting: readonly T[],
) => { readonly replace: readonly T[] } | { readonly fail: Error } | { readonly restart: () => T }

/**
 * A bounded stream from one writer to one reader. Written by hand because a parked async generator does not react to
 * `return()`, and its source would leak.
 */
export class Mailbox<T> implements AsyncIterableIterator<T> {
  readonly #limit: number
  readonly #overflow: Overflow<T>
  readonly #onClose: () => void
  #waiting: T[] = []
  /** Not null while the reader has fallen behind: nothing is kept for it. */
  #restart: (() => T) | null = null
  #error: Error | null = null
  #closed = false
  #wake: (() => void) | null = null

  /** @param options.onClose is called once, when the reader leaves or the mailbox ends. */
  constructor(options: { limit: number; overflow: Overflow<T>; onClose?: () => void }) {
    this.#limit = options.limit
    this.#overflow = options.overflow
    this.#onClose = options.onClose ?? (() => {})
  }

  push(value: T): void {
    if (this.#closed || this.#restart) return
    if (this.#waiting.length < this.#limit) this.#waiting.push(value)
    else this.#give(this.#overflow(value, this.#waiting))
    this.#wake?.()
  }

  /** Ends the stream after what waits. */
  end(): void {
    this.#close()
  }

  /** Ends the stream at once with an error: what waits is no longer complete. */
  fail(error: Error): void {
    if (this.#closed) return
    this.#waiting = []
    this.#error = error
    this.#close()
  }

  async next(): Promise<IteratorResult<T, undefined>> {
    for (;;) {
      if (this.#waiting.length > 0) return { done: false, value: this.#waiting.shift()! }
      if (this.#error) {
        const error = this.#error
        this.#error = null
        throw error
      }
      if (this.#closed) return { done: true, value: undefined }
      if (this.#restart) {
        const value = this.#restart()
        this.#restart = null
        return { done: false, value }
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
      this.#wake = null
    }
  }

  async return(): Promise<IteratorResult<T, undefined>> {
    this.#waiting = []
    this.#error = null
    this.#close()
    return { done: true, value: undefined }
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  #give(verdict: ReturnType<Overflow<T>>): void {
    if ('fail' in verdict) this.fail(verdict.fail)
    else if ('replace' in verdict) this.#waiting = [...verdict.replace]
    else {
      this.#waiting = []
      this.#restart = verdict.restart
    }
  }

  #close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#restart = null
    this.#onClose()
    this.#wake?.()
  }
}
