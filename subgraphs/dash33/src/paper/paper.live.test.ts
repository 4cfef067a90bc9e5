import { poolConfig } from '@opsource/database'
import { ManualClock } from '@opsource/kernel'
import { Pool } from 'pg'
import { pino } from 'pino'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type FreshDatabase, freshDatabase } from '../../../../tests/support/database.ts'
import { TestExchange } from '../../../../tests/support/exchange.ts'
import { MarketFollower } from './follower.ts'
import { CLOSED_PAPER_RETENTION_MS, PaperRetention } from './retention.ts'

const MAKER = 'usr_maker'
const TAKER = 'usr_taker'
const PUPIL = 'usr_pupil'
let database: FreshDatabase
let exchange: TestExchange
let pool: Pool
let account: string

const REFUSAL = '... on Refusal { code message }'
const ORDER = `id clientOrderId side type timeInForce price quantity filledQuantity remainingQuantity filledQuoteAmount status
  cancelReason ahead engineSequence fills { edges { node { price quantity fee liquidity } } }`

const open = (input: object, userId = PUPIL) =>
  exchange.field(
    userId,
    `mutation ($input: OpenPaperAccountInput!) { openPaperAccount(input: $input) { __typename ${REFUSAL}
      ... on PaperAccountOpened { replayed account { id name openingEquity balances { asset { code } total } } }
      ... on PaperAccountKeyReused { accountId } ... on PriceUnknown { asset } ... on PaperLimitReached { limit maximum } } }`,
    { input },
  )
const paper = (order: object, userId = PUPIL) =>
  exchange.field(
    userId,
    `mutation ($input: PlacePaperOrderInput!) { placePaperOrder(input: $input) { __typename ${REFUSAL}
      ... on PaperOrderPlaced { replayed order { ${ORDER} } fills { price quantity fee liquidity } }
      ... on RiskLimitExceeded { rule } ... on InsufficientBalance { asset } } }`,
    { input: { accountId: account, order: { symbol: 'BTC-USDT', type: 'LIMIT', ...order } } },
  ) as Promise<{ order: { id: string } }>
const cancel = (input: object, userId = PUPIL) =>
  exchange.field(
    userId,
    `mutation ($input: CancelPaperOrderInput!) { cancelPaperOrder(input: $input) { __typename ${REFUSAL}
      ... on PaperOrderCancelled { order { status cancelReason remainingQuantity } } } }`,
    { input: { accountId: account, ...input } },
  )
const ask = (fields: string, userId = PUPIL) =>
  exchange.field(userId, `query ($id: ID!) { paperAccount(id: $id) { ${fields} } }`, { id: account })
const orderOf = async (clientOrderId: string) => {
  const { orders } = (await ask(`orders { edges { node { ${ORDER} } } }`)) as {
    orders: { edges: { node: { clientOrderId: string } }[] }
  }
  return orders.edges.find(({ node }) => node.clientOrderId === clientOrderId)?.node
}
const real = (userId: string, clientOrderId: string, side: 'BUY' | 'SELL', price: string, quantity: string) =>
  exchange.place(userId, { clientOrderId, side, price, quantity })

/** All of the exchange that a paper order could have moved. */
async function reality() {
  await exchange.settled()
  const tables = [
    'exchange_order',
    'trade',
    'ledger_entry',
    'balance',
    'pending_transfer',
    'position',
    'journal_batch',
    'equity_flow',
  ]
  const counts = await Promise.all(
    tables.map(
      async (table) =>
        (await pool.query(`SELECT count(*), md5(string_agg(t::text, ',' ORDER BY t::text)) FROM ${table} t`)).rows[0],
    ),
  )
  const book = await exchange.field(
    null,
    '{ market(symbol: "BTC-USDT") { orderBook(depth: 50) { sequence checksum bids { price quantity } asks { price quantity } } } }',
  )
  return { engine: await exchange.subgraph.stateHash(), counts, book }
}

beforeAll(async () => {
  database = await freshDatabase('dash33')
  pool = new Pool(poolConfig(database.url))
  exchange = await TestExchange.start(database.url)
  for (const user of [MAKER, TAKER]) {
    await exchange.credit(user, 'BTC', '10')
    await exchange.credit(user, 'USDT', '1000000')
  }
})

afterAll(async () => {
  await exchange.stop()
  await pool.end()
  await database.drop()
})

test('an account is opened once under its key, with what can be valued, and is its owner’s alone', async () => {
  const terms = {
    clientAccountId: 'first',
    name: 'First steps',
    balances: [
      { asset: 'USDT', amount: '100000' },
      { asset: 'BTC', amount: '1' },
    ],
  }
  expect(await open(terms)).toMatchObject({ __typename: 'PriceUnknown', asset: 'BTC' })
  await real(MAKER, 'first', 'SELL', '60000', '0.1')
  await real(TAKER, 'first', 'BUY', '60000', '0.1')
  await expect
    .poll(() => exchange.field(null, '{ market(symbol: "BTC-USDT") { ticker { lastPrice } } }'))
    .toEqual({ ticker: { lastPrice: '60000.00' } })
  const opened = (await open(terms)) as { account: { id: string } }
  expect(opened).toMatchObject({
    replayed: false,
    account: { openingEquity: '160000.0000000', balances: [{ total: '1.00000000' }, { total: '100000.0000000' }] },
  })
  account = opened.account.id
  expect(await open(terms)).toMatchObject({ replayed: true, account: { id: account } })
  expect(await open({ ...terms, name: 'Second steps' })).toMatchObject({
    code: 'PAPER_ACCOUNT_KEY_REUSED',
    accountId: account,
  })
  expect(await open({ ...terms, clientAccountId: 'x', balances: [] })).toMatchObject({ code: 'INVALID_INPUT' })
  expect(await ask('id', TAKER)).toBeNull()
  expect(await paper({ clientOrderId: 'x', side: 'BUY', price: '1', quantity: '1' }, TAKER)).toMatchObject({
    code: 'PAPER_ACCOUNT_NOT_OPEN',
  })
  const anonymous = await exchange.ask(null, `{ paperAccount(id: "${account}") { id } }`)
  expect(anonymous.errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED')
})

test('orders trade with what the real book shows, and the exchange is to the bit as it was', async () => {
  await real(MAKER, 'a-1', 'SELL', '60010', '0.3')
  await real(MAKER, 'a-2', 'SELL', '60020', '0.4')
  await real(MAKER, 'b-1', 'BUY', '59990', '0.5')
  const before = await reality()
  const buy = { clientOrderId: 'take', side: 'BUY', price: '60015', quantity: '0.5' }
  const placed = await paper(buy)
  expect(placed).toMatchObject({
    replayed: false,
    order: { status: 'PARTIALLY_FILLED', filledQuantity: '0.30000', remainingQuantity: '0.20000', ahead: '0.00000' },
    fills: [{ price: '60010.00', quantity: '0.30000', fee: '0.00015000', liquidity: 'TAKER' }],
  })
  expect(await paper(buy)).toEqual({ ...placed, replayed: true })
  expect(await paper({ ...buy, quantity: '0.6' })).toMatchObject({ code: 'CLIENT_ORDER_ID_REUSED' })
  expect(await paper({ clientOrderId: 'queue', side: 'BUY', price: '59990', quantity: '0.2' })).toMatchObject({
    order: { status: 'OPEN', ahead: '0.50000' },
  })
  expect(await paper({ clientOrderId: 'market', side: 'SELL', type: 'MARKET', quantity: '0.1' })).toMatchObject({
    order: { status: 'FILLED', timeInForce: 'IOC' },
    fills: [{ price: '59990.00' }],
  })
  expect(await paper({ clientOrderId: 'rich', side: 'BUY', price: '59990', quantity: '9' })).toMatchObject({
    code: 'INSUFFICIENT_BALANCE',
    asset: 'USDT',
  })
  expect(await paper({ clientOrderId: 'fat', side: 'BUY', price: '70000', quantity: '0.01' })).toMatchObject({
    rule: 'PRICE_COLLAR',
  })
  expect(
    await paper({ clientOrderId: 'stop', side: 'SELL', type: 'STOP', stopPrice: '50000', quantity: '0.01' }),
  ).toMatchObject({
    code: 'INVALID_INPUT',
  })
  expect(await reality()).toEqual(before)
})

test('one key sent many times at once is one order', async () => {
  const order = { clientOrderId: 'once', side: 'SELL', price: '61000', quantity: '0.01' }
  const answers = await Promise.all(Array.from({ length: 12 }, () => paper(order)))
  expect(new Set(answers.map(({ order: { id } }) => id)).size).toBe(1)
  expect(await cancel({ clientOrderId: 'once' })).toMatchObject({
    order: { status: 'CANCELLED', cancelReason: 'REQUESTED' },
  })
  expect(await cancel({ clientOrderId: 'once' })).toMatchObject({ code: 'ORDER_NOT_OPEN' })
  expect(await cancel({})).toMatchObject({ code: 'INVALID_INPUT' })
})

test('what rests is filled by real trades: through its price at once, at its price behind what was ahead', async () => {
  // Through 60,015 from above: the rest of the first order.
  await real(MAKER, 'b-2', 'BUY', '60000', '0.15')
  await real(TAKER, 's-1', 'SELL', '60000', '0.15')
  await expect
    .poll(() => orderOf('take'))
    .toMatchObject({
      status: 'PARTIALLY_FILLED',
      filledQuantity: '0.45000',
      // 2 hundredths of a percent of 0.15 BTC
      fills: {
        edges: [
          { node: { liquidity: 'TAKER' } },
          { node: { price: '60015.00', fee: '0.00003000', liquidity: 'MAKER' } },
        ],
      },
    })
  // Half a bitcoin was shown at 59,990 before it.
  await real(TAKER, 's-2', 'SELL', '59990', '0.5')
  await expect
    .poll(() => orderOf('queue'))
    .toMatchObject({ status: 'OPEN', filledQuantity: '0.00000', ahead: '0.00000' })
  await real(MAKER, 'b-3', 'BUY', '59990', '0.3')
  await real(TAKER, 's-3', 'SELL', '59990', '0.05')
  await expect.poll(() => orderOf('queue')).toMatchObject({ status: 'PARTIALLY_FILLED', filledQuantity: '0.05000' })
})

test('a restart loses no trade and doubles none', async () => {
  const before = await orderOf('queue')
  expect(before).toMatchObject({ filledQuantity: '0.05000' })
  await real(TAKER, 's-4', 'SELL', '59990', '0.04')
  await exchange.stop()
  exchange = await TestExchange.start(database.url)
  await expect.poll(() => orderOf('queue')).toMatchObject({ filledQuantity: '0.09000' })
  await real(TAKER, 's-5', 'SELL', '59990', '0.03')
  await exchange.settled()
  const followers = Array.from(
    { length: 3 },
    () => new MarketFollower({ pool, log: pino({ level: 'silent' }), projected: () => 0 }),
  )
  await Promise.all(followers.map((follower) => follower.follow()))
  expect(await orderOf('queue')).toMatchObject({ filledQuantity: '0.12000' })
})

test('its portfolio is told as a real one’s, its balances are what its fills made of them', async () => {
  const portfolio = await ask(`balances { asset { code } total held available } value realisedProfit
    positions { quantity averageCost { cost realisedProfit unrealisedProfit } fifo { cost realisedProfit }
      fifoLots(first: 2) { edges { node { quantity price acquiredAt } } pageInfo { hasNextPage } } baseFees quoteFees }
    performance(interval: MINUTE) { timeWeightedReturn returnCount } equityCurve(interval: HOUR) { edges { node { equity externalFlow } } }`)
  // Bought 0.3 at 60,010, 0.2 at 60,015 and 0.12 at 59,990; sold 0.1 at 59,990.
  expect(portfolio).toMatchObject({
    balances: [
      { asset: { code: 'BTC' }, held: '0.00000000' },
      { asset: { code: 'USDT' }, held: '4799.2000000' },
    ],
    positions: [{ quoteFees: '2.9995000' }],
    performance: { timeWeightedReturn: expect.any(Number) },
  })
  const { balances, positions } = portfolio as {
    balances: { total: string }[]
    positions: { quantity: string }[]
  }
  expect(Number(balances[0]?.total)).toBeCloseTo(1 + Number(positions[0]?.quantity), 8)
  const { equityCurve } = portfolio as { equityCurve: { edges: { node: { equity: string; externalFlow: string } }[] } }
  expect(equityCurve.edges.map(({ node }) => node.externalFlow)).toContain('160000.0000000')
})

test('closing cancels what rests, and a closed account takes nothing more', async () => {
  const close = () =>
    exchange.field(
      PUPIL,
      'mutation ($input: ClosePaperAccountInput!) { closePaperAccount(input: $input) { __typename ... on PaperAccountClosed { account { closedAt balances { held } } } } }',
      { input: { accountId: account } },
    )
  const closed = await close()
  expect(closed).toMatchObject({ account: { balances: [{ held: '0.00000000' }, { held: '0.0000000' }] } })
  expect(await close()).toEqual(closed)
  expect(await paper({ clientOrderId: 'late', side: 'BUY', price: '59990', quantity: '0.1' })).toMatchObject({
    code: 'PAPER_ACCOUNT_NOT_OPEN',
  })
  for (const n of [1, 2, 3, 4, 5])
    await open({ clientAccountId: `n-${n}`, name: 'n', balances: [{ asset: 'USDT', amount: '1' }] })
  expect(await open({ clientAccountId: 'n-6', name: 'n', balances: [{ asset: 'USDT', amount: '1' }] })).toMatchObject({
    limit: 'openAccountsPerUser',
    maximum: 5,
  })
})

test('a closed account is deleted with all that belongs to it, a month later', async () => {
  const clock = new ManualClock(exchange.ports.clock.now() + CLOSED_PAPER_RETENTION_MS - 60_000)
  const retention = new PaperRetention(pool, clock)
  expect(await retention.run()).toBe(0)
  clock.advance(120_000)
  expect(await retention.run()).toBe(1)
  expect(await ask('id')).toBeNull()
  const tables = ['paper_order', 'paper_fill', 'paper_balance', 'paper_equity_point']
  for (const table of tables)
    expect((await pool.query(`SELECT FROM ${table} WHERE account_id = $1`, [account])).rowCount, table).toBe(0)
})
