import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { consume, eventConsumers } from '@opsource/bus'
import { poolConfig } from '@opsource/database'
import { createSubgraph, type Ports, type Subgraph } from '@opsource/subgraph'
import { Pool } from 'pg'
import { openDatabase } from './database.ts'
import { Devices, deviceResolvers } from './devices/index.ts'
import type { Resolvers } from './generated/graphql.ts'
import { NotificationObserver, notificationResolvers, notify, wakeReaders } from './notifications/index.ts'
import { watchlistResolvers } from './watchlist/index.ts'

/** Connections for events beside Prisma's own: one batch at a time, and one to spare. */
const POOL_CONNECTIONS = 2

/** Starts the pocket on a migrated database. */
export async function startMobile(ports: Ports): Promise<Subgraph> {
  const stack = new AsyncDisposableStack()
  try {
    return await start(ports, stack)
  } catch (error) {
    await stack.disposeAsync()
    throw error
  }
}

/** What is opened goes onto the stack, to be let go of in the opposite order. */
async function start(ports: Ports, stack: AsyncDisposableStack): Promise<Subgraph> {
  const { clock, ids, cache, transport, log } = ports
  const database = openDatabase(ports.databaseUrl)
  stack.defer(() => database.$disconnect())
  const pool = new Pool(poolConfig(ports.databaseUrl, { max: POOL_CONNECTIONS }))
  stack.defer(() => pool.end())
  const observer = new NotificationObserver(ports.metrics)
  const consumer = await consume({
    pool,
    transport,
    consumer: 'mobile',
    types: eventConsumers.mobile,
    clock,
    log,
    handle: async (events, client) => {
      const userIds = await notify(client, events, { clock, ids })
      observer.notified(userIds.length)
      return () => wakeReaders(cache, userIds)
    },
  })
  stack.defer(() => consumer.close())
  const devices = deviceResolvers(database, new Devices(database, clock, ids))
  const notifications = notificationResolvers(database, cache, clock)
  const watchlist = watchlistResolvers(database)
  const resolvers: Resolvers = {
    ...devices,
    ...notifications,
    Mutation: { ...devices.Mutation, ...notifications.Mutation, ...watchlist.Mutation },
    User: { ...devices.User, ...notifications.User, ...watchlist.User },
  }
  return createSubgraph({
    name: 'mobile',
    sdl: await readFile(path.join(import.meta.dirname, 'generated/schema.graphql'), 'utf8'),
    resolvers,
    ports,
    ready: async () => {
      await pool.query('SELECT')
    },
    onStop: () => stack.disposeAsync(),
  })
}
