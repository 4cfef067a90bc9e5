import type { Clock } from '@opsource/kernel'
import { LRUCache } from 'lru-cache'
import type { Logger } from 'pino'
import type { Cache } from './cache.ts'

/** Keys kept at most; the least recently used go first. */
const MAX_KEYS = 50_000
/** Characters of all keys and values kept at most: about 128 MB in memory. */
const MAX_CHARACTERS = 64 * 1024 * 1024

type Listener = (message: string) => void

/** The cache of a single process. */
export class MemoryCache implements Cache {
  readonly #clock: Clock
  readonly #log: Logger
  readonly #values: LRUCache<string, string>
  readonly #listeners = new Map<string, Set<Listener>>()
  #closed = false

  constructor(ports: { clock: Clock; log: Logger }) {
    this.#clock = ports.clock
    this.#log = ports.log
    this.#values = new LRUCache({
      max: MAX_KEYS,
      maxSize: MAX_CHARACTERS,
      sizeCalculation: (value, key) => value.length + key.length,
      ttlResolution: 0,
      perf: { now: () => ports.clock.now() },
    })
  }

  async get(key: string): Promise<string | null> {
    this.#demandOpen()
    return this.#values.get(key) ?? null
  }

  async set(key: string, value: string, { ttlMs }: { ttlMs: number }): Promise<void> {
    this.#demandOpen()
    this.#values.set(key, value, { ttl: ttlMs })
  }

  async delete(...keys: string[]): Promise<void> {
    this.#demandOpen()
    for (const key of keys) this.#values.delete(key)
  }

  async increment(key: string, { ttlMs }: { ttlMs: number }): Promise<number> {
    this.#demandOpen()
    const known = this.#values.get(key)
    const count = Number(known ?? 0) + 1
    if (!Number.isSafeInteger(count)) throw new Error(`${key} does not hold a number`)
    this.#values.set(key, String(count), known === undefined ? { ttl: ttlMs } : { noUpdateTTL: true })
    return count
  }

  async slide(key: string, { amount, windowMs }: { amount: number; windowMs: number }): Promise<number> {
    this.#demandOpen()
    const now = this.#clock.now()
    const index = Math.floor(now / windowMs)
    const [at = 0, last = 0, before = 0] = (this.#values.get(key) ?? '').split(' ').map(Number)
    const current = (at === index ? last : 0) + amount
    const previous = at === index ? before : at === index - 1 ? last : 0
    if (amount !== 0) this.#values.set(key, `${index} ${current} ${previous}`, { ttl: 2 * windowMs })
    return current + previous * (1 - (now % windowMs) / windowMs)
  }

  async publish(channel: string, message: string): Promise<void> {
    this.#demandOpen()
    for (const listener of [...(this.#listeners.get(channel) ?? [])]) {
      try {
        listener(message)
      } catch (error) {
        this.#log.error({ err: error, channel }, 'a cache listener failed')
      }
    }
  }

  async subscribe(channel: string, listener: Listener): Promise<() => Promise<void>> {
    this.#demandOpen()
    // A listener that is given twice is two subscriptions.
    const own: Listener = (message) => listener(message)
    const listeners = this.#listeners.get(channel) ?? new Set()
    this.#listeners.set(channel, listeners.add(own))
    return async () => {
      listeners.delete(own)
      if (listeners.size === 0 && this.#listeners.get(channel) === listeners) this.#listeners.delete(channel)
    }
  }

  async ping(): Promise<void> {
    this.#demandOpen()
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#values.clear()
    this.#listeners.clear()
  }

  #demandOpen(): void {
    if (this.#closed) throw new Error('the cache is closed')
  }
}
