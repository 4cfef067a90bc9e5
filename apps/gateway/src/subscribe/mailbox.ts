import type { GraphQLError } from 'graphql'

/** A bounded queue between a source that pushes and one reader that pulls. */
export class Mailbox<T> {
  readonly #capacity: number
  #items: T[] = []
  #wake: (() => void) | null = null
  #end: { fault: GraphQLError | null } | null = null

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  /** @returns false, taking nothing, where the box is full. */
  offer(item: T): boolean {
    if (this.#end) return true
    if (this.#items.length >= this.#capacity) return false
    this.#items.push(item)
    this.#notify()
    return true
  }

  /** Takes the item in place of all that wait. @returns whether one was dropped. */
  replace(item: T): boolean {
    if (this.#end) return false
    const dropped = this.#items.length > 0
    this.#items = [item]
    this.#notify()
    return dropped
  }

  clear(): void {
    this.#items = []
  }

  /** What waits is still read; then `take` rejects with the fault, or says that there is no more. Only the first end counts. */
  end(fault: GraphQLError | null): void {
    this.#end ??= { fault }
    this.#notify()
  }

  /** Drops what waits and ends at once. */
  close(): void {
    this.#items = []
    this.#end = { fault: null }
    this.#notify()
  }

  /** @returns the oldest item, or null after the end. Rejects once with the fault that ended it. */
  async take(): Promise<{ item: T } | null> {
    for (;;) {
      const [item] = this.#items.splice(0, 1)
      if (item !== undefined) return { item }
      if (this.#end) {
        const { fault } = this.#end
        this.#end = { fault: null }
        if (fault) throw fault
        return null
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  #notify(): void {
    this.#wake?.()
    this.#wake = null
  }
}
