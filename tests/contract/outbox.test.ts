import {
  appendOutbox,
  type CloudEvent,
  type Consumption,
  consume,
  type EventOf,
  INBOX_RETENTION_MS,
  MemoryTransport,
  newEvent,
  OutboxRelay,
  RabbitTransport,
  type Transport,
} from '@opsource/bus'
import { poolConfig } from '@opsource/database'
import { ManualClock } from '@opsource/kernel'
import { Pool } from 'pg'
import { pino } from 'pino'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type FreshDatabase, freshDatabase } from '../support/database.ts'
import { type RabbitServer, rabbitMissing, startRabbit } from '../support/rabbitmq.ts'
import { serversAreRequired } from '../support/server-process.ts'
import { until } from '../support/waiting.ts'

const log = pino({ level: 'silent' })
let tests = 0
type Changed = EventOf<'user.changed'>

function event(n: number): CloudEvent {
  const data = { userId: `usr_${n}`, displayName: 'Ada', roles: [], disabled: false }
  return newEvent('user.changed', data, { source: 'enterprise', id: `evt_${n}`, time: 1_723_075_200_000 + n })
}
const events = (count: number, from = 0) => Array.from({ length: count }, (_, n) => event(from + n))
const ids = (received: readonly { id: string }[]) => received.map(({ id }) => id)

/** From a committed change on one side to a committed effect on the other, whatever carries it. */
function contract(connect: () => Promise<Transport>) {
  let database: FreshDatabase
  let pool: Pool
  let transport: Transport
  let consumer: string
  let clock: ManualClock
  const ending: (() => Promise<void>)[] = []

  beforeEach(async () => {
    consumer = `outbox-${++tests}-${process.pid}`
    clock = new ManualClock(1_723_075_200_000)
    database = await freshDatabase('mobile')
    pool = new Pool(poolConfig(database.url))
    // Dropping the database may find connections that are just closing.
    pool.on('error', () => {})
    await pool.query('CREATE TABLE effect (n serial, event_id text)')
    transport = await connect()
  })
  afterEach(async () => {
    for (const end of ending.splice(0).reverse()) await end()
    await transport.close()
    await pool.end()
    await database.drop()
  })

  function relay(): OutboxRelay {
    const made = new OutboxRelay({ pool, transport, log })
    ending.push(() => made.stop())
    made.start()
    return made
  }
  async function taking(also: (fresh: readonly Changed[]) => void = () => {}): Promise<Consumption> {
    const subscription = await consume({
      pool,
      transport,
      consumer,
      types: ['user.changed'],
      clock,
      log,
      handle: async (fresh, client) => {
        for (const { id } of fresh) await client.query('INSERT INTO effect (event_id) VALUES ($1)', [id])
        also(fresh)
      },
    })
    ending.push(() => subscription.close())
    return subscription
  }
  const effects = async () =>
    (await pool.query<{ event_id: string }>('SELECT event_id FROM effect ORDER BY n')).rows.map((row) => row.event_id)
  const count = async (table: string) => Number((await pool.query(`SELECT count(*) FROM ${table}`)).rows[0].count)

  it('carries every committed event across once and in order, and leaves nothing in the outbox', async () => {
    await taking()
    const made = relay()
    for (let from = 0; from < 600; from += 100) {
      await appendOutbox(pool, events(100, from))
      made.wake()
    }
    await until('all effects', async () => (await count('effect')) >= 600)
    expect(await effects()).toEqual(ids(events(600)))
    await until('an empty outbox', async () => (await made.backlog()) === 0)
  })

  it('carries nothing of a transaction that was rolled back', async () => {
    await taking()
    const made = relay()
    const client = await pool.connect()
    await client.query('BEGIN')
    await appendOutbox(client, events(1))
    await client.query('ROLLBACK')
    client.release()
    await appendOutbox(pool, events(1, 1))
    made.wake()
    await until('the committed one', async () => (await count('effect')) > 0)
    expect(await effects()).toEqual(['evt_1'])
  })

  it('finds what was committed before it started and what nobody announced', async () => {
    await appendOutbox(pool, events(3))
    await taking()
    relay()
    await until('the old ones', async () => (await count('effect')) === 3)
    await appendOutbox(pool, events(2, 3))
    await until('the quiet ones', async () => (await count('effect')) === 5)
    expect(await effects()).toEqual(ids(events(5)))
  })

  it('relays once where several instances run, and another takes over when one is gone', async () => {
    await taking()
    const instances = [relay(), relay(), relay()]
    await appendOutbox(pool, events(200))
    await until('all effects', async () => (await count('effect')) >= 200)
    for (const instance of instances.slice(0, 2)) await instance.stop()
    await appendOutbox(pool, events(200, 200))
    await until('the rest', async () => (await count('effect')) >= 400)
    expect(await effects()).toEqual(ids(events(400)))
  })

  it('goes on by itself when its database connection is cut', async () => {
    await taking()
    relay()
    await appendOutbox(pool, events(1))
    await until('the first', async () => (await count('effect')) === 1)
    await pool.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()`,
    )
    await appendOutbox(pool, events(1, 1))
    await until('the second', async () => (await count('effect')) === 2)
  })

  it('changes nothing when an event is delivered again', async () => {
    await taking()
    await transport.publish(events(5))
    await transport.publish(events(6))
    await until('the effects', async () => (await count('effect')) >= 6)
    expect(await effects()).toEqual(ids(events(6)))
  })

  it('takes an event once when the consumer dies between the commit and the acknowledgement', async () => {
    let deaths = 0
    // The batch is committed, then its delivery is refused: to the transport it was never taken.
    const forgetful: Transport = {
      publish: (batch) => transport.publish(batch),
      listen: (types, handle) => transport.listen(types, handle),
      ping: () => transport.ping(),
      close: () => transport.close(),
      subscribe: (subscription, handle) =>
        transport.subscribe(subscription, async (batch) => {
          await handle(batch)
          if (deaths++ < 2) throw new Error('died before the acknowledgement')
        }),
    }
    const subscription = await consume({
      pool,
      transport: forgetful,
      consumer,
      types: ['user.changed'],
      clock,
      log,
      handle: async (fresh, client) => {
        for (const { id } of fresh) await client.query('INSERT INTO effect (event_id) VALUES ($1)', [id])
      },
    })
    ending.push(() => subscription.close())
    await transport.publish(events(3))
    await until('three deliveries', () => deaths >= 3)
    expect(await effects()).toEqual(ids(events(3)))
  })

  it('sets a poisonous event aside with its reason, and takes the rest of the batch', async () => {
    await taking((fresh) => {
      if (fresh.some(({ id }) => id === 'evt_2')) throw new Error('cannot be digested')
    })
    await transport.publish(events(5))
    await until('the dead event', async () => (await count('dead_event')) === 1)
    await until('the rest', async () => (await count('effect')) === 4)
    expect(await effects()).toEqual(['evt_0', 'evt_1', 'evt_3', 'evt_4'])
    const { rows } = await pool.query("SELECT consumer, event->>'id' AS id, reason FROM dead_event")
    expect(rows).toEqual([{ consumer, id: 'evt_2', reason: 'cannot be digested' }])
  })

  it('sets an event that breaks its contract aside, and takes the rest', async () => {
    await taking()
    const broken = { ...event(1), data: { userId: 7 } }
    await transport.publish([event(0), broken, event(2)])
    await until('the rest', async () => (await count('effect')) === 2)
    await until('the dead event', async () => (await count('dead_event')) === 1)
    expect(await effects()).toEqual(['evt_0', 'evt_2'])
  })

  it('takes an event that failed for a moment', async () => {
    let failures = 3
    await taking(() => {
      if (failures-- > 0) throw new Error('deadlock detected')
    })
    await transport.publish(events(1))
    await until('the effect', async () => (await count('effect')) === 1)
    expect(await count('dead_event')).toBe(0)
  })

  it('blames no event while the database is away, and takes them all when it is back', async () => {
    await taking()
    await pool.query('ALTER TABLE inbox_event RENAME TO inbox_away')
    await pool.query('ALTER TABLE dead_event RENAME TO dead_away')
    const publishing = transport.publish(events(2))
    await new Promise((resolve) => setTimeout(resolve, 300))
    await pool.query('ALTER TABLE dead_away RENAME TO dead_event')
    await pool.query('ALTER TABLE inbox_away RENAME TO inbox_event')
    await publishing
    await until('the effects', async () => (await count('effect')) === 2)
    expect(await count('dead_event')).toBe(0)
  })

  it('blames no event for a server that shuts down or starts up, however often it says so', async () => {
    let refusals = 6
    const subscription = await consume({
      pool,
      transport,
      consumer,
      types: ['user.changed'],
      clock,
      log,
      handle: async (fresh, client) => {
        if (refusals-- > 0)
          await client.query("DO $$ BEGIN RAISE 'starting up' USING ERRCODE = 'cannot_connect_now'; END $$")
        for (const { id } of fresh) await client.query('INSERT INTO effect (event_id) VALUES ($1)', [id])
      },
    })
    ending.push(() => subscription.close())
    await transport.publish(events(2))
    await until('the effects', async () => (await count('effect')) === 2)
    expect(await effects()).toEqual(ids(events(2)))
    expect(await count('dead_event')).toBe(0)
  })

  it('blames no event whose connection is cut again and again', async () => {
    let cuts = 6
    const subscription = await consume({
      pool,
      transport,
      consumer,
      types: ['user.changed'],
      clock,
      log,
      handle: async (fresh, client) => {
        if (cuts-- > 0) await client.query('SELECT pg_terminate_backend(pg_backend_pid())')
        for (const { id } of fresh) await client.query('INSERT INTO effect (event_id) VALUES ($1)', [id])
      },
    })
    ending.push(() => subscription.close())
    await transport.publish(events(1))
    await until('the effect', async () => (await count('effect')) === 1)
    expect(await count('dead_event')).toBe(0)
  })

  it('remembers what it took for the named time of activity, and no longer', async () => {
    const subscription = await taking()
    await transport.publish(events(1))
    await until('the effect', async () => (await count('effect')) === 1)
    clock.advance(INBOX_RETENTION_MS + 1)
    await subscription.prune()
    expect(await count('inbox_event')).toBe(1)
    await transport.publish(events(1, 1))
    await until('the second effect', async () => (await count('effect')) === 2)
    await subscription.prune()
    expect(await count('inbox_event')).toBe(1)
  })
}

describe('the outbox over the memory transport', () => {
  contract(async () => new MemoryTransport({ log }))
})

const leftOut = rabbitMissing !== null && !serversAreRequired
describe.skipIf(leftOut)(`the outbox over RabbitMQ${leftOut ? ` (left out: ${rabbitMissing})` : ''}`, () => {
  let server: RabbitServer
  beforeAll(async () => {
    server = await startRabbit()
  })
  afterAll(async () => server?.stop())
  contract(() => RabbitTransport.connect({ url: server.url, log }))
})
