import { Mailbox } from './mailbox.ts'

/** Serves a `STATE` stream: a reader gets the state at once and after each change; a slow one gets the newest. */
export class StateStream<T> {
  readonly #current: () => T | null
  readonly #isSame: (a: T, b: T) => boolean
  readonly #readers = new Set<Mailbox<T>>()
  #last: T | null = null

  /** @param current the state now; null where there is none yet. It is only asked for while somebody reads. */
  constructor(current: () => T | null, isSame: (a: T, b: T) => boolean) {
    this.#current = current
    this.#isSame = isSame
  }

  watch(): Mailbox<T> {
    const reader: Mailbox<T> = new Mailbox<T>({
      limit: 1,
      overflow: (newest) => ({ replace: [newest] }),
      onClose: () => this.#readers.delete(reader),
    })
    const state = this.#current()
    // While nobody read, nothing was compared. Other readers may not have been told of what is so now.
    if (this.#readers.size === 0) this.#last = state
    this.#readers.add(reader)
    if (state !== null) reader.push(state)
    return reader
  }

  /** Tells the readers, if the state is not what they were told last. */
  changed(): void {
    if (this.#readers.size === 0) return
    const state = this.#current()
    if (state === null || (this.#last !== null && this.#isSame(this.#last, state))) return
    this.#last = state
    for (const reader of this.#readers) reader.push(state)
  }

  /** Ends every stream. */
  close(): void {
    for (const reader of this.#readers) reader.end()
  }
}
