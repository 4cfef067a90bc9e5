import type { Cache } from '@opsource/cache'
import { fault } from '@opsource/subgraph'
import type { Database } from '../database.ts'
import { type NotificationRecord, wakeChannel } from './notification.ts'
import { lastSequence, notificationsAfter } from './store.ts'

/** Read at once while catching up: all that a feed ever holds in memory. */
const PAGE = 100
/** Pub/sub may lose a wake-up; after this long a feed looks by itself. */
const RECHECK_MS = 10_000

/**
 * A user's notifications in order, without a gap or a duplicate. They are always read from the database, where each user's numbers are
 * dense; the cache's pub/sub only says that there is something to read, whichever instance wrote it. A slow reader costs nothing: the
 * next page is read when the one before it has been taken.
 */
export class NotificationFeed implements AsyncIterableIterator<NotificationRecord> {
  readonly #database: Database
  readonly #cache: Cache
  readonly #userId: string
  readonly #page: NotificationRecord[] = []
  #last: bigint | null
  #unsubscribe: (() => Promise<void>) | undefined
  #woken = true
  #wake = () => {}
  #ended = false

  /** `after` null begins with the next notification. */
  constructor(database: Database, cache: Cache, userId: string, after: bigint | null) {
    this.#database = database
    this.#cache = cache
    this.#userId = userId
    this.#last = after
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  /** Starts listening. Throws SUBSCRIPTION_GAP where `after` was never given out. */
  async open(): Promise<this> {
    this.#unsubscribe = await this.#cache.subscribe(wakeChannel(this.#userId), () => this.#rouse())
    // Read behind the subscription: what is written from here on wakes this feed.
    const newest = await this.#orEnd(lastSequence(this.#database, this.#userId))
    this.#last ??= newest
    if (this.#last > newest) {
      await this.return()
      throw fault('SUBSCRIPTION_GAP', 'There is no notification of that number yet: begin without `after`.')
    }
    return this
  }

  /** Throws SUBSCRIPTION_GAP where the next notification is no longer kept. */
  async next(): Promise<IteratorResult<NotificationRecord>> {
    while (!this.#ended) {
      const next = this.#page.shift() ?? (await this.#orEnd(this.#read()))
      if (this.#ended) break
      if (next) {
        if (next.sequence !== (this.#last ?? 0n) + 1n) {
          await this.return()
          throw fault(
            'SUBSCRIPTION_GAP',
            'Notifications after that number are no longer kept: read the newest instead.',
          )
        }
        this.#last = next.sequence
        return { done: false, value: next }
      }
      await this.#sleep()
    }
    return { done: true, value: undefined }
  }

  async return(): Promise<IteratorResult<NotificationRecord>> {
    this.#ended = true
    this.#rouse()
    const unsubscribe = this.#unsubscribe
    this.#unsubscribe = undefined
    await unsubscribe?.()
    return { done: true, value: undefined }
  }

  async #read(): Promise<NotificationRecord | undefined> {
    this.#woken = false
    this.#page.push(...(await notificationsAfter(this.#database, this.#userId, PAGE, this.#last ?? 0n)))
    return this.#page.shift()
  }

  /** Who reads has heard of the failure and comes no more: nothing may stay behind in the cache. */
  async #orEnd<T>(work: Promise<T>): Promise<T> {
    try {
      return await work
    } catch (error) {
      await this.return()
      throw error
    }
  }

  async #sleep(): Promise<void> {
    if (this.#woken) return
    let timer: NodeJS.Timeout | undefined
    await new Promise<void>((resolve) => {
      this.#wake = resolve
      timer = setTimeout(resolve, RECHECK_MS)
    })
    clearTimeout(timer)
  }

  #rouse(): void {
    this.#woken = true
    this.#wake()
  }
}
