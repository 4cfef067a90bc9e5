import { poolConfig } from '@opsource/database'
import { ManualClock } from '@opsource/kernel'
import { Pool } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type FreshDatabase, freshDatabase } from '../../../../tests/support/database.ts'
import { VariedTrading } from '../../../../tests/support/varied-trading.ts'
import { START } from '../engine/model/random-commands.ts'
import { BroughtForward } from '../ledger/index.ts'
import { projectionWriter } from '../projections/index.ts'
import { auditLedger } from './index.ts'

let database: FreshDatabase
let pool: Pool
/** The superuser, whom no trigger stops. */
let admin: Pool
const trading = new VariedTrading(11, 25)

beforeAll(async () => {
  database = await freshDatabase('dash33')
  pool = new Pool(poolConfig(database.url))
  const adminUrl = new URL(database.adminUrl)
  adminUrl.searchParams.set('schema', 'dash33')
  admin = new Pool(poolConfig(adminUrl.href))
  await trading.journal(database.url)
  await projectionWriter(pool)(trading.batches, 0)
})

afterAll(async () => {
  await pool.end()
  await admin.end()
  await database.drop()
})

/** Every difference as `check: account asset`. */
async function differences(): Promise<string[]> {
  const { checks } = await auditLedger(pool)
  return checks.flatMap(({ name, differences }) =>
    differences.map(({ account, asset }) => `${name}: ${account ?? 'all'} ${asset}`),
  )
}

/** Changes rows where nobody may, and back again once `look` has seen it. */
async function tampered<T>(change: string, back: string, look: () => Promise<T>): Promise<T> {
  const run = async (text: string) => {
    const client = await admin.connect()
    await client.query(`SET session_replication_role = replica`)
    const { rowCount } = await client.query(text)
    await client.query('RESET session_replication_role')
    client.release()
    expect(rowCount).toBeGreaterThan(0)
  }
  await run(change)
  const seen = await look()
  await run(back)
  return seen
}

test('what was really traded is exact, in every way that it can be counted', async () => {
  const audit = await auditLedger(pool)
  expect(audit.checks.filter(({ differences }) => differences.length > 0)).toEqual([])
  expect(audit.engineAway).toBeNull()
  expect(audit.checks).toHaveLength(9)
  expect(audit.watermark).toBe(trading.engine.state.sequence)
  expect(audit.entries).toBeGreaterThan(200)
})

const ANN = `account_no = (SELECT no FROM account WHERE id = 'ann')`
const LAST_TRADE = `(engine_sequence, leg) = (SELECT max(engine_sequence), 0 FROM trade WHERE maker_account_no <> taker_account_no AND leg = 0)`
const LAST_OPEN = `order_id = (SELECT max(order_id) FROM pending_transfer)`

test.each([
  [
    'a balance',
    `UPDATE balance SET total = total + 5 WHERE ${ANN} AND asset = 'BTC'`,
    `UPDATE balance SET total = total - 5 WHERE ${ANN} AND asset = 'BTC'`,
    ['balances are their entries: ann BTC', 'totals and holds are the engine’s: ann BTC'],
  ],
  [
    'a hold',
    `UPDATE balance SET held = held + 5 WHERE ${ANN} AND asset = 'USDT'`,
    `UPDATE balance SET held = held - 5 WHERE ${ANN} AND asset = 'USDT'`,
    ['holds are pending transfers: ann USDT', 'totals and holds are the engine’s: ann USDT'],
  ],
  [
    'a leg of a posting',
    `UPDATE ledger_entry SET amount = amount + 5 WHERE ${ANN} AND asset = 'BTC' AND engine_sequence = (SELECT engine_sequence FROM credit WHERE reference = 'ann BTC')`,
    `UPDATE ledger_entry SET amount = amount - 5 WHERE ${ANN} AND asset = 'BTC' AND engine_sequence = (SELECT engine_sequence FROM credit WHERE reference = 'ann BTC')`,
    [
      'every asset sums to zero: all BTC',
      'every posting sums to zero: ann, external BTC',
      'balances are their entries: ann BTC',
      'trades and credits are postings: ann BTC',
    ],
  ],
  [
    'whose leg it is, of a credit',
    `UPDATE ledger_entry SET account_no = (SELECT no FROM account WHERE id = 'bob') WHERE ${ANN} AND asset = 'BTC' AND engine_sequence = (SELECT engine_sequence FROM credit WHERE reference = 'ann BTC')`,
    `UPDATE ledger_entry SET ${ANN} WHERE account_no = (SELECT no FROM account WHERE id = 'bob') AND asset = 'BTC' AND engine_sequence = (SELECT engine_sequence FROM credit WHERE reference = 'ann BTC')`,
    [
      'balances are their entries: ann BTC',
      'balances are their entries: bob BTC',
      'trades and credits are postings: ann BTC',
      'trades and credits are postings: bob BTC',
    ],
  ],
  [
    'a credit',
    `UPDATE credit SET amount = amount + 5 WHERE reference = 'ann BTC'`,
    `UPDATE credit SET amount = amount - 5 WHERE reference = 'ann BTC'`,
    [
      'credits are what came from outside: external BTC',
      'trades and credits are postings: ann BTC',
      'trades and credits are postings: external BTC',
    ],
  ],
])('%s that was changed by hand is named, by account and asset', async (_what, change, back, named) => {
  expect(await tampered(change, back, differences)).toEqual(named)
  expect(await differences()).toEqual([])
})

test.each([
  ['a fee', `maker_fee = maker_fee + 5`, `maker_fee = maker_fee - 5`],
  ['a price', `quote_amount = quote_amount + 5`, `quote_amount = quote_amount - 5`],
  ['a side', `taker_side = 'BUY'::side`, `taker_side = 'SELL'::side`],
])('%s of a trade that was changed by hand is named, with its posting', async (what, change, back) => {
  const which =
    what === 'a side'
      ? `id = (SELECT max(id) FROM trade WHERE taker_side = 'SELL' AND maker_account_no <> taker_account_no)`
      : LAST_TRADE
  const id = (await pool.query(`SELECT id, engine_sequence AS sequence, leg FROM trade WHERE ${which}`)).rows[0]
  const of = `id = '${id.id}'`
  const seen = await tampered(`UPDATE trade SET ${change} WHERE ${of}`, `UPDATE trade SET ${back} WHERE ${of}`, () =>
    auditLedger(pool),
  )
  const [check, ...others] = seen.checks.filter(({ differences }) => differences.length > 0)
  expect(others).toEqual([])
  expect(check?.name).toBe('trades and credits are postings')
  expect(new Set(check?.differences.map(({ detail }) => detail))).toEqual(
    new Set([`posting ${id.leg} of command ${id.sequence}`]),
  )
})

test('a trade without its posting, and a posting without its trade, are named', async () => {
  const seen = await tampered(
    `UPDATE trade SET engine_sequence = engine_sequence + 1000000 WHERE ${LAST_TRADE}`,
    `UPDATE trade SET engine_sequence = engine_sequence - 1000000 WHERE engine_sequence > 1000000`,
    differences,
  )
  expect(new Set(seen.map((each) => each.split(':')[0]))).toEqual(new Set(['trades and credits are postings']))
  expect(seen.length).toBeGreaterThan(4)
})

test('a pending transfer of another amount, or of an order that is closed, is named with its order', async () => {
  const { rows } = await pool.query(`SELECT order_id FROM pending_transfer WHERE ${LAST_OPEN}`)
  const id = rows[0].order_id
  const details = async () => {
    const { checks } = await auditLedger(pool)
    const [check] = checks.filter(({ name }) => name === 'pending transfers are open orders')
    return check?.differences.map(({ detail }) => detail)
  }
  const closed = await tampered(
    `UPDATE exchange_order SET closed_at = now() WHERE id = '${id}'`,
    `UPDATE exchange_order SET closed_at = NULL WHERE id = '${id}'`,
    details,
  )
  expect(closed).toEqual([`order ${id}`])
  const moved = await tampered(
    `UPDATE pending_transfer SET amount = amount + 5 WHERE order_id = '${id}'`,
    `UPDATE pending_transfer SET amount = amount - 5 WHERE order_id = '${id}'`,
    differences,
  )
  expect(moved[0]).toContain('holds are pending transfers')
})

test('entries, balances and trades changed alike deceive the database, and not the engine’s journal', async () => {
  const both = (
    sign: string,
  ) => `WITH b AS (UPDATE balance SET total = total ${sign} CASE account_no WHEN 2 THEN -5 ELSE 5 END
      WHERE asset = 'ETH' AND (account_no = 2 OR ${ANN}) RETURNING 1),
    c AS (UPDATE credit SET amount = amount ${sign} 5 WHERE reference = 'ann ETH' RETURNING engine_sequence)
    UPDATE ledger_entry SET amount = amount ${sign} CASE account_no WHEN 2 THEN -5 ELSE 5 END
    WHERE engine_sequence = (SELECT engine_sequence FROM c)`
  expect(await tampered(both('+'), both('-'), differences)).toEqual([
    'totals and holds are the engine’s: ann ETH',
    'totals and holds are the engine’s: external ETH',
  ])
})

test('what was brought forward still adds up, and a person in it is named', async () => {
  await pool.query(
    `INSERT INTO holder (user_id, kind) SELECT 'user of ' || id, 'SERVICE' FROM account WHERE id IN ('ann', 'bob', 'eve')`,
  )
  expect(await new BroughtForward(pool, new ManualClock(START + 864_000_000)).run()).toBeGreaterThan(20)
  expect(await differences()).toEqual([])
  const seen = await tampered(
    `UPDATE holder SET kind = 'PERSON' WHERE user_id = 'user of eve'`,
    `UPDATE holder SET kind = 'SERVICE' WHERE user_id = 'user of eve'`,
    differences,
  )
  expect(seen).toContain('brought forward is of programs: eve BTC')
})
