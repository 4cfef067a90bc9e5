/** Tells whoever works on an answer that nobody waits for it any more. An `AbortSignal` for each request costs more than the rest of its bookkeeping. */
export class Departure {
  #hasLeft = false
  #listeners: Set<() => void> | null = null

  get hasLeft(): boolean {
    return this.#hasLeft
  }

  leave(): void {
    if (this.#hasLeft) return
    this.#hasLeft = true
    for (const listener of this.#listeners ?? []) listener()
    this.#listeners = null
  }

  /** Calls it once, where that happens before `unwatch`. */
  watch(listener: () => void): void {
    this.#listeners ??= new Set()
    this.#listeners.add(listener)
  }

  unwatch(listener: () => void): void {
    this.#listeners?.delete(listener)
  }
}
