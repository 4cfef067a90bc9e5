import { poolConfig } from '@opsource/database'
import { seededRandom } from '@opsource/kernel'
import { Pool } from 'pg'
import { expect, it } from 'vitest'
import { type RealTrade, type RestingOrder, reachedBy } from '../../subgraphs/dash33/src/paper/resting.ts'
import { freshDatabase } from '../support/database.ts'
import { TestExchange } from '../support/exchange.ts'

const ROUNDS = 240
const RESTARTS = new Set([80, 160])
const CUT_INTERVAL_MS = 25
const random = seededRandom(33)
const int = (below: number) => Math.floor(random.next() * below)
const PUPIL = 'usr_pupil'

/** Whoever is in the middle of something with the paper accounts is cut off. */
const CUT = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
  WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle' AND query LIKE '%paper_%'`

interface Placed {
  readonly id: string
  readonly side: 'BUY' | 'SELL'
  readonly price: string
  readonly ahead: string
  readonly engineSequence: number
  readonly filledQuantity: string
  readonly remainingQuantity: string
}

const lots = (quantity: string) => Math.round(Number(quantity) * 100_000)

it('paper orders whose connections are cut at random, on an exchange that restarts, are placed once and filled once by every trade', async () => {
  const database = await freshDatabase('dash33')
  const pool = new Pool(poolConfig(database.url))
  let exchange = await TestExchange.start(database.url)
  for (const user of ['usr_maker', 'usr_taker']) {
    await exchange.credit(user, 'BTC', '1000')
    await exchange.credit(user, 'USDT', '90000000')
  }
  /** Sends the same until it is answered: what was cut off may have been carried out. */
  const insist = async (query: string, input: object): Promise<Record<string, unknown>> => {
    for (;;) {
      const { data, errors } = await exchange.ask(PUPIL, query, { input })
      const [answer] = Object.values(data ?? {})
      if (!errors && typeof answer === 'object' && answer !== null) return { ...answer }
    }
  }
  const opened = await insist(
    'mutation ($input: OpenPaperAccountInput!) { openPaperAccount(input: $input) { ... on PaperAccountOpened { account { id } } } }',
    { clientAccountId: 'one', name: 'One', balances: [{ asset: 'USDT', amount: '50000000' }] },
  )
  const { id: accountId } = opened.account as { id: string }
  let cuts = 0
  const cutter = setInterval(async () => {
    const { rowCount } = await pool.query(CUT).catch(() => ({ rowCount: 0 }))
    cuts += rowCount ?? 0
  }, CUT_INTERVAL_MS)
  const placed: Placed[] = []
  for (let n = 0; n < ROUNDS; n += 1) {
    const price = `${60_000 + int(7)}.00`
    const quantity = `0.${1 + int(9)}`
    if (int(3) === 0) {
      const order = { clientOrderId: `p-${n}`, symbol: 'BTC-USDT', side: 'BUY', type: 'LIMIT', price, quantity }
      const { order: answer } = await insist(
        `mutation ($input: PlacePaperOrderInput!) { placePaperOrder(input: $input) { ... on PaperOrderPlaced {
          order { id side price ahead engineSequence filledQuantity remainingQuantity } } } }`,
        { accountId, order },
      )
      placed.push(answer as Placed)
    } else {
      const side = int(2) ? ('BUY' as const) : ('SELL' as const)
      const userId = int(2) ? 'usr_maker' : 'usr_taker'
      await exchange.place(userId, { clientOrderId: `r-${n}`, side, price, quantity })
    }
    if (RESTARTS.has(n)) {
      await exchange.stop()
      exchange = await TestExchange.start(database.url)
    }
  }
  clearInterval(cutter)
  await exchange.settled()
  const { sequence } = await exchange.subgraph.stateHash()
  await expect
    .poll(async () => Number((await pool.query('SELECT engine_sequence FROM paper_watermark')).rows[0].engine_sequence))
    .toBe(sequence)

  const { rows: trades } = await pool.query<Record<string, string>>('SELECT * FROM trade ORDER BY engine_sequence, leg')
  let resting = placed.map(
    (order): RestingOrder => ({
      id: order.id,
      accountId,
      symbol: 'BTC-USDT',
      side: order.side,
      price: Math.round(Number(order.price) * 100),
      engineSequence: order.engineSequence,
      remaining: lots(order.remainingQuantity),
      ahead: lots(order.ahead),
    }),
  )
  for (const row of trades) {
    const trade: RealTrade = {
      engineSequence: Number(row.engine_sequence),
      leg: Number(row.leg),
      symbol: row.symbol ?? '',
      price: Number(row.price),
      quantity: Number(row.quantity),
      executedAt: 0,
    }
    const reached = new Map(reachedBy(trade, resting).map((each) => [each.order.id, each]))
    resting = resting.map((order) => {
      const hit = reached.get(order.id)
      return hit ? { ...order, ahead: hit.ahead, remaining: order.remaining - hit.filled } : order
    })
  }
  const { rows: stored } = await pool.query<{ id: string; remaining: string; ahead: string }>(
    'SELECT id, quantity - filled_quantity AS remaining, ahead FROM paper_order ORDER BY id',
  )
  const found = new Map(stored.map(({ id, remaining, ahead }) => [id, [Number(remaining), Number(ahead)]]))
  expect(found).toEqual(new Map(resting.map(({ id, remaining, ahead }) => [id, [remaining, ahead]])))
  const { rows: differences } = await pool.query(
    `SELECT o.id FROM paper_order o LEFT JOIN paper_fill f ON f.order_id = o.id GROUP BY o.id
     HAVING o.filled_quantity <> coalesce(sum(f.quantity), 0) OR o.filled_quote_amount <> coalesce(sum(f.quote_amount), 0)`,
  )
  expect(differences).toEqual([])
  const { rows: balances } = await pool.query(
    `SELECT b.asset FROM paper_balance b WHERE b.total <> b.opening + (SELECT coalesce(sum(CASE WHEN b.asset = 'BTC'
        THEN f.base_amount - f.fee ELSE -f.quote_amount END), 0) FROM paper_fill f)
      OR b.held <> (SELECT coalesce(sum(o.held), 0) FROM paper_order o WHERE b.asset = 'USDT')`,
  )
  expect(balances).toEqual([])
  expect(cuts).toBeGreaterThan(10)
  expect(resting.filter(({ remaining }) => remaining === 0).length).toBeGreaterThan(5)
  await exchange.stop()
  await pool.end()
  await database.drop()
})
