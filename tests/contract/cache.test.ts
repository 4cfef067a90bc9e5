import { type Cache, MemoryCache, RedisCache } from '@opsource/cache'
import { systemClock } from '@opsource/kernel'
import { pino } from 'pino'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type RedisServer, redisMissing, startRedis } from '../support/redis.ts'
import { serversAreRequired } from '../support/server-process.ts'
import { until } from '../support/waiting.ts'

const log = pino({ level: 'silent' })
const MINUTE = { ttlMs: 60_000 }
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
/** Each test has keys of its own. */
let tests = 0
const name = () => `key-${++tests}`

/** What both caches keep. */
function contract(connect: () => Cache) {
  const open: Cache[] = []
  afterEach(async () => {
    await Promise.all(open.splice(0).map((cache) => cache.close()))
  })
  const cacheFor = () => {
    const cache = connect()
    open.push(cache)
    return cache
  }

  it('gives back what was set, and null for what was not', async () => {
    const [cache, key] = [cacheFor(), name()]
    expect(await cache.get(key)).toBeNull()
    await cache.set(key, 'ä value\n', MINUTE)
    expect(await cache.get(key)).toBe('ä value\n')
    await cache.set(key, '', MINUTE)
    expect(await cache.get(key)).toBe('')
  })

  it('forgets a key when its time is over', async () => {
    const [cache, key] = [cacheFor(), name()]
    await cache.set(key, 'short', { ttlMs: 60 })
    expect(await cache.get(key)).toBe('short')
    await pause(120)
    expect(await cache.get(key)).toBeNull()
  })

  it('begins the time of a key anew when it is set again', async () => {
    const [cache, key] = [cacheFor(), name()]
    await cache.set(key, 'one', { ttlMs: 60 })
    await cache.set(key, 'two', MINUTE)
    await pause(120)
    expect(await cache.get(key)).toBe('two')
  })

  it('deletes keys, known and unknown, and none', async () => {
    const [cache, a, b] = [cacheFor(), name(), name()]
    await cache.set(a, '1', MINUTE)
    await cache.delete(a, b)
    await cache.delete()
    expect(await cache.get(a)).toBeNull()
  })

  it('counts within a window that the first increment starts', async () => {
    const [cache, key] = [cacheFor(), name()]
    expect(await cache.increment(key, { ttlMs: 150 })).toBe(1)
    await pause(90)
    expect(await cache.increment(key, { ttlMs: 150 })).toBe(2)
    await pause(90)
    expect(await cache.increment(key, { ttlMs: 150 })).toBe(1)
  })

  it('counts each of many increments at once', async () => {
    const [cache, key] = [cacheFor(), name()]
    const counts = await Promise.all(Array.from({ length: 100 }, () => cache.increment(key, MINUTE)))
    expect(counts.sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, n) => n + 1))
  })

  it('refuses to count what is no number', async () => {
    const [cache, key] = [cacheFor(), name()]
    await cache.set(key, 'text', MINUTE)
    await expect(cache.increment(key, MINUTE)).rejects.toThrow()
  })

  it('counts what happened within a window that slides', async () => {
    const [cache, key, brief] = [cacheFor(), name(), name()]
    const add = (amount: number) => cache.slide(key, { amount, windowMs: 3_600_000 })
    expect(await add(0)).toBe(0)
    expect(await add(3)).toBeCloseTo(3)
    expect(await add(0.5)).toBeCloseTo(3.5)
    expect(await add(-1)).toBeCloseTo(2.5)
    const windowMs = 400
    expect(await cache.slide(brief, { amount: 3, windowMs })).toBe(3)
    // Somewhere in the next window some of it still counts, and two windows later nothing does.
    await pause(windowMs)
    const later = await cache.slide(brief, { amount: 0, windowMs })
    expect(later).toBeGreaterThanOrEqual(0)
    expect(later).toBeLessThanOrEqual(3)
    await pause(2 * windowMs)
    expect(await cache.slide(brief, { amount: 1, windowMs })).toBe(1)
  })

  it('adds each of many amounts at once to a sliding window', async () => {
    const [cache, key] = [cacheFor(), name()]
    const options = { amount: 2, windowMs: 3_600_000 }
    const sums = await Promise.all(Array.from({ length: 50 }, () => cache.slide(key, options)))
    expect(sums.sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, n) => 2 * (n + 1)))
  })

  it('publishes in order to all that listen, and only to those of the channel', async () => {
    const [cache, channel, other] = [cacheFor(), name(), name()]
    const heard: string[][] = [[], [], []]
    await cache.subscribe(channel, (message) => heard[0]?.push(message))
    await cache.subscribe(channel, (message) => heard[1]?.push(message))
    await cache.subscribe(other, (message) => heard[2]?.push(message))
    const messages = Array.from({ length: 500 }, (_, n) => `${n}`)
    for (const message of messages) void cache.publish(channel, message)
    await until('all messages', () => heard[1]?.length === 500)
    expect(heard).toEqual([messages, messages, []])
  })

  it('stops telling a listener that has ended, and goes on with the others of its channel', async () => {
    const [cache, channel] = [cacheFor(), name()]
    const heard: string[][] = [[], []]
    const end = await cache.subscribe(channel, (message) => heard[0]?.push(message))
    await cache.subscribe(channel, (message) => heard[1]?.push(message))
    await end()
    await cache.publish(channel, 'later')
    await until('the other', () => heard[1]?.length === 1)
    expect(heard[0]).toEqual([])
  })

  it('goes on when a listener fails', async () => {
    const [cache, channel] = [cacheFor(), name()]
    const heard: string[] = []
    await cache.subscribe(channel, () => {
      throw new Error('a bad listener')
    })
    await cache.subscribe(channel, (message) => heard.push(message))
    await cache.publish(channel, 'hello')
    await until('the good listener', () => heard.length === 1)
  })

  it('answers a ping until it is closed, and nothing after', async () => {
    const cache = cacheFor()
    await until('an answer', () =>
      cache.ping().then(
        () => true,
        () => false,
      ),
    )
    await cache.close()
    await expect(cache.ping()).rejects.toThrow()
    await expect(cache.get('any')).rejects.toThrow()
  })
}

describe('the memory cache', () => {
  contract(() => new MemoryCache({ clock: systemClock, log }))

  it('keeps the keys that are in use when there are too many', async () => {
    const cache = new MemoryCache({ clock: systemClock, log })
    await cache.set('wanted', 'yes', MINUTE)
    for (let n = 0; n < 60_000; n++) {
      await cache.set(`filler-${n}`, 'x', MINUTE)
      if (n % 10_000 === 0) await cache.get('wanted')
    }
    expect(await cache.get('wanted')).toBe('yes')
    expect(await cache.get('filler-0')).toBeNull()
  })
})

const leftOut = redisMissing !== null && !serversAreRequired
describe.skipIf(leftOut)(`the Redis cache${leftOut ? ` (left out: ${redisMissing})` : ''}`, () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(async () => server?.stop())

  contract(() => new RedisCache({ url: server.url, log }))

  it('shares keys and messages between processes', async () => {
    const [one, other] = [new RedisCache({ url: server.url, log }), new RedisCache({ url: server.url, log })]
    const heard: string[] = []
    await one.subscribe('between', (message) => heard.push(message))
    await other.set('shared', 'yes', MINUTE)
    await other.publish('between', 'hello')
    expect(await one.get('shared')).toBe('yes')
    await until('the message', () => heard.length === 1)
    await Promise.all([one.close(), other.close()])
  })

  it('does not carry out later what failed while Redis was away: hours of it would fill the memory', async () => {
    const cache = new RedisCache({ url: server.url, log })
    await until('an answer', () =>
      cache.ping().then(
        () => true,
        () => false,
      ),
    )
    const back = await server.kill()
    await expect(cache.set('stale', 'yes', MINUTE)).rejects.toThrow()
    // Its time may be over shortly before the reconnections that it waits for.
    await pause(2_000)
    await back()
    await until('an answer', () =>
      cache.ping().then(
        () => true,
        () => false,
      ),
    )
    expect(await cache.get('stale')).toBeNull()
    await cache.close()
  })

  it('comes back with its subscriptions after a restart of Redis', async () => {
    const cache = new RedisCache({ url: server.url, log })
    const heard: string[] = []
    await cache.subscribe('lasting', (message) => heard.push(message))
    await server.restart()
    await until('the subscription', async () => {
      await cache.publish('lasting', 'again').catch(() => {})
      return heard.length > 0
    })
    await until('readiness', () =>
      cache.ping().then(
        () => true,
        () => false,
      ),
    )
    await cache.set('after', 'yes', MINUTE)
    expect(await cache.get('after')).toBe('yes')
    await cache.close()
  })
})
