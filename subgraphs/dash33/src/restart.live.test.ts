import { poolConfig } from '@opsource/database'
import { seededRandom } from '@opsource/kernel'
import { Pool } from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type FreshDatabase, freshDatabase } from '../../../tests/support/database.ts'
import { TestExchange } from '../../../tests/support/exchange.ts'

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

/** Everything that the projections hold, in one order. */
async function projections(): Promise<unknown> {
  const tables = ['account', 'balance', 'ledger_entry', 'credit', 'exchange_order', 'trade', 'candle', 'position']
  const contents = await Promise.all(
    tables.map((table) => rows(`SELECT to_jsonb(t) AS row FROM ${table} t ORDER BY to_jsonb(t)::text`)),
  )
  return Object.fromEntries(tables.map((table, i) => [table, contents[i]]))
}

test('random trading conserves every asset, and every view tells of the same trades', async () => {
  const exchange = await TestExchange.start(database.url)
  await fund(exchange)
  await tradeAtRandom(exchange, 33, 80)
  await exchange.settled()

  expect(Number((await rows('SELECT count(*) FROM trade'))[0]?.count)).toBeGreaterThan(100)
  expect(
    await rows(
      'SELECT engine_sequence FROM ledger_entry GROUP BY engine_sequence, posting, asset HAVING sum(amount) <> 0',
    ),
  ).toEqual([])
  expect(await rows('SELECT asset, sum(total) AS sum FROM balance GROUP BY asset HAVING sum(total) <> 0')).toEqual([])
  expect(await rows('SELECT * FROM balance WHERE account_no <> 2 AND (held < 0 OR held > total)')).toEqual([])
  expect(
    await rows(`SELECT b.* FROM balance b LEFT JOIN (SELECT account_no, asset, sum(amount) AS total FROM ledger_entry GROUP BY 1, 2) e
      USING (account_no, asset) WHERE b.total <> coalesce(e.total, 0)`),
  ).toEqual([])
  // What the open orders may still take is what is held: base for a sell, price × quantity for a buy (BTC lots of 1,000, ETH of 10,000 minor units).
  expect(
    await rows(`SELECT * FROM (SELECT account_no, asset, held FROM balance WHERE held <> 0) b
      FULL JOIN (SELECT account_no, CASE WHEN side = 'BUY' THEN 'USDT' ELSE split_part(symbol, '-', 1) END AS asset,
        sum((quantity - filled_quantity) * CASE WHEN side = 'BUY' THEN price * (CASE WHEN symbol = 'ETH-USDT' THEN 10 ELSE 1 END)
          ELSE (CASE WHEN symbol = 'ETH-USDT' THEN 10000 ELSE 1000 END) END) AS held
        FROM exchange_order WHERE closed_at IS NULL GROUP BY 1, 2) o USING (account_no, asset)
      WHERE b.held IS DISTINCT FROM o.held`),
  ).toEqual([])
  // Each order's filled quantity is the sum of its trades.
  expect(
    await rows(`SELECT o.id FROM exchange_order o LEFT JOIN (SELECT id, sum(quantity) AS filled, sum(quote_amount) AS quote FROM (
        SELECT maker_order_id AS id, quantity, quote_amount FROM trade UNION ALL SELECT taker_order_id, quantity, quote_amount FROM trade) f
        GROUP BY id) t USING (id) WHERE o.filled_quantity <> coalesce(t.filled, 0) OR o.filled_quote_amount <> coalesce(t.quote, 0)`),
  ).toEqual([])
  expect(await rows('SELECT symbol, sum(quantity) FROM position GROUP BY symbol HAVING sum(quantity) <> 0')).toEqual([])
  expect(
    await rows('SELECT symbol, sum(cost - realised) FROM position GROUP BY symbol HAVING sum(cost - realised) <> 0'),
  ).toEqual([])
  expect(
    await rows(`SELECT * FROM (SELECT symbol, sum(volume) AS v, sum(quote_volume) AS q, sum(trade_count) AS n FROM candle WHERE interval = 'M1' GROUP BY 1) c
      FULL JOIN (SELECT symbol, sum(quantity) AS v, sum(quote_amount) AS q, count(*) AS n FROM trade GROUP BY 1) t USING (symbol)
      WHERE (c.v, c.q, c.n) IS DISTINCT FROM (t.v, t.q, t.n)`),
  ).toEqual([])
  await exchange.stop()
})

test('after a restart the state is equal, and projections that lost their last transactions catch up to the same content', async () => {
  const first = await TestExchange.start(database.url)
  await fund(first)
  await tradeAtRandom(first, 7, 30)
  await first.settled()
  const hash = await first.subgraph.stateHash()
  const before = await projections()
  await first.stop()

  // As if the database of the projections had not come to any of it: the engine's journal alone must bring it back.
  await pool.query(`ALTER TABLE ledger_entry DISABLE TRIGGER USER`)
  await pool.query('TRUNCATE balance, ledger_entry, credit, exchange_order, trade, candle, position, outbox_event')
  await pool.query('DELETE FROM account WHERE no > 2')
  await pool.query(`SELECT setval(pg_get_serial_sequence('account', 'no'), 2)`)
  await pool.query(`UPDATE watermark SET engine_sequence = 0`)
  await pool.query(`ALTER TABLE ledger_entry ENABLE TRIGGER USER`)

  const second = await TestExchange.start(database.url)
  expect(await second.subgraph.stateHash()).toEqual(hash)
  await second.settled()
  expect(await projections()).toEqual(before)
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
