import { spawn } from 'node:child_process'
import path from 'node:path'
import process from 'node:process'
import {
  type CloudEvent,
  MAX_WAITING_EVENTS,
  MemoryTransport,
  newEvent,
  RabbitTransport,
  type Transport,
} from '@opsource/bus'
import { pino } from 'pino'
import { Connection } from 'rabbitmq-client'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type RabbitServer, rabbitMissing, startRabbit } from '../support/rabbitmq.ts'
import { serversAreRequired } from '../support/server-process.ts'
import { until } from '../support/waiting.ts'

const log = pino({ level: 'silent' })
/** Mnesia's delayed write, and some. */
const DECLARATIONS_SETTLE_MS = 5_000
/** Each test has a consumer of its own: queues are durable. */
let tests = 0
const consumerName = () => `test-${++tests}-${process.pid}`

function event(n: number, type: 'user.changed' | 'user.registered' = 'user.changed'): CloudEvent {
  const data = { userId: `usr_${n}`, displayName: 'Ada', roles: [], disabled: false }
  const origin = { source: 'enterprise', id: `evt_${n}`, time: 1_723_075_200_000 + n } as const
  if (type === 'user.changed') return newEvent(type, data, origin)
  return newEvent(type, { userId: data.userId, email: 'a@b.c', displayName: 'Ada', kind: 'PERSON', roles: [] }, origin)
}
const events = (count: number, from = 0) => Array.from({ length: count }, (_, n) => event(from + n))
const ids = (received: readonly CloudEvent[]) => received.map(({ id }) => id)
const changed = ['user.changed']

/** What both transports keep. `connect` gives another transport on the same broker, or for memory the same transport. */
function contract(connect: (consumers?: Record<string, readonly string[]>) => Promise<Transport>) {
  const open: Transport[] = []
  afterEach(async () => {
    await Promise.all(open.splice(0).map((transport) => transport.close()))
  })
  const transportFor = async (consumers?: Record<string, readonly string[]>) => {
    const transport = await connect(consumers)
    open.push(transport)
    return transport
  }

  it('delivers what was published, whole and in order', async () => {
    const transport = await transportFor()
    const received: CloudEvent[] = []
    await transport.subscribe(
      { consumer: consumerName(), types: changed },
      async (batch) => void received.push(...batch),
    )
    await transport.publish(events(1_000))
    await until('all events', () => received.length >= 1_000)
    expect(received).toEqual(events(1_000))
  })

  it('gives a consumer the types that it asked for and no others', async () => {
    const transport = await transportFor()
    const received: CloudEvent[] = []
    await transport.subscribe(
      { consumer: consumerName(), types: ['user.registered'] },
      async (batch) => void received.push(...batch),
    )
    await transport.publish([event(1), event(2, 'user.registered'), event(3)])
    await until('the event', () => received.length === 1)
    expect(ids(received)).toEqual(['evt_2'])
  })

  it('gives every consumer its own copy', async () => {
    const transport = await transportFor()
    const received: CloudEvent[][] = [[], []]
    for (const list of received) {
      await transport.subscribe({ consumer: consumerName(), types: changed }, async (batch) => {
        for (const one of batch) one.id += '-touched'
        list.push(...batch)
      })
    }
    await transport.publish(events(3))
    await until('both copies', () => received.every((list) => list.length === 3))
    expect(received.map(ids)).toEqual([1, 2].map(() => events(3).map(({ id }) => `${id}-touched`)))
  })

  it('shares the events of one consumer among its subscriptions', async () => {
    const transport = await transportFor()
    const consumer = consumerName()
    const received: string[] = []
    for (let n = 0; n < 2; n++) {
      await transport.subscribe({ consumer, types: changed }, async (batch) => void received.push(...ids(batch)))
    }
    await transport.publish(events(50))
    await until('all events', () => received.length >= 50)
    expect(received.sort()).toEqual(ids(events(50)).sort())
  })

  it('delivers a refused batch again until it is taken, and nothing overtakes it', async () => {
    const transport = await transportFor()
    const received: string[] = []
    let refusals = 3
    await transport.subscribe({ consumer: consumerName(), types: changed }, async (batch) => {
      if (refusals-- > 0) throw new Error('not now')
      received.push(...ids(batch))
    })
    await transport.publish(events(5))
    await transport.publish(events(5, 5))
    await until('all events', () => received.length >= 10)
    expect(received).toEqual(ids(events(10)))
  })

  it('keeps events for a consumer that is away, also before it came for the first time', async () => {
    const consumer = consumerName()
    const transport = await transportFor({ [consumer]: changed })
    const publishing = transport.publish(events(3))
    const received: string[] = []
    const take = async (batch: readonly CloudEvent[]) => void received.push(...ids(batch))
    const first = await transport.subscribe({ consumer, types: changed }, take)
    await publishing
    await until('the events of before', () => received.length === 3)
    await first.close()
    const later = transport.publish(events(3, 3))
    await transport.subscribe({ consumer, types: changed }, take)
    await later
    await until('the events of in between', () => received.length === 6)
    expect(received).toEqual(ids(events(6)))
  })

  it('gives what a closing subscription had in hand to the next one', async () => {
    const transport = await transportFor()
    const consumer = consumerName()
    let refused = 0
    const stubborn = await transport.subscribe({ consumer, types: changed }, async () => {
      refused += 1
      throw new Error('never')
    })
    const publishing = transport.publish(events(4))
    await until('a refusal', () => refused > 0)
    await stubborn.close()
    const received: string[] = []
    await transport.subscribe({ consumer, types: changed }, async (batch) => void received.push(...ids(batch)))
    await publishing
    await until('the events', () => received.length >= 4)
    expect(received.sort()).toEqual(ids(events(4)))
  })

  it('refuses a subscription with other types than its queue has', async () => {
    const consumer = consumerName()
    const transport = await transportFor({ [consumer]: changed })
    await expect(transport.subscribe({ consumer, types: ['order.filled'] }, async () => {})).rejects.toThrow(
      'is for user.changed',
    )
  })

  it('tells every listener what happens from now on, even when one of them fails', async () => {
    const transport = await transportFor()
    await transport.publish(events(1))
    const heard: string[][] = [[], []]
    for (const list of heard) {
      await transport.listen(changed, async (batch) => {
        list.push(...ids(batch))
        if (list === heard[0]) throw new Error('a bad listener')
      })
    }
    await transport.publish(events(2, 1))
    await until('both', () => heard.every((list) => list.length >= 2))
    expect(heard).toEqual([
      ['evt_1', 'evt_2'],
      ['evt_1', 'evt_2'],
    ])
  })

  it('delivers nothing after a subscription is closed', async () => {
    const transport = await transportFor()
    const received: string[] = []
    const listener = await transport.listen(changed, async (batch) => void received.push(...ids(batch)))
    await listener.close()
    await transport.publish(events(2))
    const sentinel: string[] = []
    await transport.listen(changed, async (batch) => void sentinel.push(...ids(batch)))
    await transport.publish(events(1, 2))
    await until('the sentinel', () => sentinel.length === 1)
    expect(received).toEqual([])
  })

  it('answers a ping until it is closed', async () => {
    const transport = await transportFor()
    await transport.ping()
    await transport.close()
    await expect(transport.ping()).rejects.toThrow()
  })
}

describe('the memory transport', () => {
  contract(async (consumers) => new MemoryTransport({ log, ...(consumers ? { consumers } : {}) }))

  it('resolves a publish only when every consumer has taken it', async () => {
    const transport = new MemoryTransport({ log })
    let taken = false
    await transport.subscribe({ consumer: 'slow', types: changed }, async () => {
      await new Promise((resolve) => setTimeout(resolve, 30))
      taken = true
    })
    await transport.publish(events(1))
    expect(taken).toBe(true)
    await transport.close()
  })

  it('refuses more than its limit, and says at closing what was not taken', async () => {
    const transport = new MemoryTransport({ log, consumers: { nobody: changed } })
    const waiting = transport.publish(events(MAX_WAITING_EVENTS))
    await expect(transport.publish(events(1))).rejects.toThrow('wait for a consumer')
    const lost = expect(waiting).rejects.toThrow('closed before')
    await transport.close()
    await lost
  })
})

const leftOut = rabbitMissing !== null && !serversAreRequired
describe.skipIf(leftOut)(`the RabbitMQ transport${leftOut ? ` (left out: ${rabbitMissing})` : ''}`, () => {
  let server: RabbitServer
  beforeAll(async () => {
    server = await startRabbit()
  })
  afterAll(async () => server?.stop())

  contract((consumers) => RabbitTransport.connect({ url: server.url, log, ...(consumers ? { consumers } : {}) }))

  it('loses nothing when the broker is killed amid publishing and consuming', async () => {
    const transport = await RabbitTransport.connect({ url: server.url, log })
    const received = new Set<string>()
    const consumer = consumerName()
    await transport.subscribe({ consumer, types: changed }, async (batch) => {
      for (const id of ids(batch)) received.add(id)
    })
    let refusals = 0
    const publishAll = async () => {
      for (let from = 0; from < 3_000; from += 50) {
        for (;;) {
          try {
            await transport.publish(events(50, from))
            break
          } catch {
            refusals += 1
            await new Promise((resolve) => setTimeout(resolve, 100))
          }
        }
      }
    }
    // The broker writes what was declared to disk seconds later; a queue that it forgets loses what lay in it.
    await new Promise((resolve) => setTimeout(resolve, DECLARATIONS_SETTLE_MS))
    const publishing = publishAll()
    await until('a first part', () => received.size >= 500)
    await server.kill()
    await expect(transport.ping()).rejects.toThrow()
    await server.start()
    await publishing
    await until('every event', () => received.size === 3_000, 60_000)
    expect(refusals).toBeGreaterThan(0)
    await transport.ping()
    await transport.close()
  })

  it('delivers again what a consumer had in hand when it died', async () => {
    const consumer = consumerName()
    const dying = spawn(process.execPath, [
      path.join(import.meta.dirname, '../support/dying-consumer.ts'),
      server.url,
      consumer,
      'user.changed',
    ])
    let said = ''
    dying.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString()
    })
    await until('the subscription', () => said.includes('subscribed'))
    const other = await RabbitTransport.connect({ url: server.url, log })
    await other.publish(events(10))
    await until('a batch in hand', () => /^\d+$/m.test(said))
    dying.kill('SIGKILL')
    const received: string[] = []
    await other.subscribe({ consumer, types: changed }, async (batch) => void received.push(...ids(batch)))
    await until('the second delivery', () => received.length >= 10)
    expect(received.sort()).toEqual(ids(events(10)).sort())
    await other.close()
  })

  it('sets aside what is no event, and the rest goes on', async () => {
    const transport = await RabbitTransport.connect({ url: server.url, log })
    const consumer = consumerName()
    const received: string[] = []
    await transport.subscribe({ consumer, types: changed }, async (batch) => void received.push(...ids(batch)))
    const raw = new Connection({ url: server.url })
    const publisher = raw.createPublisher({ confirm: true })
    await transport.publish(events(1))
    await publisher.send(
      { exchange: 'opsource.events', routingKey: 'user.changed' },
      { ...event(1), specversion: '0.3' },
    )
    await transport.publish(events(1, 2))
    await until('the rest', () => received.length === 2)
    await until('the dead queue', async () => (await transport.deadCount(consumer)) === 1)
    expect(received).toEqual(['evt_0', 'evt_2'])
    await publisher.close()
    await raw.close()
    await transport.close()
  })
})
