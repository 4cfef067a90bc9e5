import { poolConfig } from '@opsource/database'
import { Pool } from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type FreshDatabase, freshDatabase } from '../../../tests/support/database.ts'
import { CopyRows } from './copy.ts'
import { inTransaction } from './database.ts'
import { allDone, Statements } from './statements.ts'

let database: FreshDatabase
let pool: Pool

beforeEach(async () => {
  database = await freshDatabase('dash33')
  pool = new Pool(poolConfig(database.url, { max: 1 }))
})

afterEach(async () => {
  await pool.end()
  await database.drop()
})

const LARGE = 10n ** 37n + 90_000n
const AMOUNTS = [0, 1, -1, 9_999, 10_000, -10_000, 100_010_000, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER]

test('copied values are read as they were written', async () => {
  const times = [0, Date.UTC(2000, 0, 1) - 1, Date.UTC(9999, 11, 31, 23, 59, 59, 999)]
  const rows = new CopyRows()
  for (const [i, amount] of AMOUNTS.entries()) {
    rows.row(9)
    rows.int2(i)
    rows.int4(i === 0 ? null : -i)
    rows.int8(i === 0 ? null : amount)
    rows.numeric(amount)
    rows.numeric(i === 0 ? LARGE : i === 1 ? -LARGE : BigInt(amount))
    rows.boolean(i % 2 === 0)
    rows.timestamp(times[i] ?? null)
    rows.text(i === 0 ? null : 'é€'.repeat(i * 20_000))
    rows.text(JSON.stringify({ text: 'é"\\', i }))
  }
  const found = await inTransaction(pool, async (client) => {
    await client.query(`CREATE TEMPORARY TABLE value (i int2, four int4, eight int8, amount numeric(38, 0), large numeric(38, 0), yes boolean,
      time timestamptz(3), text text, json json) ON COMMIT DROP`)
    await new Statements(client).copy('value', rows)
    return (await client.query<Record<string, unknown>>('SELECT * FROM value ORDER BY i')).rows
  })
  expect(found).toEqual(
    AMOUNTS.map((amount, i) => ({
      i,
      four: i === 0 ? null : -i,
      eight: i === 0 ? null : `${amount}`,
      amount: `${amount}`,
      large: `${i === 0 ? LARGE : i === 1 ? -LARGE : amount}`,
      yes: i % 2 === 0,
      time: times[i] === undefined ? null : new Date(times[i]),
      text: i === 0 ? null : 'é€'.repeat(i * 20_000),
      json: { text: 'é"\\', i },
    })),
  )
  expect(() => rows.int8(2 ** 53)).toThrow('not a safe integer')
  expect(() => rows.numeric(0.5)).toThrow('not a safe integer')
})

const holder = (userId: string) => {
  const rows = new CopyRows()
  rows.row(2)
  rows.text(userId)
  rows.text('PERSON')
  return rows
}
const HOLDERS = 'holder (user_id, kind)'
const holders = async () => (await pool.query<{ user_id: string }>('SELECT user_id FROM holder ORDER BY 1')).rows

test('statements asked for at once run in the order in which they were asked for', async () => {
  await inTransaction(pool, async (client) => {
    const statements = new Statements(client)
    const add = async (userId: string) => {
      await statements.copy(HOLDERS, holder(userId))
      const { rows } = await statements.query<{ count: string }>('SELECT count(*) FROM holder')
      expect(rows).toEqual([{ count: '2' }])
    }
    await allDone([add('usr_a'), add('usr_b')])
  })
  expect(await holders()).toEqual([{ user_id: 'usr_a' }, { user_id: 'usr_b' }])
})

test('after one that failed none is run, each tells why, and the connection goes on', async () => {
  const failed = inTransaction(pool, async (client) => {
    const statements = new Statements(client)
    const works = ['usr_a', 'usr_a', 'usr_b'].map((userId) => statements.copy(HOLDERS, holder(userId)))
    const results = await Promise.allSettled(works)
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected'])
    const [, second, third] = results
    expect(second).toEqual(third)
    await allDone(works)
  })
  await expect(failed).rejects.toThrow('duplicate key')
  expect(await holders()).toEqual([])
})
