import type { Cache } from '@opsource/cache'

const channelOf = (id: string) => `training:${id}`

/** Tells the other instances, and their readers, that something changed in a run; what, they read. */
export class RunNews {
  readonly #cache: Cache

  constructor(cache: Cache) {
    this.#cache = cache
  }

  publish(id: string): Promise<void> {
    // Who misses it looks again by itself.
    return this.#cache.publish(channelOf(id), id).catch(() => {})
  }

  listen(id: string, listener: () => void): Promise<() => Promise<void>> {
    return this.#cache.subscribe(channelOf(id), listener)
  }
}
