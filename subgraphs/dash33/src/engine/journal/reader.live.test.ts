import { poolConfig } from '@opsource/database'
import { Client, Pool } from 'pg'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type FreshDatabase, freshDatabase } from '../../../../../tests/support/database.ts'
import { JournalReader } from './reader.ts'
import type { JournalRow } from './rows.ts'

const ROWS = 400
/** Large ones come in many pieces. */
const PAYLOADS = [0, 1, 300, 70_000]

let database: FreshDatabase
let pool: Pool
let written: JournalRow[]
beforeEach(async () => {
  database = await freshDatabase('dash33')
  pool = new Pool(poolConfig(database.url))
  written = []
  let sequence = 0
  for (let n = 0; n < ROWS; n++) {
    const row = {
      firstSequence: sequence + 1,
      lastSequence: sequence + 1 + ((n * 37) % 90),
      epoch: 5_000_000_000 + n,
      payload: Buffer.alloc(PAYLOADS[n % PAYLOADS.length]!, n),
      digestBefore: n.toString(16).padStart(16, '0'),
      previousHash: Buffer.alloc(32, n),
      hash: Buffer.alloc(32, n + 1),
    }
    sequence = row.lastSequence
    written.push(row)
    await pool.query(
      'INSERT INTO journal_batch (first_seq, last_seq, epoch, payload, digest_before, prev_hash, hash) VALUES ($1, $2, $3, $4, $5, $6, $7)',
      Object.values(row),
    )
  }
})
afterEach(async () => {
  await pool.end()
  await database.drop()
})

async function read(reader: JournalReader, after: number): Promise<JournalRow[]> {
  const rows: JournalRow[] = []
  for await (const row of reader.batchesAfter(after)) rows.push(row)
  return rows
}

const readable = (rows: readonly JournalRow[]) =>
  rows.map(({ payload, previousHash, hash, ...rest }) => ({
    ...rest,
    bytes: [payload, previousHash, hash].map((bytes) => Buffer.from(bytes).toString('base64')),
  }))

describe('the journal as it is read', () => {
  it('is what was written, over many pages, by a connection and by a pool, from any batch on', async () => {
    const client = new Client(poolConfig(database.url))
    await client.connect()
    const pages: number[] = []
    for await (const rows of new JournalReader(client).pagesAfter(0)) pages.push(rows.length)
    expect(pages.length).toBeGreaterThan(2)
    expect(readable(await read(new JournalReader(client), 0))).toEqual(readable(written))
    await client.end()
    const middle = written[ROWS / 2]!
    expect(readable(await read(new JournalReader(pool), middle.lastSequence))).toEqual(
      readable(written.slice(ROWS / 2 + 1)),
    )
    expect(await read(new JournalReader(pool), written.at(-1)!.lastSequence)).toEqual([])
  })

  it('comes with what follows a gap, which is for the reader to find', async () => {
    await pool.query('DELETE FROM journal_batch WHERE first_seq BETWEEN 2 AND 9000')
    const rest = written.filter(({ firstSequence }) => firstSequence < 2 || firstSequence > 9_000)
    expect(readable(await read(new JournalReader(pool), 1))).toEqual(readable(rest.slice(1)))
  })

  it('fails where the database does, and the connection goes on', async () => {
    const client = new Client(poolConfig(database.url))
    await client.connect()
    await client.query('SET search_path = pg_catalog')
    await expect(read(new JournalReader(client), 0)).rejects.toThrow('journal_batch')
    expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
    await client.end()
    await expect(read(new JournalReader(client), 0)).rejects.toThrow()
    const nowhere = new Pool({ ...poolConfig(database.url), port: 1 })
    await expect(read(new JournalReader(nowhere), 0)).rejects.toThrow('ECONNREFUSED')
    await nowhere.end()
  })
})
