import { poolConfig } from '@opsource/database'
import { Pool } from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type FreshDatabase, freshDatabase } from '../../../tests/support/database.ts'
import { TestExchange } from '../../../tests/support/exchange.ts'

let database: FreshDatabase
let exchange: TestExchange
let pool: Pool

beforeEach(async () => {
  database = await freshDatabase('dash33')
  pool = new Pool(poolConfig(database.url))
  exchange = await TestExchange.start(database.url)
})

afterEach(async () => {
  await exchange.stop()
  await pool.end()
  await database.drop()
})

const MAKER = 'usr_maker'
const TAKER = 'usr_taker'

async function trade(): Promise<void> {
  await exchange.credit(MAKER, 'BTC', '1')
  await exchange.credit(TAKER, 'USDT', '100000')
  await exchange.place(MAKER, { clientOrderId: 'm-1', side: 'SELL', price: '60000.00', quantity: '0.50000' })
  const placed = await exchange.place(TAKER, {
    clientOrderId: 't-1',
    side: 'BUY',
    price: '60001.00',
    quantity: '0.20000',
  })
  expect(placed).toMatchObject({
    __typename: 'OrderPlaced',
    replayed: false,
    order: {
      status: 'FILLED',
      filledQuantity: '0.20000',
      remainingQuantity: '0.00000',
      filledQuoteAmount: '12000.0000000',
    },
    // 5 bps of 0.2 BTC
    fills: [{ price: '60000.00', quantity: '0.20000', fee: '0.00010000', liquidity: 'TAKER' }],
  })
}

test('an order becomes a fill, ledger entries that add up to zero, positions, a candle and events', async () => {
  await trade()
  await exchange.settled()

  const ledger = await exchange.field(
    'usr_operator',
    '{ ledger { watermark balanced accounts { accountId asset total } } }',
    {},
    ['OPERATOR'],
  )
  expect(ledger).toMatchObject({
    balanced: true,
    accounts: [
      { accountId: 'acc_maker', asset: 'BTC', total: '0.80000000' },
      { accountId: 'acc_maker', asset: 'USDT', total: '11997.6000000' },
      { accountId: 'acc_taker', asset: 'BTC', total: '0.19990000' },
      { accountId: 'acc_taker', asset: 'USDT', total: '88000.0000000' },
      { accountId: 'external', asset: 'BTC', total: '-1.00000000' },
      { accountId: 'external', asset: 'USDT', total: '-100000.0000000' },
      { accountId: 'fees', asset: 'BTC', total: '0.00010000' },
      { accountId: 'fees', asset: 'USDT', total: '2.4000000' },
    ],
  })

  const portfolio = await exchange.field(
    TAKER,
    `{ portfolio { accountId watermark value balances { asset { code scale } total available held }
      positions { market { symbol } quantity averagePrice realisedProfit }
      fills(first: 5) { side market { symbol } fill { price quantity fee liquidity } } } }`,
  )
  expect(portfolio).toMatchObject({
    accountId: 'acc_taker',
    value: '99994.0000000',
    balances: [
      { asset: { code: 'BTC', scale: 8 }, total: '0.19990000', available: '0.19990000', held: '0.00000000' },
      { asset: { code: 'USDT', scale: 7 }, total: '88000.0000000' },
    ],
    positions: [
      {
        market: { symbol: 'BTC-USDT' },
        // What was received, and what it cost with its fee.
        quantity: '0.19990000',
        averagePrice: '60030.0150075',
        realisedProfit: '0.0000000',
      },
    ],
    fills: [
      {
        side: 'BUY',
        market: { symbol: 'BTC-USDT' },
        fill: { price: '60000.00', fee: '0.00010000', liquidity: 'TAKER' },
      },
    ],
  })
  expect(
    await exchange.field(
      MAKER,
      '{ portfolio { balances { asset { code } held } fills { side fill { fee liquidity } } } }',
    ),
  ).toMatchObject({
    balances: [
      { asset: { code: 'BTC' }, held: '0.30000000' },
      { asset: { code: 'USDT' }, held: '0.0000000' },
    ],
    fills: [{ side: 'SELL', fill: { fee: '2.4000000', liquidity: 'MAKER' } }],
  })

  const market = await exchange.field(
    null,
    `{ market(symbol: "BTC-USDT") { ticker { bestAsk bestAskQuantity bestBid lastPrice }
      trades { edges { node { price quantity takerSide } } }
      candles(interval: H1) { edges { node { open high low close volume quoteVolume tradeCount } } }
      orderBook(depth: 5) { asks { price quantity } bids { price } } } }`,
  )
  expect(market).toEqual({
    ticker: { bestAsk: '60000.00', bestAskQuantity: '0.30000', bestBid: null, lastPrice: '60000.00' },
    trades: { edges: [{ node: { price: '60000.00', quantity: '0.20000', takerSide: 'BUY' } }] },
    candles: {
      edges: [
        {
          node: {
            open: '60000.00',
            high: '60000.00',
            low: '60000.00',
            close: '60000.00',
            volume: '0.20000',
            quoteVolume: '12000.0000000',
            tradeCount: 1,
          },
        },
      ],
    },
    orderBook: { asks: [{ price: '60000.00', quantity: '0.30000' }], bids: [] },
  })
})

test('what happened reaches the other domains as events, in order, and leaves the outbox', async () => {
  const heard: { type: string; data: unknown }[] = []
  await exchange.ports.transport.listen(['trade.executed', 'order.filled', 'account.credited'], async (events) => {
    heard.push(...events)
  })
  await trade()
  await expect
    .poll(() => heard.map(({ type }) => type))
    .toEqual(['account.credited', 'account.credited', 'trade.executed', 'order.filled', 'order.filled'])
  expect(heard[2]?.data).toMatchObject({
    baseAmount: '20000000',
    quoteAmount: '120000000000',
    buyer: { userId: TAKER, fee: '10000' },
    seller: { userId: MAKER, fee: '24000000' },
    takerSide: 'BUY',
  })
  expect(heard[3]?.data).toMatchObject({
    userId: MAKER,
    liquidity: 'MAKER',
    remainingQuantity: '0.30000',
    status: 'PARTIALLY_FILLED',
  })
  expect(heard[4]?.data).toMatchObject({
    userId: TAKER,
    liquidity: 'TAKER',
    remainingQuantity: '0.00000',
    status: 'FILLED',
  })
  await expect.poll(async () => (await pool.query('SELECT FROM outbox_event')).rowCount).toBe(0)
})

test('a user reads their own orders at once, page by page, and never those of another', async () => {
  await trade()
  for (const n of [2, 3])
    await exchange.place(MAKER, { clientOrderId: `m-${n}`, side: 'SELL', price: '61000.00', quantity: '0.00001' })
  await exchange.cancel(MAKER, { clientOrderId: 'm-3' })
  const query =
    'query ($after: String, $openOnly: Boolean) { orders(first: 2, after: $after, openOnly: $openOnly) { edges { node { id clientOrderId status market { symbol } } } pageInfo { hasNextPage endCursor } } }'
  const page = await exchange.field(MAKER, query)
  expect(page).toMatchObject({
    edges: [
      { node: { clientOrderId: 'm-3', status: 'CANCELLED' } },
      { node: { clientOrderId: 'm-2', status: 'OPEN' } },
    ],
    pageInfo: { hasNextPage: true },
  })
  const { pageInfo } = page as { pageInfo: { endCursor: string } }
  const rest = await exchange.field(MAKER, query, { after: pageInfo.endCursor })
  expect(rest).toMatchObject({
    edges: [{ node: { clientOrderId: 'm-1', status: 'PARTIALLY_FILLED' } }],
    pageInfo: { hasNextPage: false },
  })
  expect(await exchange.field(MAKER, query, { openOnly: true })).toMatchObject({
    edges: [{ node: { clientOrderId: 'm-2' } }, { node: { clientOrderId: 'm-1' } }],
  })

  const { edges } = rest as { edges: [{ node: { id: string } }] }
  const id = edges[0].node.id
  const entity =
    'query ($id: ID!) { _entities(representations: [{ __typename: "Order", id: $id }]) { ... on Order { clientOrderId } } }'
  expect(await exchange.field(MAKER, 'query ($id: ID!) { order(id: $id) { clientOrderId } }', { id })).toEqual({
    clientOrderId: 'm-1',
  })
  expect(await exchange.field(TAKER, 'query ($id: ID!) { order(id: $id) { clientOrderId } }', { id })).toBeNull()
  expect(await exchange.field(MAKER, entity, { id })).toEqual([{ clientOrderId: 'm-1' }])
  expect(await exchange.field(TAKER, entity, { id })).toEqual([null])
  expect((await exchange.ask(null, entity, { id })).errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED')
})

test('a portfolio is its owner’s, and the back office’s', async () => {
  await trade()
  const user =
    '{ _entities(representations: [{ __typename: "User", id: "usr_maker" }]) { ... on User { portfolio { accountId } } } }'
  const account =
    '{ _entities(representations: [{ __typename: "Portfolio", accountId: "acc_maker" }]) { ... on Portfolio { accountId } } }'
  expect(await exchange.field(MAKER, user)).toEqual([{ portfolio: { accountId: 'acc_maker' } }])
  expect(await exchange.field('usr_operator', user, {}, ['OPERATOR'])).toEqual([
    { portfolio: { accountId: 'acc_maker' } },
  ])
  expect(await exchange.field(TAKER, user)).toEqual([{ portfolio: null }])
  expect(await exchange.field(MAKER, account)).toEqual([{ accountId: 'acc_maker' }])
  expect(await exchange.field(TAKER, account)).toEqual([null])
})

test('other subgraphs find markets, assets and trades by their keys, and nothing by others', async () => {
  await trade()
  await exchange.settled()
  const page = await exchange.field(
    null,
    '{ market(symbol: "BTC-USDT") { trades(first: 1) { edges { node { id } } pageInfo { hasNextPage } } } }',
  )
  const { trades } = page as { trades: { edges: [{ node: { id: string } }] } }
  expect(
    await exchange.field(
      null,
      `query ($representations: [_Any!]!) { _entities(representations: $representations) { __typename
        ... on Market { tickSize lotSize status } ... on Asset { scale } ... on Trade { price market { symbol } } } }`,
      {
        representations: [
          { __typename: 'Market', symbol: 'ETH-USDT' },
          { __typename: 'Market', symbol: 'DOGE-USDT' },
          { __typename: 'Asset', code: 'USDT' },
          { __typename: 'Asset', code: 'toString' },
          { __typename: 'Trade', id: trades.edges[0].node.id },
          { __typename: 'Trade', id: 'trd_0' },
        ],
      },
    ),
  ).toEqual([
    { __typename: 'Market', tickSize: '0.01', lotSize: '0.0001', status: 'TRADING' },
    null,
    { __typename: 'Asset', scale: 7 },
    null,
    { __typename: 'Trade', price: '60000.00', market: { symbol: 'BTC-USDT' } },
    null,
  ])
})

test('the same key gives the first answer again, and another order under it is refused', async () => {
  await exchange.credit(MAKER, 'BTC', '1')
  const order = { clientOrderId: 'once', side: 'SELL', price: '60000.00', quantity: '0.10000' } as const
  const first = await exchange.place(MAKER, order)
  const again = await exchange.place(MAKER, order)
  expect(again).toEqual({ ...(first as object), replayed: true })
  expect(await exchange.place(MAKER, { ...order, quantity: '0.20000' })).toMatchObject({
    __typename: 'ClientOrderIdReused',
    code: 'CLIENT_ORDER_ID_REUSED',
  })
  expect(await exchange.credit(MAKER, 'BTC', '1')).toMatchObject({
    __typename: 'AccountCredited',
    balance: { total: '1.00000000', held: '0.10000000' },
  })
  expect(await exchange.credit(MAKER, 'BTC', '2', 'usr_maker-BTC-1')).toMatchObject({ code: 'REFERENCE_REUSED' })
})

test('bad input gets its documented answer, and the exchange lives', async () => {
  await exchange.credit(MAKER, 'BTC', '1')
  const order = { clientOrderId: 'x', side: 'SELL', price: '60000.00', quantity: '0.10000' } as const
  const code = async (change: object) =>
    (await exchange.place(MAKER, { ...order, ...change })) as { code: string; field?: string }
  expect(await code({ symbol: 'DOGE-USDT' })).toMatchObject({ code: 'UNKNOWN_MARKET', symbol: 'DOGE-USDT' })
  expect(await code({ price: '60000.001' })).toMatchObject({ code: 'PRICE_OFF_TICK', field: 'input.price' })
  expect(await code({ quantity: '0.000001' })).toMatchObject({ code: 'QUANTITY_OFF_LOT', field: 'input.quantity' })
  expect(await code({ price: '-1' })).toMatchObject({ code: 'PRICE_NOT_POSITIVE' })
  expect(await code({ quantity: '0' })).toMatchObject({ code: 'QUANTITY_NOT_POSITIVE' })
  expect(await code({ price: 'NaN' })).toMatchObject({ code: 'NOT_A_DECIMAL' })
  expect(await code({ quantity: '1e3' })).toMatchObject({ code: 'NOT_A_DECIMAL' })
  expect(await code({ price: '1'.repeat(40) })).toMatchObject({ code: 'TOO_MANY_DIGITS' })
  expect(await code({ price: null })).toMatchObject({ code: 'PRICE_REQUIRED' })
  expect(await code({ type: 'MARKET', timeInForce: 'GTC' })).toMatchObject({
    code: 'TIME_IN_FORCE_NOT_ALLOWED',
    field: 'input.timeInForce',
  })
  expect(await code({ clientOrderId: '' })).toMatchObject({ code: 'INVALID_INPUT', field: 'input.clientOrderId' })
  expect(await code({ quantity: '1.50000' })).toMatchObject({
    code: 'INSUFFICIENT_BALANCE',
    asset: 'BTC',
    required: '1.50000000',
    available: '1.00000000',
  })
  expect(await exchange.cancel(MAKER, {})).toMatchObject({ code: 'INVALID_INPUT', field: 'input' })
  expect(await exchange.cancel(MAKER, { orderId: 'ord_00000000000', clientOrderId: 'x' })).toMatchObject({
    code: 'INVALID_INPUT',
  })
  expect(await exchange.cancel(MAKER, { clientOrderId: 'never' })).toMatchObject({ code: 'ORDER_NOT_OPEN' })
  const float = await exchange.ask(
    MAKER,
    'mutation { placeOrder(input: { clientOrderId: "f", symbol: "BTC-USDT", side: SELL, type: LIMIT, price: 60000.5, quantity: "1" }) { __typename } }',
  )
  expect(float.errors?.[0]?.extensions.code).toMatch(/BAD_USER_INPUT|GRAPHQL_VALIDATION_FAILED/)
  const anonymous = await exchange.ask(null, '{ orders { edges { cursor } } }')
  expect(anonymous.errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED')
  const forbidden = await exchange.ask(MAKER, '{ ledger { watermark } }')
  expect(forbidden.errors?.[0]?.extensions.code).toBe('FORBIDDEN')
  await exchange.subgraph.ready()
})

test('a batch cancels first and answers each part in its place', async () => {
  await exchange.credit(MAKER, 'BTC', '1')
  await exchange.place(MAKER, { clientOrderId: 'old', side: 'SELL', price: '60000.00', quantity: '1' })
  const answer = await exchange.field(
    MAKER,
    `mutation ($input: OrderBatchInput!) { submitOrderBatch(input: $input) { ... on OrderBatch {
      cancels { __typename ... on Refusal { code } } orders { __typename ... on Refusal { code } } } ... on InvalidInput { field } } }`,
    {
      input: {
        cancels: [{ clientOrderId: 'gone' }, { clientOrderId: 'old' }],
        orders: [
          { clientOrderId: 'n-1', symbol: 'BTC-USDT', side: 'SELL', type: 'LIMIT', price: '60000.005', quantity: '1' },
          // Only what the cancel set free can pay for this one.
          { clientOrderId: 'n-2', symbol: 'BTC-USDT', side: 'SELL', type: 'LIMIT', price: '60001.00', quantity: '1' },
        ],
      },
    },
  )
  expect(answer).toEqual({
    cancels: [{ __typename: 'OrderNotOpen', code: 'ORDER_NOT_OPEN' }, { __typename: 'OrderCancelled' }],
    orders: [{ __typename: 'InvalidOrder', code: 'PRICE_OFF_TICK' }, { __typename: 'OrderPlaced' }],
  })
})

test('a paused market refuses orders, takes cancels, and says which recording it played', async () => {
  await exchange.credit(MAKER, 'BTC', '1')
  await exchange.place(MAKER, { clientOrderId: 'rests', side: 'SELL', price: '60000.00', quantity: '0.10000' })
  const set = (input: object) =>
    exchange.field(
      'usr_operator',
      `mutation ($input: SetMarketStatusInput!) { setMarketStatus(input: $input) { __typename
        ... on MarketStatusSet { market { status recording { dataSet segment pass } } } ... on Refusal { code } } }`,
      { input },
      ['OPERATOR'],
    )
  const recording = { dataSet: 'binance', segment: 'spot_1', repetition: 1 }
  expect(await set({ symbol: 'BTC-USDT', status: 'TRADING', recording })).toMatchObject({
    market: { status: 'TRADING', recording: { dataSet: 'binance', segment: 'spot_1', pass: 1 } },
  })
  expect(await set({ symbol: 'BTC-USDT', status: 'PAUSED' })).toMatchObject({
    market: { status: 'PAUSED', recording: null },
  })
  expect(
    await exchange.place(MAKER, { clientOrderId: 'late', side: 'SELL', price: '60000.00', quantity: '0.10000' }),
  ).toMatchObject({ code: 'MARKET_PAUSED' })
  expect(await exchange.cancel(MAKER, { clientOrderId: 'rests' })).toMatchObject({ __typename: 'OrderCancelled' })
  await expect
    .poll(() => exchange.field(null, '{ market(symbol: "BTC-USDT") { status } }'))
    .toEqual({ status: 'PAUSED' })
  expect(await set({ symbol: 'DOGE-USDT', status: 'PAUSED' })).toMatchObject({ code: 'UNKNOWN_MARKET' })
  expect(
    await set({ symbol: 'BTC-USDT', status: 'TRADING', recording: { ...recording, repetition: 0 } }),
  ).toMatchObject({ code: 'INVALID_INPUT' })
})

test('a registered user has an account before their first order', async () => {
  const { newEvent } = await import('@opsource/bus')
  const data = {
    userId: 'usr_new',
    email: 'n@example.org',
    displayName: 'N',
    kind: 'PERSON' as const,
    roles: ['TRADER'],
  }
  await exchange.ports.transport.publish([
    newEvent('user.registered', data, { source: 'enterprise', id: 'evt_1', time: 0 }),
  ])
  await expect
    .poll(() => exchange.field('usr_new', '{ portfolio { accountId balances { total } } }'))
    .toEqual({ accountId: 'acc_new', balances: [] })
})
