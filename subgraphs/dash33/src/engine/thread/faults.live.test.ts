import { poolConfig } from '@opsource/database'
import { Client } from 'pg'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type FreshDatabase, freshDatabase } from '../../../../../tests/support/database.ts'
import { nthOrder, type ObservedEngine, observedEngine, opening } from '../../../../../tests/support/engine.ts'
import { endLeadingSession } from '../../../../../tests/support/leading-session.ts'
import { LossyLine } from '../../../../../tests/support/lossy-line.ts'
import type { Ack } from '../acks.ts'
import type { EngineClient } from '../client.ts'
import type { EngineEvent } from '../events.ts'

let database: FreshDatabase
let engine: EngineClient | null

beforeEach(async () => {
  database = await freshDatabase('dash33')
  engine = null
})

afterEach(async () => {
  await engine?.close()
  await database.drop()
})

async function start(options: Parameters<typeof observedEngine>[1] = {}): Promise<ObservedEngine> {
  const observed = await observedEngine(database.url, options)
  engine = observed.client
  return observed
}

async function sql(text: string): Promise<Record<string, string>[]> {
  const client = new Client(poolConfig(database.url))
  await client.connect()
  try {
    const { rows } = await client.query(text)
    return rows
  } finally {
    await client.end()
  }
}

const orders = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => nthOrder(from + i))

async function until(ready: () => Promise<unknown>): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      await ready()
      return
    } catch (error) {
      if (attempt > 400) throw error
      await new Promise((resolve) => setTimeout(resolve, 25))
    }
  }
}

describe('when the database fails', () => {
  it('reads the journal again and then says of each order in hand whether it happened; a repeated id gets the first answer', async () => {
    const { client, batches } = await start()
    await client.submit(opening)
    const acked = new Set<string>()
    const codes = new Set<string>()
    const refused: string[] = []
    const settle = (key: string, ack: Ack) => {
      if (ack.kind === 'PLACED') acked.add(key)
      else if (ack.kind === 'REFUSED') {
        codes.add(ack.code)
        refused.push(key)
      }
    }
    for (let cut = 0; cut < 4; cut++) {
      const load = orders(cut * 400, (cut + 1) * 400).map(async (order, i) => {
        await new Promise((resolve) => setTimeout(resolve, i / 4))
        const [ack] = await client.submit([order])
        settle(order.clientOrderId, ack!)
      })
      await new Promise((resolve) => setTimeout(resolve, 20 + 15 * cut))
      await endLeadingSession(database.url)
      await Promise.all(load)
      await until(() => client.ready())
    }
    // Surely not carried out: nobody is left in doubt while the database comes back.
    expect([...codes]).toEqual(['ENGINE_UNAVAILABLE'])
    expect(refused.filter((key) => batches.some(({ events }) => events.some((e) => isAccepted(e, key))))).toEqual([])
    const answers = await Promise.all(orders(0, 1_600).map(async (order) => (await client.submit([order]))[0]!))
    const replayed = new Set(
      answers.flatMap((ack) => (ack.kind === 'PLACED' && ack.replayed ? [ack.order.clientOrderId] : [])),
    )
    expect([...acked].filter((key) => !replayed.has(key))).toEqual([])
    // Handed out once each, in order, across all the restarts.
    const accepted = batches.flatMap((batch) =>
      batch.events.flatMap((e) => (e.type === 'ORDER_ACCEPTED' ? [e.clientOrderId] : [])),
    )
    expect(new Set(accepted).size).toBe(1_600)
    expect(accepted).toHaveLength(1_600)
    for (const [i, batch] of batches.entries())
      expect(batch.firstSequence).toBe((batches[i - 1]?.lastSequence ?? 0) + 1)
  })

  it('waits for a full disk to have room: orders are refused, the book does not move, and it works again afterwards', async () => {
    const { client, batches } = await start()
    await client.submit([...opening, nthOrder(1)])
    const before = await client.stateHash()
    const book = await client.book('BTC-USDT')
    await sql(`CREATE FUNCTION disk_full() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$`)
    await sql('CREATE TRIGGER disk_full BEFORE INSERT ON journal_batch FOR EACH STATEMENT EXECUTE FUNCTION disk_full()')
    const told = batches.length
    const acks = await Promise.all(orders(2, 22).map((order) => client.submit([order])))
    expect(new Set(acks.flat().map((ack) => ack.kind === 'REFUSED' && ack.code))).toEqual(
      new Set(['ENGINE_UNAVAILABLE']),
    )
    await until(() => client.ready())
    expect(await client.stateHash()).toEqual(before)
    expect(await client.book('BTC-USDT')).toEqual(book)
    expect(batches).toHaveLength(told)
    await sql('DROP TRIGGER disk_full ON journal_batch')
    expect(await client.submit([nthOrder(2)])).toMatchObject([{ kind: 'PLACED', replayed: false }])
  })

  it('answers an order whose commit happened, though its confirmation was lost, as the journal has it', async () => {
    const line = await LossyLine.to(database.url)
    const { client, batches } = await start({ databaseUrl: line.url })
    await client.submit(opening)
    line.loseAnswers()
    const answer = client.submit([nthOrder(1)])
    await until(async () => {
      const [row] = await sql('SELECT max(last_seq) AS last FROM journal_batch')
      if (row?.last !== '7') throw new Error('not committed yet')
    })
    line.cut()
    expect(await answer).toMatchObject([{ kind: 'PLACED', replayed: false, order: { engineSequence: 7 } }])
    await until(() => client.ready())
    expect(await client.submit([nthOrder(1)])).toMatchObject([{ kind: 'PLACED', replayed: true }])
    const key = nthOrder(1).clientOrderId
    expect(batches.flatMap(({ events }) => events).filter((event) => isAccepted(event, key))).toHaveLength(1)
    await client.close()
    await line.close()
  })

  it('takes one key that is sent 50 times at once for one order', async () => {
    const { client, batches } = await start()
    await client.submit(opening)
    const acks = await Promise.all(Array.from({ length: 50 }, () => client.submit([nthOrder(1)])))
    const ids = acks.flatMap(([ack]) => (ack?.kind === 'PLACED' ? [ack.order.orderId] : []))
    expect(ids).toHaveLength(50)
    expect(new Set(ids).size).toBe(1)
    const key = nthOrder(1).clientOrderId
    expect(batches.flatMap(({ events }) => events).filter((event) => isAccepted(event, key))).toHaveLength(1)
  })
})

const isAccepted = (event: EngineEvent, key: string) => event.type === 'ORDER_ACCEPTED' && event.clientOrderId === key
