import { type Cache, MemoryCache, RedisCache } from '@opsource/cache'
import { ManualClock } from '@opsource/kernel'
import { pino } from 'pino'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { type RedisServer, redisMissing, startRedis } from '../../../../tests/support/redis.ts'
import { serversAreRequired } from '../../../../tests/support/server-process.ts'
import { until } from '../../../../tests/support/waiting.ts'
import { OnlineStore } from './online.ts'
import type { KnownRow } from './rows.ts'
import { type FeatureView, VIEWS, versionOf } from './views/index.ts'

const log = pino({ level: 'silent' })
const PATIENCE_MS = 90_000
vi.setConfig({ testTimeout: 2 * PATIENCE_MS })
const START = Date.UTC(2026, 0, 1)
const [{ view: known }] = VIEWS as readonly [(typeof VIEWS)[number]]
let tests = 0
/** Each test has a version of its own, so that what others wrote is not there. */
let view: Pick<FeatureView<never>, 'name' | 'hash' | 'features' | 'maxAgeMs'>
let clock: ManualClock

const row = (eventTime: number, first: number, availableAt = eventTime + 1_000): KnownRow => ({
  eventTime,
  availableAt,
  values: Float32Array.from(known.features, (_, i) => (i === 0 ? first : i === 1 ? Number.NaN : Math.fround(i / 7))),
})

/** What the online store keeps over any cache. */
function contract(connect: () => Cache) {
  let cache: Cache
  let failures: unknown[]
  const store = () => new OnlineStore({ cache, clock }, { onlineFailed: (error) => failures.push(error) })
  beforeEach(() => {
    view = { ...known, hash: `${++tests}`.padStart(64, '0').split('').reverse().join('') }
    clock = new ManualClock(START)
    failures = []
    cache = connect()
  })
  afterEach(async () => {
    expect(failures).toEqual([])
    await cache.close()
  })

  test('what one instance writes another reads bit by bit, with its age', async () => {
    expect(await store().put(view, 'BTC-USDT', row(START - 5_000, 0.1))).toBe(true)
    expect(await store().get(view, 'BTC-USDT')).toMatchObject({
      row: row(START - 5_000, Math.fround(0.1)),
      reason: null,
      ageMs: 5_000,
    })
  })

  test('what nobody wrote is missing, of another entity and of another version too', async () => {
    await store().put(view, 'BTC-USDT', row(START, 1))
    const missing = { row: null, newest: null, reason: 'MISSING', ageMs: null }
    expect(await store().get(view, 'ETH-USDT')).toEqual(missing)
    expect(await store().get({ ...view, hash: 'f'.repeat(64) }, 'BTC-USDT')).toEqual(missing)
  })

  test('a value that is too old is null, with its reason and its age', async () => {
    await store().put(view, 'BTC-USDT', row(START, 1))
    clock.advance(view.maxAgeMs)
    expect(await store().get(view, 'BTC-USDT')).toMatchObject({ reason: null, ageMs: view.maxAgeMs })
    clock.advance(1)
    expect(await store().get(view, 'BTC-USDT')).toMatchObject({ row: null, reason: 'STALE', ageMs: view.maxAgeMs + 1 })
  })

  test('an older row never takes the place of a newer one, a restatement does', async () => {
    await store().put(view, 'BTC-USDT', row(START, 2))
    expect(await store().put(view, 'BTC-USDT', row(START - 60_000, 1))).toBe(false)
    expect(await store().put(view, 'BTC-USDT', row(START, 2))).toBe(false)
    expect(await store().put(view, 'BTC-USDT', row(START, 3, START + 9_000))).toBe(true)
    expect((await store().get(view, 'BTC-USDT')).row?.values[0]).toBe(3)
  })

  test('a value from before the clock was set back is not given, and holds no place', async () => {
    const one = store()
    await one.put(view, 'BTC-USDT', row(START, 1))
    clock.advance(-3_600_000)
    expect(await one.get(view, 'BTC-USDT')).toMatchObject({ row: null, reason: 'CLOCK_BEHIND', ageMs: -3_600_000 })
    expect(await one.put(view, 'BTC-USDT', row(clock.now(), 2))).toBe(true)
    expect((await one.get(view, 'BTC-USDT')).row?.values[0]).toBe(2)
    expect((await store().get(view, 'BTC-USDT')).row?.values[0]).toBe(2)
  })

  test('what is no record of this view is no value', async () => {
    const writer = store()
    await writer.put(view, 'BTC-USDT', row(START, 1))
    const narrower = { ...view, features: view.features.slice(1) }
    expect(await store().get(narrower, 'BTC-USDT')).toMatchObject({ reason: 'MISSING' })
    const key = `anya:features:${view.name}:${view.hash.slice(0, 16)}:BTC-USDT`
    for (const text of ['', '{', '{"eventTime":1}', '{"eventTime":1,"availableAt":1,"values":"AAAA"}', 'null']) {
      await cache.set(key, text, { ttlMs: 60_000 })
      expect(await store().get(view, 'BTC-USDT'), text).toMatchObject({ row: null, reason: 'MISSING' })
    }
  })
}

describe('in memory', () => contract(() => new MemoryCache({ clock: new ManualClock(), log })))

describe.skipIf(redisMissing !== null && !serversAreRequired)(
  `in Redis${redisMissing ? ` (${redisMissing})` : ''}`,
  () => {
    let redis: RedisServer
    beforeAll(async () => {
      redis = await startRedis()
    })
    afterAll(() => redis.stop())
    contract(() => new RedisCache({ url: redis.url, log }))

    test('while Redis is away the writer gives what it knows, a reader says why it gives nothing, and later both go on', async () => {
      const cache = new RedisCache({ url: redis.url, log })
      const clock = new ManualClock(START)
      let failed = 0
      const observer = { onlineFailed: () => failed++ }
      const [writer, reader] = [
        new OnlineStore({ cache, clock }, observer),
        new OnlineStore({ cache, clock }, observer),
      ]
      await writer.put(view, 'BTC-USDT', row(START, 1))
      const revive = await redis.kill()
      await writer.put(view, 'BTC-USDT', row(START + 1, 2))
      expect((await writer.get(view, 'BTC-USDT')).row?.values[0]).toBe(2)
      expect(await reader.get(view, 'BTC-USDT')).toMatchObject({ row: null, reason: 'UNAVAILABLE', ageMs: null })
      clock.advance(view.maxAgeMs + 2)
      expect(await writer.get(view, 'BTC-USDT')).toMatchObject({ row: null, reason: 'UNAVAILABLE' })
      expect(failed).toBeGreaterThan(0)
      await revive()
      const next = row(clock.now(), 3)
      let at = clock.now()
      await until(
        'Redis is written again',
        () => writer.put(view, 'BTC-USDT', { ...next, availableAt: ++at }),
        PATIENCE_MS,
      )
      expect((await reader.get(view, 'BTC-USDT')).row?.values[0]).toBe(3)
      await cache.close()
    })

    test('a Redis that came back empty has again what the writer knows, also of what brings no new row for long', async () => {
      const cache = new RedisCache({ url: redis.url, log })
      const clock = new ManualClock(START)
      const observer = { onlineFailed: () => {} }
      const writer = new OnlineStore({ cache, clock }, observer)
      const reader = new OnlineStore({ cache, clock }, observer)
      for (const entity of ['SLOW', 'QUICK', 'OLD']) await writer.put(view, entity, row(START, 1))
      const revive = await redis.kill()
      await writer.put(view, 'OLD', row(START + 10, 2))
      await revive()
      await until('Redis to be empty', async () => (await reader.get(view, 'QUICK')).reason === 'MISSING', PATIENCE_MS)
      const first = (entity: string) => reader.get(view, entity).then((found) => found.row?.values[0])
      expect(await first('SLOW')).toBeUndefined()
      await until(
        'all to be there again',
        async () => {
          clock.advance(1)
          await writer.put(view, 'QUICK', row(clock.now(), 3))
          return (await first('SLOW')) === 1 && (await first('OLD')) === 2 && (await first('QUICK')) === 3
        },
        PATIENCE_MS,
      )
      // Who is asked for what the others miss gives it back to them.
      await cache.delete(`anya:features:${view.name}:${versionOf(view)}:SLOW`)
      expect((await writer.get(view, 'SLOW')).row?.values[0]).toBe(1)
      await writer.close()
      expect(await first('SLOW')).toBe(1)
      await cache.close()
    })
  },
)
