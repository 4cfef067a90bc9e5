import { poolConfig } from '@opsource/database'
import { Client } from 'pg'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type FreshDatabase, freshDatabase } from '../../../../../tests/support/database.ts'
import { nthOrder, observedEngine, opening, unlimited } from '../../../../../tests/support/engine.ts'
import { hashState, writeState } from '../canonical.ts'
import type { EngineClient } from '../client.ts'
import type { Command } from '../commands.ts'
import { JournalReader } from '../journal/reader.ts'
import { recover } from '../journal/recovery.ts'
import { LIMITS } from '../limits.ts'

const SUBMISSION = 1_000
/** More than a million commands, on whatever machine. */
const LONG_MS = 240_000

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

/** A market maker's stream: each order is cancelled by the next command, or has traded by then. */
function stream(from: number, length: number): Command[] {
  return Array.from({ length }, (_, i): Command => {
    const order = nthOrder((from + i) >>> 1)
    if ((from + i) % 2 === 0) return order
    return { kind: 'CANCEL', accountId: order.accountId, clientOrderId: order.clientOrderId }
  })
}

async function journaled(): Promise<{ first: number; last: number; snapshots: number }> {
  const client = new Client(poolConfig(database.url))
  await client.connect()
  const { rows } = await client.query(
    `SELECT min(first_seq) AS first, max(last_seq) AS last, (SELECT count(*) FROM engine_snapshot) AS snapshots FROM journal_batch`,
  )
  await client.end()
  return { first: Number(rows[0].first), last: Number(rows[0].last), snapshots: Number(rows[0].snapshots) }
}

async function recovered(through: number): Promise<{ fromSnapshot: number; hash: string }> {
  const connection = new Client(poolConfig(database.url))
  await connection.connect()
  const { engine, fromSnapshot } = await recover(
    new JournalReader(connection),
    through,
    () => undefined,
    (message, fields) => expect.fail(`${message}: ${JSON.stringify(fields)}`),
  )
  await connection.end()
  return { fromSnapshot, hash: hashState(writeState(engine.state)) }
}

it('an engine that runs on and on takes snapshots and prunes its journal by itself', { timeout: LONG_MS }, async () => {
  const { client } = await observedEngine(database.url)
  engine = client
  await client.submit([unlimited, ...opening])
  const commands = 3.2 * LIMITS.commandsPerSnapshot
  for (let from = 0; from < commands; from += 4 * SUBMISSION) {
    await Promise.all([0, 1, 2, 3].map((i) => client.submit(stream(from + i * SUBMISSION, SUBMISSION))))
  }
  const { first, last, snapshots } = await journaled()
  expect(last).toBeGreaterThanOrEqual(commands)
  // Whether the projections have passed the newest by the time that it is stored is a matter of moments.
  expect([LIMITS.snapshotsKept, LIMITS.snapshotsKept + 1]).toContain(snapshots)
  expect(first).toBeGreaterThan(LIMITS.commandsPerSnapshot)
  expect(last - first).toBeLessThan((LIMITS.snapshotsKept + 1) * LIMITS.commandsPerSnapshot + 4 * SUBMISSION)
  // The newest was written while commands came: it is of one sequence all the same.
  const { fromSnapshot, hash } = await recovered(last)
  expect(fromSnapshot).toBeGreaterThanOrEqual(LIMITS.snapshotsKept * LIMITS.commandsPerSnapshot)
  expect(hash).toBe((await client.stateHash()).hash)
})

it('an engine whose projections stand still refuses work instead of running away from them, and goes on when they do', async () => {
  const { client } = await observedEngine(database.url, { onBatch: () => undefined })
  engine = client
  await client.submit([unlimited, ...opening])
  let from = 0
  for (; from <= LIMITS.unprojectedCommands; from += SUBMISSION) await client.submit(stream(from, SUBMISSION))
  expect(await client.submit([nthOrder(from)])).toEqual([{ kind: 'REFUSED', code: 'ENGINE_UNAVAILABLE' }])
  await expect(client.ready()).rejects.toThrow('lag')
  client.projected(SUBMISSION * 2)
  await client.ready()
  expect(await client.submit([nthOrder(from)])).toMatchObject([{ kind: 'PLACED' }])
})
