import { poolConfig } from '@opsource/database'
import { ManualClock } from '@opsource/kernel'
import { Pool } from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type FreshDatabase, freshDatabase } from '../../../../tests/support/database.ts'
import { TestExchange } from '../../../../tests/support/exchange.ts'
import { PROGRAM_TRADE_RETENTION_MS, TradeRetention } from './retention.ts'

const NOW = Date.UTC(2026, 0, 1)
const DUE = NOW - PROGRAM_TRADE_RETENTION_MS - 1
const MAKER = 10
const TAKER = 11
const PERSON = 12
const UNKNOWN = 13
let database: FreshDatabase
let pool: Pool

beforeEach(async () => {
  database = await freshDatabase('dash33')
  pool = new Pool(poolConfig(database.url))
  await pool.query(
    `INSERT INTO holder (user_id, kind) VALUES ('usr_maker', 'SERVICE'), ('usr_taker', 'SERVICE'), ('usr_person', 'PERSON')`,
  )
})

afterEach(async () => {
  await pool.end()
  await database.drop()
})

async function openAccounts(): Promise<void> {
  await pool.query(`INSERT INTO account (no, id, user_id) VALUES (10, 'acc_maker', 'usr_maker'), (11, 'acc_taker', 'usr_taker'),
    (12, 'acc_person', 'usr_person'), (13, 'acc_unknown', 'usr_unknown')`)
}

async function trades(name: string, maker: number, taker: number, executedAt: number, count = 1): Promise<void> {
  await pool.query(
    `INSERT INTO trade (id, engine_sequence, leg, symbol, taker_side, price, quantity, base_amount, quote_amount, maker_order_id,
      taker_order_id, maker_account_no, taker_account_no, maker_fee, taker_fee, maker_fee_bps, taker_fee_bps, auction, executed_at)
     SELECT $1 || CASE WHEN n > 1 THEN n::text ELSE '' END, n, 0, 'BTC-USDT', 'BUY', 1, 1, 1000, 1, 'm', 't', $2, $3, 0, 0, 0, 0, false, $4
     FROM generate_series(1, $5::int) n`,
    [name, maker, taker, new Date(executedAt), count],
  )
}

const left = async () => (await pool.query<{ id: string }>('SELECT id FROM trade ORDER BY id')).rows.map(({ id }) => id)

test('trades of two programs go after their time; those with a person, or with somebody unknown, stay', async () => {
  await openAccounts()
  await trades('due', MAKER, TAKER, DUE)
  await trades('fresh', MAKER, TAKER, DUE + 2)
  await trades('person took', MAKER, PERSON, 0)
  await trades('person made', PERSON, TAKER, 0)
  await trades('two people', PERSON, PERSON, 0)
  await trades('unknown', MAKER, UNKNOWN, 0)
  const clock = new ManualClock(NOW)
  const retention = new TradeRetention(pool, clock)
  expect(await retention.run()).toBe(1)
  expect(await left()).toEqual(['fresh', 'person made', 'person took', 'two people', 'unknown'])
  expect(await retention.run()).toBe(0)
  clock.advance(2)
  expect(await retention.run()).toBe(1)
})

test('more than one statement’s worth goes in one round, which ends between two statements when it must', async () => {
  await openAccounts()
  await trades('due', MAKER, TAKER, DUE, 5_000)
  const retention = new TradeRetention(pool, new ManualClock(NOW))
  expect(await retention.run(AbortSignal.abort())).toBe(0)
  expect(await retention.run()).toBe(5_000)
})

test('what is asked of trades that are gone is answered without them, and a market’s last price is known after a restart', async () => {
  const exchange = await TestExchange.start(database.url)
  await exchange.credit('usr_maker', 'BTC', '10')
  await exchange.credit('usr_person', 'USDT', '10000')
  await exchange.credit('usr_taker', 'USDT', '10000')
  const ids: string[] = []
  for (const [n, user] of ['usr_person', 'usr_taker', 'usr_person', 'usr_taker'].entries()) {
    const price = `10${n}.00`
    await exchange.place('usr_maker', { clientOrderId: `m-${n}`, side: 'SELL', price, quantity: '1' })
    const placed = await exchange.place(user, { clientOrderId: `t-${n}`, side: 'BUY', price, quantity: '1' })
    ids.push((placed as { fills: { tradeId: string }[] }).fills[0]!.tradeId)
  }
  await exchange.settled()
  const clock = new ManualClock(exchange.ports.clock.now() + PROGRAM_TRADE_RETENTION_MS + 60_000)
  const page = (after: string | null) =>
    exchange.field(
      null,
      'query ($after: String) { market(symbol: "BTC-USDT") { trades(first: 1, after: $after) { edges { node { price } } pageInfo { hasNextPage endCursor } } } }',
      { after },
    ) as Promise<{ trades: { edges: unknown[]; pageInfo: { hasNextPage: boolean; endCursor: string } } }>
  const newest = await page(null)
  expect(newest.trades.edges).toEqual([{ node: { price: '103.00' } }])

  expect(await new TradeRetention(pool, clock).run()).toBe(2)
  // The page goes on behind a trade that is gone.
  const second = await page(newest.trades.pageInfo.endCursor)
  expect(second.trades).toMatchObject({ edges: [{ node: { price: '102.00' } }], pageInfo: { hasNextPage: true } })
  const third = await page(second.trades.pageInfo.endCursor)
  expect(third.trades).toMatchObject({ edges: [{ node: { price: '100.00' } }], pageInfo: { hasNextPage: false } })
  const entities = await exchange.ask(
    null,
    'query ($of: [_Any!]!) { _entities(representations: $of) { ... on Trade { price } } }',
    { of: ids.map((id) => ({ __typename: 'Trade', id })) },
  )
  expect(entities).toEqual({ data: { _entities: [{ price: '100.00' }, null, { price: '102.00' }, null] } })
  const fills = '{ portfolio { fills { fill { price } } positions { quantity } } }'
  expect(await exchange.field('usr_taker', fills)).toEqual({ fills: [], positions: [{ quantity: '1.99900000' }] })
  expect(await exchange.field('usr_person', fills)).toMatchObject({
    fills: [{ fill: { price: '102.00' } }, { fill: { price: '100.00' } }],
  })
  await exchange.stop()

  const restarted = await TestExchange.start(database.url)
  expect(await restarted.field(null, '{ market(symbol: "BTC-USDT") { ticker { lastPrice } } }')).toEqual({
    ticker: { lastPrice: '103.00' },
  })
  await restarted.stop()
})
