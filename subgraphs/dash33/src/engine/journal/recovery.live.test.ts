import { poolConfig } from '@opsource/database'
import { Client } from 'pg'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type FreshDatabase, freshDatabase } from '../../../../../tests/support/database.ts'
import { nthOrder, opening, unlimited } from '../../../../../tests/support/engine.ts'
import { hashState, writeState } from '../canonical.ts'
import type { Command } from '../commands.ts'
import { Engine } from '../engine.ts'
import type { EngineEvent } from '../events.ts'
import { encodeBatch, segmentOf } from './batch-format.ts'
import { ReadAhead } from './read-ahead.ts'
import { JournalReader } from './reader.ts'
import { catchUp, type Replayed } from './recovery.ts'
import { GENESIS_HASH, hashRow, type JournalRow } from './rows.ts'

const START = Date.UTC(2026, 0, 1)
const BATCHES = 300
const BATCH = 75

let database: FreshDatabase
let connection: Client
beforeEach(async () => {
  database = await freshDatabase('dash33')
  connection = new Client(poolConfig(database.url))
  await connection.connect()
})
afterEach(async () => {
  await connection.end()
  await database.drop()
})

/** Orders with their cancels and amendments, some of them twice, some of accounts that are opened only later, or never. */
function commandAt(n: number): Command {
  const order = nthOrder(n)
  const before = n - (n % 11) - 22
  switch (n % 11) {
    case 3:
    case 8: {
      const { accountId, clientOrderId } = nthOrder(before + (n % 11 === 3 ? 0 : 1))
      return { kind: 'CANCEL', accountId, clientOrderId }
    }
    case 5: {
      const { accountId, clientOrderId } = nthOrder(before + 2)
      return { kind: 'AMEND', accountId, clientOrderId, quantity: null, price: 990 + (n % 20), stopPrice: null }
    }
    case 6: {
      const older = nthOrder(before + 4)
      return n % 2 === 0 ? older : { ...older, quantity: older.quantity + 1 }
    }
    case 7:
      return { ...order, type: 'STOP_LIMIT', stopPrice: order.price, timeInForce: 'GTD', expiresAt: START + n + 500 }
    case 9:
      return { ...order, accountId: `late-${n % 4}` }
    case 10:
      return n % 1_001 === 10 ? { kind: 'OPEN_ACCOUNT', accountId: `late-${n % 3}`, userId: 'usr_late' } : order
    default:
      return order
  }
}

async function writeJournal(): Promise<{ readonly hash: string; readonly events: EngineEvent[][] }> {
  const engine = new Engine()
  const rows: JournalRow[] = []
  const events: EngineEvent[][] = []
  for (let n = 0; n < BATCHES; n++) {
    const orders = Array.from({ length: BATCH }, (_, i) => commandAt(100 + n * BATCH + i))
    const commands = n === 0 ? [unlimited, ...opening, ...orders] : orders
    const unhashed = {
      firstSequence: engine.state.sequence + 1,
      lastSequence: engine.state.sequence + commands.length,
      epoch: 1,
      payload: encodeBatch(START + n, [segmentOf(commands)]),
      digestBefore: engine.state.digest.hex(),
      previousHash: rows.at(-1)?.hash ?? GENESIS_HASH,
    }
    events.push([...engine.applyBatch(commands, START + n).batch.events])
    rows.push({ ...unhashed, hash: hashRow(unhashed) })
  }
  const columns = ['bigint', 'bigint', 'bigint', 'bytea', 'text', 'bytea', 'bytea']
  await connection.query(
    `INSERT INTO journal_batch (first_seq, last_seq, epoch, payload, digest_before, prev_hash, hash)
     SELECT * FROM unnest(${columns.map((type, i) => `$${i + 1}::${type}[]`).join(', ')})`,
    columns.map((_, i) => rows.map((row) => Object.values(row)[i])),
  )
  return { hash: hashState(writeState(engine.state)), events }
}

it('leads to the same state, and hands out the same, whether the journal is read ahead or not', async () => {
  const { hash, events } = await writeJournal()
  const happened = new Set(events.flat().map(({ type }) => type))
  for (const type of ['TRADE', 'ORDER_CANCELLED', 'ORDER_AMENDED', 'ORDER_TRIGGERED']) expect(happened).toContain(type)
  for (const { ahead, emitted } of [
    { ahead: false, emitted: 100 },
    { ahead: true, emitted: 100 },
    { ahead: true, emitted: 0 },
  ]) {
    const engine = new Engine()
    const heard: EngineEvent[][] = []
    const emitAfter = (BATCHES - emitted) * BATCH + opening.length + 1
    const hear = ({ batch }: Replayed) => heard.push([...batch.events])
    const thread = new ReadAhead(poolConfig(database.url))
    await expect.poll(() => thread.isReady).toBe(true)
    const read = { pagesAfter: (sequence: number, hash: Uint8Array) => thread.pagesAfter({ sequence, hash }) }
    await catchUp(ahead ? read : new JournalReader(connection), engine, GENESIS_HASH, hear, emitAfter)
    await thread.end()
    expect(hashState(writeState(engine.state))).toBe(hash)
    expect(heard).toEqual(events.slice(BATCHES - emitted))
  }
})
