import { poolConfig } from '@opsource/database'
import { seededRandom } from '@opsource/kernel'
import { Pool } from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type FreshDatabase, freshDatabase } from '../../../tests/support/database.ts'
import { TestExchange } from '../../../tests/support/exchange.ts'
import { auditLedger } from './audit/index.ts'
import { PROJECTIONS } from './projections/catalogue.ts'
import { checksumsOf } from './projections/checksum.ts'

let database: FreshDatabase
let pool: Pool

beforeEach(async () => {
  database = await freshDatabase('dash33')
  pool = new Pool(poolConfig(database.url))
})

afterEach(async () => {
  await pool.end()
  await database.drop()
})

const USERS = ['usr_a', 'usr_b', 'usr_c']
const CREDITS = { BTC: '10', ETH: '100', USDT: '1000000' }

async function fund(exchange: TestExchange): Promise<void> {
  for (const user of USERS) {
    for (const [asset, amount] of Object.entries(CREDITS)) await exchange.credit(user, asset, amount)
  }
}

/** Random limit and market orders and cancels of three users in both markets, in batches. */
async function tradeAtRandom(exchange: TestExchange, seed: number, batches: number): Promise<void> {
  const random = seededRandom(seed)
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random.next() * list.length)]!
  const int = (from: number, to: number) => from + Math.floor(random.next() * (to - from))
  for (let batch = 0; batch < batches; batch++) {
    const orders = Array.from({ length: 12 }, (_, i) => {
      const symbol = pick(['BTC-USDT', 'ETH-USDT'])
      const type = random.next() < 0.15 ? 'MARKET' : 'LIMIT'
      const price = `${(symbol === 'BTC-USDT' ? 60_000 : 2_500) + int(-20, 20)}.${int(10, 99)}`
      return {
        clientOrderId: `${seed}-${batch}-${i}`,
        symbol,
        side: pick(['BUY', 'SELL']),
        type,
        timeInForce: random.next() < 0.2 ? 'IOC' : 'GTC',
        price: type === 'LIMIT' ? price : null,
        quantity: `0.${String(int(1, 300)).padStart(4, '0')}`,
      }
    })
    const cancels = Array.from({ length: 4 }, () => ({ clientOrderId: `${seed}-${int(0, batch + 1)}-${int(0, 12)}` }))
    await exchange.field(
      pick(USERS),
      'mutation ($input: OrderBatchInput!) { submitOrderBatch(input: $input) { __typename } }',
      { input: { cancels, orders } },
    )
  }
}

async function rows(text: string): Promise<Record<string, string>[]> {
  return (await pool.query<Record<string, string>>(text)).rows
}

test('random trading conserves every asset, and every view tells of the same trades', async () => {
  const exchange = await TestExchange.start(database.url)
  await fund(exchange)
  await tradeAtRandom(exchange, 33, 80)
  await exchange.settled()

  expect(Number((await rows('SELECT count(*) FROM trade'))[0]?.count)).toBeGreaterThan(100)
  const { checks, engineAway } = await auditLedger(pool)
  expect(checks.filter(({ differences }) => differences.length > 0)).toEqual([])
  expect(engineAway).toBeNull()
  // Each order's filled quantity is the sum of its trades.
  expect(
    await rows(`SELECT o.id FROM exchange_order o LEFT JOIN (SELECT id, sum(quantity) AS filled, sum(quote_amount) AS quote FROM (
        SELECT maker_order_id AS id, quantity, quote_amount FROM trade UNION ALL SELECT taker_order_id, quantity, quote_amount FROM trade) f
        GROUP BY id) t USING (id) WHERE o.filled_quantity <> coalesce(t.filled, 0) OR o.filled_quote_amount <> coalesce(t.quote, 0)`),
  ).toEqual([])
  expect(
    await rows(`SELECT * FROM (SELECT symbol, sum(volume) AS v, sum(quote_volume) AS q, sum(trade_count) AS n FROM candle
        WHERE interval = 'M1' GROUP BY 1) c
      FULL JOIN (SELECT symbol, sum(quantity) AS v, sum(quote_amount) AS q, count(*) AS n FROM trade GROUP BY 1) t USING (symbol)
      WHERE (c.v, c.q, c.n) IS DISTINCT FROM (t.v, t.q, t.n)`),
  ).toEqual([])
  await exchange.stop()
})

test('after a restart the state is equal, and projections that lost everything catch up to the same content', async () => {
  const first = await TestExchange.start(database.url)
  await fund(first)
  await tradeAtRandom(first, 7, 30)
  await first.settled()
  const hash = await first.subgraph.stateHash()
  const before = await checksumsOf(pool, PROJECTIONS)
  await first.stop()

  // As if the projections had not come to any of it: the engine's journal alone must bring it back.
  for (const { table, guarded } of PROJECTIONS.flatMap(({ tables }) => tables)) {
    if (guarded) await pool.query(`ALTER TABLE ${table} DISABLE TRIGGER USER`)
    await pool.query(`TRUNCATE ${table}`)
    if (guarded) await pool.query(`ALTER TABLE ${table} ENABLE TRIGGER USER`)
  }
  await pool.query('UPDATE watermark SET engine_sequence = 0')

  const second = await TestExchange.start(database.url)
  expect(await second.subgraph.stateHash()).toEqual(hash)
  await second.settled()
  expect(await checksumsOf(pool, PROJECTIONS)).toEqual(before)
  const projections = '{ projections { name watermark lag } }'
  expect(await second.field('usr_operator', projections, {}, ['OPERATOR'])).toEqual(
    PROJECTIONS.map(({ name }) => ({ name, watermark: hash.sequence, lag: 0 })).sort((a, b) =>
      a.name < b.name ? -1 : 1,
    ),
  )
  await tradeAtRandom(second, 8, 5)
  await second.settled()
  expect(await rows('SELECT asset FROM balance GROUP BY asset HAVING sum(total) <> 0')).toEqual([])
  await second.stop()
})

test('the ledger refuses what does not balance, and what changes the past', async () => {
  const exchange = await TestExchange.start(database.url)
  await fund(exchange)
  await exchange.settled()
  await exchange.stop()
  const entry = (amounts: string) =>
    pool.query(`INSERT INTO ledger_entry (engine_sequence, posting, leg, account_no, asset, amount) VALUES ${amounts}`)
  await expect(entry(`(999, 0, 0, 3, 'BTC', 5)`)).rejects.toThrow('unbalanced posting')
  await expect(entry(`(999, 0, 0, 3, 'BTC', 5), (999, 0, 1, 4, 'ETH', -5)`)).rejects.toThrow('unbalanced posting')
  await expect(entry(`(999, 0, 0, 3, 'BTC', 0), (999, 0, 1, 4, 'BTC', 0)`)).rejects.toThrow('moves_something')
  await expect(pool.query('UPDATE ledger_entry SET amount = amount + 1')).rejects.toThrow('never changed')
  await expect(pool.query('DELETE FROM ledger_entry')).rejects.toThrow('never changed')
  await expect(pool.query(`UPDATE balance SET total = -1 WHERE account_no = 3`)).rejects.toThrow('balance_covers_holds')
  await entry(`(999, 0, 0, 3, 'BTC', 5), (999, 0, 1, 4, 'BTC', -5)`)
})
