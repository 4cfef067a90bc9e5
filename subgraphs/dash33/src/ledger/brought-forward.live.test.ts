import { poolConfig } from '@opsource/database'
import { type Clock, ManualClock } from '@opsource/kernel'
import { Pool } from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type FreshDatabase, freshDatabase } from '../../../../tests/support/database.ts'
import { TestExchange } from '../../../../tests/support/exchange.ts'
import { JournalReader } from '../engine/journal/reader.ts'
import { rebuild } from '../projections/index.ts'
import { PROGRAM_TRADE_RETENTION_MS, TradeRetention } from '../trades/retention.ts'
import { BroughtForward, ENTRIES_PER_STATEMENT, PROGRAM_POSTING_RETENTION_MS } from './brought-forward.ts'

const MAKER = 'usr_maker'
const TAKER = 'usr_taker'
const PERSON = 'usr_person'

let database: FreshDatabase
let pool: Pool
let exchange: TestExchange

beforeEach(async () => {
  database = await freshDatabase('dash33')
  pool = new Pool(poolConfig(database.url))
  await pool.query(`INSERT INTO holder (user_id, kind) VALUES ($1, 'SERVICE'), ($2, 'SERVICE'), ($3, 'PERSON')`, [
    MAKER,
    TAKER,
    PERSON,
  ])
  exchange = await TestExchange.start(database.url)
  await exchange.credit(MAKER, 'BTC', '1000')
  await exchange.credit(TAKER, 'USDT', '1000000')
  await exchange.credit(PERSON, 'USDT', '1000000')
})

afterEach(async () => {
  await exchange.stop()
  await pool.end()
  await database.drop()
})

let orders = 0
const order = (side: 'BUY' | 'SELL', quantity: string) => ({ clientOrderId: `o-${orders++}`, side, quantity })

/** The taker buys from the maker `count` times, each time 1 to 9 thousandths at 100.00. */
async function tradeAmongPrograms(count: number): Promise<void> {
  for (let done = 0; done < count; done += 100) {
    for (const [user, side] of [
      [MAKER, 'SELL'],
      [TAKER, 'BUY'],
    ] as const) {
      const batch = Array.from({ length: Math.min(100, count - done) }, (_, i) => ({
        ...order(side, `0.00${1 + (i % 9)}`),
        symbol: 'BTC-USDT',
        type: 'LIMIT',
        price: '100.00',
      }))
      await exchange.field(
        user,
        'mutation ($input: OrderBatchInput!) { submitOrderBatch(input: $input) { __typename } }',
        { input: { orders: batch } },
      )
    }
  }
  await exchange.settled()
}

async function tradeWithPerson(): Promise<void> {
  await exchange.place(MAKER, { ...order('SELL', '0.5'), price: '100.00' })
  await exchange.place(PERSON, { ...order('BUY', '0.5'), price: '100.00' })
  await exchange.settled()
}

/** @param laterMs how long after now it looks. */
const broughtForward = (laterMs = PROGRAM_POSTING_RETENTION_MS + 60_000) =>
  new BroughtForward(pool, new ManualClock(exchange.ports.clock.now() + laterMs))

interface Report {
  readonly watermark: number
  readonly balanced: boolean
  readonly accounts: readonly { readonly accountId: string; readonly asset: string; readonly total: string }[]
}

async function ledger(): Promise<Report> {
  const query = '{ ledger { watermark balanced accounts { accountId asset total } } }'
  return (await exchange.field('usr_operator', query, {}, ['OPERATOR'])) as Report
}

async function rows(text: string): Promise<Record<string, unknown>[]> {
  return (await pool.query<Record<string, unknown>>(text)).rows
}

const entries = async () => Number((await rows('SELECT count(*) FROM ledger_entry'))[0]?.count)
const wholeLedger = () =>
  rows(`SELECT e.*, a.id FROM ledger_entry e JOIN account a ON a.no = e.account_no ORDER BY 1, 2, leg`)
const postingsWith = (accountId: string) =>
  rows(`SELECT e.* FROM ledger_entry e WHERE posting >= 0 AND (engine_sequence, posting) IN (
    SELECT engine_sequence, posting FROM ledger_entry JOIN account a ON a.no = account_no WHERE a.id = '${accountId}')
    ORDER BY engine_sequence, posting, leg`)
const unbalanced = () =>
  rows('SELECT engine_sequence FROM ledger_entry GROUP BY engine_sequence, posting, asset HAVING sum(amount) <> 0')

test('old postings among programs become one; the report, and all that a person did, stay', async () => {
  await tradeAmongPrograms(300)
  await tradeWithPerson()
  await tradeAmongPrograms(5)
  const before = await ledger()
  const people = await postingsWith('acc_person')
  // The credit has 2 legs, the trade 6.
  expect(people).toHaveLength(8)
  const size = await entries()

  // Two credits of 2 legs, 305 trades of 6.
  expect(await broughtForward().run()).toBe(size - people.length)
  expect(size - people.length).toBe(4 + 305 * 6)
  expect(await ledger()).toEqual(before)
  expect(before.balanced).toBe(true)
  expect(await postingsWith('acc_person')).toEqual(people)
  expect(await unbalanced()).toEqual([])
  // Maker and taker, fees and external, in both assets.
  expect(await entries()).toBe(people.length + 8)
})

test('again changes nothing, after a restart too; later postings join the one brought forward', async () => {
  await tradeAmongPrograms(20)
  const first = broughtForward()
  await first.run()
  const after = await wholeLedger()
  expect(await first.run()).toBe(0)
  expect(await broughtForward().run()).toBe(0)
  expect(await wholeLedger()).toEqual(after)

  await tradeAmongPrograms(10)
  const before = await ledger()
  expect(await broughtForward().run()).toBe(60)
  expect(await ledger()).toEqual(before)
  expect(await rows('SELECT DISTINCT engine_sequence FROM ledger_entry WHERE posting = -1')).toHaveLength(1)
})

test('what is younger than the limit stays as it is', async () => {
  await tradeAmongPrograms(10)
  const before = await wholeLedger()
  expect(await broughtForward(PROGRAM_POSTING_RETENTION_MS - 60_000).run()).toBe(0)
  expect(await wholeLedger()).toEqual(before)
})

test('an account that is left with nothing stays in the report', async () => {
  await exchange.credit(MAKER, 'USDT', '1000')
  await exchange.credit(TAKER, 'ETH', '1')
  await exchange.place(MAKER, { ...order('BUY', '1'), symbol: 'ETH-USDT', price: '100.00' })
  await exchange.place(TAKER, { ...order('SELL', '1'), symbol: 'ETH-USDT', price: '100.00' })
  await exchange.settled()
  const before = await ledger()
  expect(before.accounts).toContainEqual({ accountId: 'acc_taker', asset: 'ETH', total: '0.00000000' })
  expect(await broughtForward().run()).toBeGreaterThan(0)
  expect(await ledger()).toEqual(before)
})

test('a ledger that is rebuilt when its programs’ trades are gone is what it was', async () => {
  await tradeWithPerson()
  await tradeAmongPrograms(10)
  await exchange.stop()
  const retention = (on: Pool, clock: Clock) => [new BroughtForward(on, clock), new TradeRetention(on, clock)]
  const clock = new ManualClock(exchange.ports.clock.now() + PROGRAM_TRADE_RETENTION_MS + 60_000)
  for (const rule of retention(pool, clock)) expect(await rule.run()).toBeGreaterThan(0)
  const rebuilt = await rebuild({ pool, journal: new JournalReader(pool), names: ['ledger'], retention, clock })
  expect(rebuilt.filter(({ equal }) => !equal)).toEqual([])
})

test('while the market goes on, every report at one watermark is the same', async () => {
  const seen = new Map<number, Report>()
  let trading = true
  const reading = (async () => {
    while (trading) {
      const report = await ledger()
      expect(report.balanced).toBe(true)
      expect(report).toEqual(seen.get(report.watermark) ?? report)
      seen.set(report.watermark, report)
    }
  })()
  let replaced = 0
  const bringing = (async () => {
    while (trading) replaced += await broughtForward().run()
  })()
  for (let round = 0; round < 15; round++) {
    await tradeAmongPrograms(100)
    await tradeWithPerson()
  }
  trading = false
  await Promise.all([reading, bringing])
  expect(seen.size).toBeGreaterThan(5)
  expect(replaced).toBeGreaterThan(1_000)
  expect(await postingsWith('acc_person')).toHaveLength(2 + 15 * 6)
  expect(
    await rows(`SELECT b.* FROM balance b LEFT JOIN (SELECT account_no, asset, sum(amount) AS total FROM ledger_entry GROUP BY 1, 2) e
      USING (account_no, asset) WHERE b.total <> coalesce(e.total, 0)`),
  ).toEqual([])
})

test('one that dies in the middle leaves the ledger whole, and the next goes on from there', async () => {
  await tradeAmongPrograms(Math.ceil(ENTRIES_PER_STATEMENT / 6) + 200)
  const before = await ledger()
  const blocker = await pool.connect()
  await blocker.query('BEGIN')
  await blocker.query(
    'SELECT FROM ledger_entry WHERE engine_sequence = (SELECT max(engine_sequence) FROM ledger_entry) FOR UPDATE',
  )
  const dying = broughtForward().run()
  const died = expect(dying).rejects.toThrow('terminating connection')
  const stuck = `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`
  await expect.poll(async () => (await rows(stuck)).length).toBe(1)
  await pool.query(`SELECT pg_terminate_backend(pid) FROM (${stuck}) s`)
  await died
  await blocker.query('ROLLBACK')
  blocker.release()
  expect(await entries()).toBeGreaterThan(8 + 2)
  expect(await ledger()).toEqual(before)
  expect(await unbalanced()).toEqual([])
  expect(await broughtForward().run()).toBeGreaterThan(1_000)
  expect(await ledger()).toEqual(before)
  expect(await entries()).toBe(8 + 2)
})

/** Removes what `which` says and writes its sums as the posting brought forward. */
const bringForward = (which: string, sums = 'sum(amount)') =>
  pool.query(`WITH removed AS (DELETE FROM ledger_entry WHERE ${which} RETURNING *)
    INSERT INTO ledger_entry (engine_sequence, posting, leg, account_no, asset, amount)
    SELECT max(max(engine_sequence)) OVER (), -1, row_number() OVER (), account_no, asset, ${sums} FROM removed GROUP BY account_no, asset`)

test('the database lets entries go in no other way', async () => {
  await tradeAmongPrograms(3)
  await tradeWithPerson()
  const [last, trade] = await rows(
    `SELECT DISTINCT engine_sequence AS n FROM ledger_entry WHERE posting = 0 AND leg = 5 ORDER BY 1 DESC LIMIT 2`,
  )
  const person = `engine_sequence = ${last?.n}`
  const program = `engine_sequence = ${trade?.n}`
  const before = await wholeLedger()
  const refused = 'never changed'
  await expect(pool.query(`DELETE FROM ledger_entry WHERE ${program}`)).rejects.toThrow(refused)
  await expect(bringForward(person)).rejects.toThrow(refused)
  await expect(bringForward(`${program} AND asset = 'BTC'`)).rejects.toThrow(refused)
  await expect(bringForward(program, 'sum(amount) * 2')).rejects.toThrow(refused)
  await expect(bringForward(`${program} AND leg < 2`)).rejects.toThrow(refused)
  expect(await wholeLedger()).toEqual(before)
  await bringForward(program)
  // The one brought forward before must be in the next.
  await expect(
    bringForward(`posting >= 0 AND engine_sequence = (SELECT min(engine_sequence) FROM ledger_entry)`),
  ).rejects.toThrow(refused)
  await expect(pool.query('DELETE FROM ledger_entry WHERE posting = -1')).rejects.toThrow(refused)
  await expect(pool.query('TRUNCATE ledger_entry')).rejects.toThrow(refused)
})
