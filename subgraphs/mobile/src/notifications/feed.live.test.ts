import { type Cache, MemoryCache } from '@opsource/cache'
import { poolConfig } from '@opsource/database'
import { systemClock } from '@opsource/kernel'
import { Pool } from 'pg'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type FreshDatabase, freshDatabase } from '../../../../tests/support/database.ts'
import { openDatabase } from '../database.ts'
import { NotificationFeed } from './feed.ts'

let database: FreshDatabase
let prisma: ReturnType<typeof openDatabase>
let pool: Pool
/** Subscriptions of the cache that nobody has ended. */
let listening: number
let cache: Cache

beforeEach(async () => {
  database = await freshDatabase('mobile')
  prisma = openDatabase(database.url)
  pool = new Pool(poolConfig(database.url))
  listening = 0
  const memory = new MemoryCache({ clock: systemClock, log: pino({ level: 'silent' }) })
  cache = {
    get: (key) => memory.get(key),
    set: (key, value, options) => memory.set(key, value, options),
    delete: (...keys) => memory.delete(...keys),
    increment: (key, options) => memory.increment(key, options),
    slide: (key, options) => memory.slide(key, options),
    publish: (channel, message) => memory.publish(channel, message),
    ping: () => memory.ping(),
    close: () => memory.close(),
    subscribe: async (channel, listener) => {
      const unsubscribe = await memory.subscribe(channel, listener)
      listening++
      return async () => {
        listening--
        await unsubscribe()
      }
    },
  }
})

afterEach(async () => {
  await prisma.$disconnect()
  await pool.end()
  await database.drop()
})

test('a feed that cannot be opened leaves nothing behind', async () => {
  await pool.query('ALTER TABLE recipient RENAME TO recipient_away')
  await expect(new NotificationFeed(prisma, cache, 'usr_ann', null).open()).rejects.toThrow()
  expect(listening).toBe(0)
})

test('a feed that fails while it reads leaves nothing behind', async () => {
  const feed = await new NotificationFeed(prisma, cache, 'usr_ann', null).open()
  expect(listening).toBe(1)
  await pool.query('ALTER TABLE notification RENAME TO notification_away')
  await expect(feed.next()).rejects.toThrow()
  expect(listening).toBe(0)
  expect(await feed.next()).toEqual({ done: true, value: undefined })
})
