import { setTimeout } from 'node:timers/promises'
import { poolConfig } from '@opsource/database'
import { Client, Pool } from 'pg'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type FreshDatabase, freshDatabase } from '../../../../../tests/support/database.ts'
import { JournalDamagedError, type JournalPlace } from './chain.ts'
import { ReadAhead } from './read-ahead.ts'
import { JournalReader } from './reader.ts'
import { GENESIS_HASH, hashRow, type JournalRow } from './rows.ts'

const ROWS = 400
/** Large ones come in many pieces. */
const PAYLOADS = [0, 1, 300, 70_000]

type Pages = Pick<JournalReader, 'pagesAfter'>

let database: FreshDatabase
let pool: Pool
/** The same journal from the thread that reads ahead. */
let ahead: Pages
let written: JournalRow[]
beforeEach(async () => {
  database = await freshDatabase('dash33')
  pool = new Pool(poolConfig(database.url))
  ahead = { pagesAfter: (sequence, hash) => pagesAhead({ sequence, hash }) }
  written = []
  let sequence = 0
  for (let n = 0; n < ROWS; n++) {
    const unhashed = {
      firstSequence: sequence + 1,
      lastSequence: sequence + 1 + ((n * 37) % 90),
      epoch: 5_000_000_000 + n,
      payload: Buffer.alloc(PAYLOADS[n % PAYLOADS.length]!, n),
      digestBefore: n.toString(16).padStart(16, '0'),
      previousHash: written.at(-1)?.hash ?? GENESIS_HASH,
    }
    const row = { ...unhashed, hash: hashRow(unhashed) }
    sequence = row.lastSequence
    written.push(row)
  }
  const columns = ['bigint', 'bigint', 'bigint', 'bytea', 'text', 'bytea', 'bytea']
  await pool.query(
    `INSERT INTO journal_batch (first_seq, last_seq, epoch, payload, digest_before, prev_hash, hash)
     SELECT * FROM unnest(${columns.map((type, i) => `$${i + 1}::${type}[]`).join(', ')})`,
    columns.map((_, i) => written.map((row) => Object.values(row)[i])),
  )
})
afterEach(async () => {
  await pool.end()
  await database.drop()
})

async function* pagesAhead(place: JournalPlace): AsyncGenerator<readonly JournalRow[]> {
  const thread = new ReadAhead(poolConfig(database.url))
  try {
    await expect.poll(() => thread.isReady).toBe(true)
    yield* thread.pagesAfter(place)
  } finally {
    await thread.end()
  }
}

/** @param last the row that it begins behind */
async function read(reader: Pages, last: JournalRow | null = null): Promise<JournalRow[]> {
  const read: JournalRow[] = []
  for await (const rows of reader.pagesAfter(last?.lastSequence ?? 0, last?.hash ?? GENESIS_HASH)) read.push(...rows)
  return read
}

/** Rows until there are no more, and why. */
async function readUntilFault(reader: Pages) {
  const rows: JournalRow[] = []
  try {
    for await (const page of reader.pagesAfter(0, GENESIS_HASH)) rows.push(...page)
  } catch (error) {
    return { rows, error }
  }
  return { rows, error: null }
}

const readable = (rows: readonly JournalRow[]) =>
  rows.map(({ firstSequence, lastSequence, epoch, digestBefore, payload, previousHash, hash }) => ({
    ...{ firstSequence, lastSequence, epoch, digestBefore },
    bytes: [payload, previousHash, hash].map((bytes) => Buffer.from(bytes).toString('base64')),
  }))

/** Of the sessions that wait for a query. */
const pids = async (): Promise<number[]> => {
  const { rows } = await pool.query(
    `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND state = 'idle'`,
  )
  return rows.map(({ pid }) => pid)
}

const sessions = async () => {
  const { rows } = await pool.query('SELECT pid FROM pg_stat_activity WHERE datname = current_database()')
  return rows.length
}

describe('the journal as it is read', () => {
  it('is what was written, over many pages, by a connection, by a pool and ahead, from any batch on', async () => {
    const client = new Client(poolConfig(database.url))
    await client.connect()
    const pages: number[] = []
    for await (const rows of new JournalReader(client).pagesAfter(0, GENESIS_HASH)) pages.push(rows.length)
    expect(pages.length).toBeGreaterThan(2)
    expect(readable(await read(new JournalReader(client)))).toEqual(readable(written))
    await client.end()
    expect(readable(await read(ahead))).toEqual(readable(written))
    expect(readable(await read(new JournalReader(pool, poolConfig(database.url))))).toEqual(readable(written))
    const middle = written[ROWS / 2]!
    const rest = readable(written.slice(ROWS / 2 + 1))
    expect(readable(await read(new JournalReader(pool), middle))).toEqual(rest)
    expect(await read(new JournalReader(pool), written.at(-1)!)).toEqual([])
  })

  it.each([
    ['a gap', 'DELETE FROM journal_batch WHERE first_seq = $1', 1],
    ['an altered row', `UPDATE journal_batch SET payload = '\\x07' WHERE first_seq = $1`, 0],
    ['another epoch', 'UPDATE journal_batch SET epoch = 1 WHERE first_seq = $1', 0],
    ['a broken chain', 'UPDATE journal_batch SET prev_hash = hash WHERE first_seq = $1', 0],
  ])('ends before %s, and says where', async (_, damage, later) => {
    const place = ROWS - 5
    await pool.query(damage, [written[place]!.firstSequence])
    for (const reader of [new JournalReader(pool), ahead]) {
      const { rows, error } = await readUntilFault(reader)
      expect(readable(rows)).toEqual(readable(written.slice(0, place)))
      expect(error).toBeInstanceOf(JournalDamagedError)
      expect(String(error)).toContain(`journal batch ${written[place + later]!.firstSequence} `)
    }
  })

  it('is read no further where nobody goes on, and nobody stays behind', async () => {
    const before = await sessions()
    let read = 0
    for await (const rows of ahead.pagesAfter(0, GENESIS_HASH)) {
      read += rows.length
      if (read > ROWS / 2) break
    }
    expect(read).toBeLessThan(ROWS)
    await expect.poll(sessions).toBe(before)
  })

  it('is read to its end where the thread that reads ahead loses its connection', async () => {
    const client = new Client(poolConfig(database.url))
    await client.connect()
    const known = await pids()
    const pages = new JournalReader(client, poolConfig(database.url)).pagesAfter(0, GENESIS_HASH)
    const read = [...(await pages.next()).value]
    const reading = async () => (await pids()).filter((pid) => !known.includes(pid))
    await expect.poll(reading).toHaveLength(1)
    // It has told that it is ready, and waits to hear where to begin.
    await setTimeout(200)
    await pool.query('SELECT pg_terminate_backend($1)', await reading())
    await expect.poll(reading).toEqual([])
    for await (const rows of pages) read.push(...rows)
    expect(readable(read)).toEqual(readable(written))
    await client.end()
  })

  it('fails where the database does, and the connection goes on', async () => {
    const client = new Client(poolConfig(database.url))
    await client.connect()
    await client.query('SET search_path = pg_catalog')
    await expect(read(new JournalReader(client))).rejects.toThrow('journal_batch')
    expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
    await client.end()
    await expect(read(new JournalReader(client))).rejects.toThrow()
    const nowhere = { ...poolConfig(database.url), port: 1 }
    const lost = new Pool(nowhere)
    await expect(read(new JournalReader(lost))).rejects.toThrow('ECONNREFUSED')
    await lost.end()
    // Who may have no connection of its own reads on the one it has.
    expect(await read(new JournalReader(pool, nowhere))).toHaveLength(ROWS)
  })
})
