import { poolConfig } from '@opsource/database'
import { Client } from 'pg'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type FreshDatabase, freshDatabase } from '../../../../../tests/support/database.ts'
import { nthOrder, type ObservedEngine, observedEngine, opening } from '../../../../../tests/support/engine.ts'
import { type ReplayReport, replayRange, type SequenceRange } from '../../replay/replay.ts'
import { hashState, writeState } from '../canonical.ts'
import type { EngineClient } from '../client.ts'
import { Engine } from '../engine.ts'
import { commandsOf, decodeBatch } from '../journal/batch-format.ts'
import { JournalReader } from '../journal/reader.ts'
import { LIMITS } from '../limits.ts'

let database: FreshDatabase
let engines: EngineClient[]

beforeEach(async () => {
  database = await freshDatabase('dash33')
  engines = []
})

afterEach(async () => {
  await Promise.all(engines.map((engine) => engine.close()))
  await database.drop()
})

async function start(
  ...args: Parameters<typeof observedEngine> extends [string, ...infer R] ? R : never
): Promise<ObservedEngine> {
  const observed = await observedEngine(database.url, ...args)
  engines.push(observed.client)
  return observed
}

async function sql(text: string, values: unknown[] = []): Promise<Record<string, string>[]> {
  const client = new Client(poolConfig(database.url))
  await client.connect()
  try {
    const { rows } = await client.query(text, values)
    return rows
  } finally {
    await client.end()
  }
}

async function replayed(range: SequenceRange): Promise<ReplayReport> {
  const client = new Client(poolConfig(database.url))
  await client.connect()
  try {
    return await replayRange(new JournalReader(client), range, () => undefined)
  } finally {
    await client.end()
  }
}

const orders = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => nthOrder(from + i))

describe('the engine on its journal', () => {
  it('answers each command of a submission, refused ones included, and hands out what happened before it answers', async () => {
    const { client, batches } = await start()
    const order = { ...nthOrder(1), clientOrderId: 'mine' }
    const acks = await client.submit([...opening, order, { ...order, price: 0 }, order])
    expect(acks.map((ack) => (ack.kind === 'REFUSED' ? ack.code : ack.kind))).toEqual([
      ...opening.map((command) => (command.kind === 'CREDIT' ? 'CREDITED' : 'ACCOUNT_OPENED')),
      'PLACED',
      'PRICE_NOT_POSITIVE',
      'PLACED',
    ])
    expect(acks.at(-1)).toMatchObject({ replayed: true })
    expect(batches.flatMap((batch) => batch.events).at(-1)).toMatchObject({
      type: 'ORDER_ACCEPTED',
      clientOrderId: 'mine',
    })
    expect(await client.book('BTC-USDT')).toMatchObject({
      engineSequence: 8,
      bids: [],
      asks: [[order.price, order.quantity]],
    })
  })

  it('replays to an equal state after any end, and hands out again exactly what the projections lack', async () => {
    const first = await start()
    await first.client.submit(opening)
    for (let from = 0; from < 600; from += 50)
      await Promise.all(orders(from, from + 50).map((order) => first.client.submit([order])))
    const before = await first.client.stateHash()
    await first.client.close()

    const lacking = first.batches.find((batch) => batch.firstSequence > 300)!
    const second = await start({ projectedThrough: lacking.firstSequence - 1 })
    expect(await second.client.stateHash()).toEqual(before)
    expect(second.batches).toEqual(first.batches.filter((batch) => batch.firstSequence >= lacking.firstSequence))
    const [again] = await second.client.submit([nthOrder(599)])
    expect(again).toMatchObject({ kind: 'PLACED', replayed: true })
  })

  it('has the state that the commands alone give, whatever the batches were', async () => {
    const { client } = await start()
    await client.submit(opening)
    await Promise.all(orders(0, 300).map((order) => client.submit([order])))
    const { hash } = await client.stateHash()
    // Time is an input: one stamp per batch.
    const journal = await sql('SELECT count(*) AS batches FROM journal_batch')
    expect(Number(journal[0]!.batches)).toBeLessThan(301)
    const reference = new Engine()
    for (const row of await sql('SELECT payload FROM journal_batch ORDER BY first_seq')) {
      const batch = decodeBatch(Buffer.from(row.payload!))
      for (const command of commandsOf(batch)) reference.applyBatch([command], batch.time)
    }
    expect(hashState(writeState(reference.state))).toBe(hash)
  })

  it('starts from its newest snapshot and the journal since, which is the same as the whole journal', async () => {
    const first = await start()
    await first.client.submit(opening)
    await first.client.submit(orders(0, 400))
    await first.client.close()
    // Projections that do not move on: nothing is pruned.
    const second = await start({ projectedThrough: 406, onBatch: () => undefined })
    await second.client.submit(orders(400, 700))
    const expected = await second.client.stateHash()
    await second.client.close()

    const fromSnapshot = await start({ projectedThrough: 406 })
    expect(await fromSnapshot.client.stateHash()).toEqual(expected)
    await fromSnapshot.client.close()
    await sql('DELETE FROM engine_snapshot')
    const fromZero = await start()
    expect(await fromZero.client.stateHash()).toEqual(expected)
  })

  it('takes the snapshot before where the newest is damaged, and refuses to start on a damaged journal', async () => {
    const first = await start()
    await first.client.submit(opening)
    await first.client.submit(orders(0, 100))
    const expected = await first.client.stateHash()
    await first.client.close()
    await sql(`UPDATE engine_snapshot SET state = set_byte(state, 40, 65)`)
    const second = await start({ projectedThrough: 106 })
    expect(await second.client.stateHash()).toEqual(expected)
    await second.client.close()
    await sql(`UPDATE journal_batch SET payload = set_byte(payload, 20, (get_byte(payload, 20) + 1) % 128)`)
    await sql('DELETE FROM engine_snapshot')
    await expect(start()).rejects.toThrow('was altered')
    await sql('DELETE FROM journal_batch WHERE first_seq > 1')
    await expect(start({ projectedThrough: 106 })).rejects.toThrow()
  })

  it('prunes what two snapshots and the projections have passed, and nothing else', async () => {
    const count = async () => {
      const [journal] = await sql('SELECT count(*) AS n, coalesce(min(first_seq), 0) AS first FROM journal_batch')
      const snapshots = await sql('SELECT sequence FROM engine_snapshot ORDER BY sequence')
      return { first: Number(journal!.first), snapshots: snapshots.map((row) => Number(row.sequence)) }
    }
    let projectedThrough = 0
    const session = async (from: number, to: number) => {
      const { client } = await start({ projectedThrough })
      if (from === 0) await client.submit(opening)
      for (const order of orders(from, to)) await client.submit([order])
      const { sequence } = await client.stateHash()
      projectedThrough = sequence
      await client.close()
    }
    await session(0, 10)
    expect(await count()).toEqual({ first: 1, snapshots: [16] })
    await session(10, 20)
    expect(await count()).toEqual({ first: 17, snapshots: [16, 26] })
    await session(20, 30)
    expect(await count()).toEqual({ first: 27, snapshots: [26, 36] })
    const silent = await start({ projectedThrough: 36, onBatch: () => undefined })
    await silent.client.submit(orders(30, 40))
    await silent.client.close()
    expect(await count()).toEqual({ first: 27, snapshots: [26, 36, 46] })
    const { batches } = await start({ projectedThrough: 36 })
    expect(batches.map((batch) => batch.lastSequence)).toEqual([46])
  })
})

describe('a journal that is kept whole', () => {
  it('is not pruned, whatever the snapshots and projections have passed, and can be replayed in any part', async () => {
    let projectedThrough = 0
    for (let from = 0; from < 40; from += 10) {
      const { client } = await start({ keep: 'ALL', projectedThrough })
      if (from === 0) await client.submit(opening)
      for (const order of orders(from, from + 10)) await client.submit([order])
      projectedThrough = (await client.stateHash()).sequence
      await client.close()
    }
    const [row] = await sql(
      'SELECT min(first_seq) AS first, (SELECT count(*) FROM engine_snapshot) AS n FROM journal_batch',
    )
    expect(row).toEqual({ first: '1', n: String(LIMITS.snapshotsKept) })
    const whole = await replayed({ from: 1, to: null })
    expect(whole).toMatchObject({ from: 1, to: 46, startedAfter: 0, applied: 46 })
    expect(Object.fromEntries(whole.commands)).toEqual({ OPEN_ACCOUNT: 2, CREDIT: 4, PLACE: 40 })
    expect(whole.events.get('ORDER_ACCEPTED')).toBe(40)
    const { client } = await start({ keep: 'ALL', projectedThrough })
    expect((await client.stateHash()).hash).toBe(whole.stateHash)
    // From a snapshot, and to the middle of a batch: the same states.
    const late = await replayed({ from: 46, to: 46 })
    expect(late).toMatchObject({ startedAfter: 36, applied: 10, stateHash: whole.stateHash })
    const first = new Engine()
    const batch = decodeBatch(
      Buffer.from((await sql('SELECT payload FROM journal_batch WHERE first_seq = 1'))[0]!.payload!),
    )
    first.applyBatch(commandsOf(batch).slice(0, 3), batch.time)
    expect((await replayed({ from: 1, to: 3 })).stateHash).toBe(hashState(writeState(first.state)))
    await expect(replayed({ from: 47, to: null })).rejects.toThrow('the journal ends with 46')
    await sql('DELETE FROM journal_batch WHERE first_seq = 1')
    await expect(replayed({ from: 2, to: 5 })).rejects.toThrow('no longer reaches back to 2')
    await sql(`UPDATE journal_batch SET payload = set_byte(payload, 9, 1) WHERE last_seq = 46`)
    await expect(replayed({ from: 46, to: 46 })).rejects.toThrow('was altered')
  })
})

describe('two engines', () => {
  it('are fenced by the epoch even where the lock fails: the older one is refused its commit', async () => {
    const { client } = await start()
    await client.submit(opening)
    await sql('UPDATE engine_epoch SET epoch = epoch + 1')
    expect(await client.submit([nthOrder(1)])).toEqual([{ kind: 'REFUSED', code: 'ENGINE_UNAVAILABLE' }])
    const [row] = await sql('SELECT max(last_seq) AS last FROM journal_batch')
    expect(Number(row!.last)).toBe(6)
  })
})

describe('too much at once', () => {
  it('is refused rather than queued without end', async () => {
    const { client } = await start()
    await client.submit(opening)
    const flood = Array.from({ length: LIMITS.waitingCommands + 500 }, (_, n) => client.submit([nthOrder(n)]))
    const acks = (await Promise.all(flood)).flat()
    expect(acks.filter((ack) => ack.kind === 'PLACED')).toHaveLength(LIMITS.waitingCommands)
    expect(acks.filter((ack) => ack.kind === 'REFUSED' && ack.code === 'ENGINE_UNAVAILABLE')).toHaveLength(500)
    const tooLong = await client.submit(orders(0, LIMITS.commandsPerSubmission + 1))
    expect(tooLong[0]).toEqual({ kind: 'REFUSED', code: 'LIMIT_REACHED', limit: 'commandsPerSubmission' })
  })
})
