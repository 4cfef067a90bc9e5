import type { GraphQLError } from 'graphql'

export type Taken<T> = { readonly item: T } | null

/** A bounded queue between a source that pushes and one reader that pulls. What comes while the reader waits is handed to it at once. */
export class Mailbox<T> {
  readonly #capacity: number
  #items: T[] = []
  #reader: PromiseWithResolvers<Taken<T>> | null = null
  #end: { fault: GraphQLError | null } | null = null

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  /** @returns false, taking nothing, where the box is full: then its reader is not waiting. */
  offer(item: T): boolean {
    if (this.#end || this.#hand(item)) return true
    if (this.#items.length >= this.#capacity) return false
    this.#items.push(item)
    return true
  }

  /** Takes the item in place of all that wait. @returns whether one was dropped. */
  replace(item: T): boolean {
    if (this.#end || this.#hand(item)) return false
    const dropped = this.#items.length > 0
    this.#items = [item]
    return dropped
  }

  clear(): void {
    this.#items = []
  }

  /** What waits is still read; then `take` rejects with the fault, or says that there is no more. Only the first end counts. */
  end(fault: GraphQLError | null): void {
    this.#end ??= { fault }
    this.#tellEnd()
  }

  /** Drops what waits and ends at once. */
  close(): void {
    this.#items = []
    this.#end = { fault: null }
    this.#tellEnd()
  }

  /** @returns the oldest item, or null after the end. Rejects once with the fault that ended it. */
  take(): Promise<Taken<T>> {
    const reader = Promise.withResolvers<Taken<T>>()
    const [item] = this.#items.splice(0, 1)
    if (item !== undefined) reader.resolve({ item })
    else {
      this.#reader = reader
      this.#tellEnd()
    }
    return reader.promise
  }

  #hand(item: T): boolean {
    const reader = this.#reader
    this.#reader = null
    reader?.resolve({ item })
    return reader !== null
  }

  #tellEnd(): void {
    const reader = this.#reader
    if (!reader || !this.#end) return
    const { fault } = this.#end
    this.#end = { fault: null }
    this.#reader = null
    if (fault) reader.reject(fault)
    else reader.resolve(null)
  }
}
