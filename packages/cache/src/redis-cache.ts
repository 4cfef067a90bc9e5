import { Redis } from 'ioredis'
import type { Logger } from 'pino'
import type { Cache } from './cache.ts'

/** Everything of ours begins with this, so that a shared server stays tidy. */
const KEY_PREFIX = 'opsource:'
/** A cache that is slower than this is worse than none. */
const COMMAND_TIMEOUT_MS = 2_000
const CONNECT_TIMEOUT_MS = 2_000
/** Reconnections that a waiting command outlives: at first about as long as its time, later some 10 s. */
const COMMAND_RETRIES = 8
/** Between attempts to reconnect, growing to this. */
const MAX_RECONNECT_DELAY_MS = 1_000

/** Counts and sets the window in one step: a crash between two would leave a counter that never ends. */
const INCREMENT = `
  local count = redis.call('INCR', KEYS[1])
  if count == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
  return count`

/** The server's own clock, so that gateways whose clocks differ count alike. */
const SLIDE = `
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  local window = tonumber(ARGV[2])
  local index = math.floor(now / window)
  local known = redis.call('HMGET', KEYS[1], 'index', 'last', 'before')
  local at, last, before = tonumber(known[1]) or 0, tonumber(known[2]) or 0, tonumber(known[3]) or 0
  if at == index - 1 then last, before = 0, last elseif at ~= index then last, before = 0, 0 end
  local current = last + tonumber(ARGV[1])
  if tonumber(ARGV[1]) ~= 0 then
    redis.call('HSET', KEYS[1], 'index', index, 'last', current, 'before', before)
    redis.call('PEXPIRE', KEYS[1], 2 * window)
  end
  return tostring(current + before * (1 - (now % window) / window))`

type Listener = (message: string) => void

/** The cache that services share. Commands fail while Redis is away; subscriptions come back by themselves. */
export class RedisCache implements Cache {
  readonly #log: Logger
  readonly #commands: Redis
  readonly #subscriber: Redis
  readonly #listeners = new Map<string, Set<Listener>>()

  constructor(options: { url: string; log: Logger }) {
    this.#log = options.log
    // A command that has timed out would still wait in memory for Redis to come back: failed reconnections forget it, and a server
    // that hangs is one to reconnect to.
    this.#commands = this.#connection(options.url, {
      commandTimeout: COMMAND_TIMEOUT_MS,
      socketTimeout: COMMAND_TIMEOUT_MS,
      maxRetriesPerRequest: COMMAND_RETRIES,
    })
    this.#subscriber = this.#connection(options.url, { maxRetriesPerRequest: null })
    this.#subscriber.on('message', (channel, message) => this.#deliver(channel, message))
  }

  get(key: string): Promise<string | null> {
    return this.#commands.get(KEY_PREFIX + key)
  }

  async set(key: string, value: string, { ttlMs }: { ttlMs: number }): Promise<void> {
    await this.#commands.set(KEY_PREFIX + key, value, 'PX', ttlMs)
  }

  async delete(...keys: string[]): Promise<void> {
    if (keys.length > 0) await this.#commands.del(...keys.map((key) => KEY_PREFIX + key))
  }

  async increment(key: string, { ttlMs }: { ttlMs: number }): Promise<number> {
    return Number(await this.#commands.eval(INCREMENT, 1, KEY_PREFIX + key, ttlMs))
  }

  async slide(key: string, { amount, windowMs }: { amount: number; windowMs: number }): Promise<number> {
    return Number(await this.#commands.eval(SLIDE, 1, KEY_PREFIX + key, amount, windowMs))
  }

  async publish(channel: string, message: string): Promise<void> {
    await this.#commands.publish(KEY_PREFIX + channel, message)
  }

  async subscribe(channel: string, listener: Listener): Promise<() => Promise<void>> {
    const name = KEY_PREFIX + channel
    const own: Listener = (message) => listener(message)
    const listeners = this.#listeners.get(name) ?? new Set()
    this.#listeners.set(name, listeners.add(own))
    await this.#subscriber.subscribe(name)
    return async () => {
      listeners.delete(own)
      if (listeners.size > 0 || this.#listeners.get(name) !== listeners) return
      this.#listeners.delete(name)
      if (this.#subscriber.status === 'ready') await this.#subscriber.unsubscribe(name)
    }
  }

  async ping(): Promise<void> {
    await this.#commands.ping()
    if (this.#subscriber.status !== 'ready')
      throw new Error(`the subscriber of the cache is ${this.#subscriber.status}`)
  }

  async close(): Promise<void> {
    this.#listeners.clear()
    this.#commands.disconnect()
    this.#subscriber.disconnect()
  }

  #deliver(channel: string, message: string): void {
    for (const listener of [...(this.#listeners.get(channel) ?? [])]) {
      try {
        listener(message)
      } catch (error) {
        this.#log.error({ err: error, channel }, 'a cache listener failed')
      }
    }
  }

  #connection(
    url: string,
    options: { commandTimeout?: number; socketTimeout?: number; maxRetriesPerRequest: number | null },
  ): Redis {
    const redis = new Redis(url, {
      connectTimeout: CONNECT_TIMEOUT_MS,
      retryStrategy: (attempt) => Math.min(attempt * 50, MAX_RECONNECT_DELAY_MS),
      ...options,
    })
    redis.on('error', (error) => this.#log.warn({ err: error }, 'redis is out of reach'))
    return redis
  }
}
