import { afterEach, beforeEach, expect, test } from 'vitest'
import { type FreshDatabase, freshDatabase } from '../../../tests/support/database.ts'
import { type Answer, TestExchange } from '../../../tests/support/exchange.ts'
import { ClientLevels, ClientOrders, type LevelUpdate, type OrderUpdate } from './testing/client-book.ts'

let database: FreshDatabase
let exchange: TestExchange

beforeEach(async () => {
  database = await freshDatabase('dash33')
  exchange = await TestExchange.start(database.url)
  await exchange.credit('usr_maker', 'BTC', '1000')
  await exchange.credit('usr_maker', 'USDT', '10000000')
  await exchange.credit('usr_taker', 'USDT', '10000000')
})

afterEach(async () => {
  await exchange.stop()
  await database.drop()
})

const HEAD = 'kind sequence previousSequence checksum market { symbol }'
const LEVELS = 'bids { price quantity } asks { price quantity }'
const BOOK = `subscription ($depth: Int!) { orderBook(symbol: "BTC-USDT", depth: $depth) { ${HEAD} ${LEVELS} } }`
const CHANGE = '{ action orderId price quantity priority }'
const ORDERS = `subscription ($depth: Int!) { restingOrders(symbol: "BTC-USDT", depth: $depth) { ${HEAD} bids ${CHANGE} asks ${CHANGE} } }`
const RESTING = '{ orderId price quantity priority }'

function fieldOf<T>(answer: Answer | undefined, field: string, read: (value: unknown) => T): T {
  expect(answer?.errors).toBeUndefined()
  return read(answer?.data?.[field])
}
const levelsOf = (answer: Answer | undefined) => fieldOf(answer, 'orderBook', (value) => value as LevelUpdate)
const ordersOf = (answer: Answer | undefined) => fieldOf(answer, 'restingOrders', (value) => value as OrderUpdate)

/** The market's field as anybody may ask for it. */
async function market<T>(fields: string): Promise<T> {
  return (await exchange.field(null, `{ market(symbol: "BTC-USDT") { ${fields} } }`)) as T
}

async function batch(cancels: object[], orders: object[]): Promise<void> {
  await exchange.field(
    'usr_maker',
    'mutation ($input: OrderBatchInput!) { submitOrderBatch(input: $input) { __typename } }',
    { input: { cancels, orders } },
  )
}

const limit = (clientOrderId: string, side: 'BUY' | 'SELL', price: string, quantity: string) => ({
  clientOrderId,
  symbol: 'BTC-USDT',
  side,
  type: 'LIMIT',
  price,
  quantity,
})

/** More levels than any view shows, 1.00 apart, from 60,010 and 59,990 on. */
async function fillBook(levels: number): Promise<void> {
  for (let from = 0; from < levels; from += 250) {
    const rungs = Array.from({ length: Math.min(250, levels - from) }, (_, i) => from + i)
    await batch(
      [],
      rungs.flatMap((i) => [
        limit(`deep-b-${i}`, 'BUY', `${59_990 - i}.00`, '0.00100'),
        limit(`deep-s-${i}`, 'SELL', `${60_010 + i}.00`, '0.00100'),
      ]),
    )
  }
}

/** Quotes on both sides around 60,000.00, moved and partly taken. */
async function quoteAndTrade(rounds: number): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    const order = (side: 'BUY' | 'SELL', i: number) => {
      const price = side === 'BUY' ? 60_000 - i - (round % 5) : 60_001 + i + (round % 3)
      return limit(`${round}-${side}-${i}`, side, `${price}.00`, `0.${10 + round}`)
    }
    const cancels = [0, 1, 2].flatMap((i) => [
      { clientOrderId: `${round - 3}-BUY-${i}` },
      { clientOrderId: `${round - 3}-SELL-${i}` },
    ])
    await batch(
      round > 2 ? cancels : [],
      [0, 1, 2].flatMap((i) => [order('BUY', i), order('SELL', i)]),
    )
    await exchange.place('usr_taker', { clientOrderId: `t-${round}`, side: 'BUY', type: 'MARKET', quantity: '0.15' })
  }
}

test.each([
  [3, 0],
  [1_000, 1_050],
])('levels: the snapshot and deltas at depth %i add up to a fresh snapshot', async (depth, deep) => {
  await fillBook(deep)
  const stream = exchange.watch(BOOK, { depth })
  const client = new ClientLevels()
  client.take(levelsOf((await stream.next()).value))
  expect(client.levels('bids')).toHaveLength(Math.min(depth, deep))
  const reading = (async () => {
    for await (const answer of stream) client.take(levelsOf(answer))
  })()
  await quoteAndTrade(12)
  await expect
    .poll(async () => {
      const { orderBook } = await market<{ orderBook: LevelUpdate }>(`orderBook(depth: ${depth}) { ${LEVELS} }`)
      return JSON.stringify({ bids: client.levels('bids'), asks: client.levels('asks') }) === JSON.stringify(orderBook)
    })
    .toBe(true)
  expect(client.kinds.filter((kind) => kind === 'SNAPSHOT')).toHaveLength(1)
  expect(client.kinds.length).toBeGreaterThan(12)
  await stream.return?.()
  await reading
})

test.each([
  [5, 0],
  [1_000, 1_050],
])('orders: the snapshot and deltas at depth %i add up to a fresh snapshot', async (depth, deep) => {
  await fillBook(deep)
  const stream = exchange.watch(ORDERS, { depth })
  const client = new ClientOrders()
  client.take(ordersOf((await stream.next()).value))
  expect(client.orders('asks')).toHaveLength(Math.min(depth, deep))
  const reading = (async () => {
    for await (const answer of stream) client.take(ordersOf(answer))
  })()
  await quoteAndTrade(12)
  await expect
    .poll(async () => {
      const { restingOrders } = await market<{ restingOrders: OrderUpdate }>(
        `restingOrders(depth: ${depth}) { bids ${RESTING} asks ${RESTING} }`,
      )
      return (
        JSON.stringify({ bids: client.orders('bids'), asks: client.orders('asks') }) === JSON.stringify(restingOrders)
      )
    })
    .toBe(true)
  expect(client.kinds.filter((kind) => kind === 'SNAPSHOT')).toHaveLength(1)
  await stream.return?.()
  await reading
})

test('an order is public by its id and place, in the order in which it trades, and never by its owner', async () => {
  await batch(
    [],
    [limit('a', 'SELL', '60000.00', '1'), limit('b', 'SELL', '60000.00', '2'), limit('c', 'SELL', '59999.00', '3')],
  )
  const asks = async () =>
    (await market<{ restingOrders: OrderUpdate }>(`restingOrders { asks ${RESTING} }`)).restingOrders.asks.map(
      ({ price, quantity }) => [price, quantity],
    )
  expect(await asks()).toEqual([
    ['59999.00', '3.00000'],
    ['60000.00', '1.00000'],
    ['60000.00', '2.00000'],
  ])
  const amend = (clientOrderId: string, quantity: string) =>
    exchange.field('usr_maker', 'mutation ($input: AmendOrderInput!) { amendOrder(input: $input) { __typename } }', {
      input: { clientOrderId, quantity },
    })
  // Less keeps the place, more goes to the end.
  expect(await amend('c', '2')).toEqual({ __typename: 'OrderAmended' })
  expect(await amend('a', '4')).toEqual({ __typename: 'OrderAmended' })
  expect(await asks()).toEqual([
    ['59999.00', '2.00000'],
    ['60000.00', '2.00000'],
    ['60000.00', '4.00000'],
  ])
  const { errors } = await exchange.ask(null, '{ market(symbol: "BTC-USDT") { restingOrders { asks { accountId } } } }')
  expect(errors?.[0]?.message).toContain('accountId')
})

test('a reader that does not keep up gets a fresh snapshot and goes on from there', async () => {
  const stream = exchange.watch(BOOK, { depth: 20 })
  const client = new ClientLevels()
  client.take(levelsOf((await stream.next()).value))
  await quoteAndTrade(80)
  await exchange.settled()
  const { orderBook: target } = await market<{ orderBook: LevelUpdate }>('orderBook { sequence checksum }')
  while (client.sequence < target.sequence) client.take(levelsOf((await stream.next()).value))
  expect(client.kinds.filter((kind) => kind === 'SNAPSHOT').length).toBeGreaterThan(1)
  const { orderBook } = await market<{ orderBook: LevelUpdate }>(`orderBook { ${LEVELS} }`)
  expect({ bids: client.levels('bids'), asks: client.levels('asks') }).toEqual(orderBook)
  await stream.return?.()
})

test('the ticker gives its state at once and the newest after it; trades come each and in order', async () => {
  await exchange.place('usr_maker', { clientOrderId: 'ask', side: 'SELL', price: '60000.00', quantity: '1' })
  const ticker = exchange.watch(
    'subscription { ticker(symbol: "BTC-USDT") { bestAsk bestAskQuantity lastPrice market { symbol } } }',
  )
  expect((await ticker.next()).value).toEqual({
    data: {
      ticker: { bestAsk: '60000.00', bestAskQuantity: '1.00000', lastPrice: null, market: { symbol: 'BTC-USDT' } },
    },
  })
  const all = exchange.watch('subscription { tickers { market { symbol } lastPrice volume } }')
  const volumes = (answer: Answer | undefined) => fieldOf(answer, 'tickers', (value) => value as { volume: string }[])
  expect(volumes((await all.next()).value).map(({ volume }) => volume)).toEqual(['0.00000', '0.0000'])
  const trades = exchange.watch('subscription { trades(symbol: "BTC-USDT") { price quantity quoteAmount takerSide } }')
  const first = trades.next()
  const next = ticker.next()
  const nextOfAll = all.next()
  // The stream is open once the subgraph has answered something else after it.
  await exchange.field(null, '{ markets { symbol } }')
  for (const n of [1, 2, 3])
    await exchange.place('usr_taker', {
      clientOrderId: `t-${n}`,
      side: 'BUY',
      price: '60000.00',
      quantity: `0.0000${n}`,
    })
  expect((await next).value).toMatchObject({ data: { ticker: { lastPrice: '60000.00' } } })
  expect(volumes((await nextOfAll).value)[0]?.volume).toMatch(/^0\.0000[1-6]$/)
  const heard = [(await first).value, (await trades.next()).value, (await trades.next()).value]
  const amounts = ['0.6000000', '1.2000000', '1.8000000']
  expect(heard).toMatchObject(
    amounts.map((quoteAmount, i) => ({ data: { trades: { quantity: `0.0000${i + 1}`, quoteAmount } } })),
  )
  for (const stream of [ticker, all, trades]) await stream.return?.()
})

test('the last day and candles tell of each trade at once, and history holds what was live', async () => {
  const CANDLE = 'interval openTime closeTime open high low close volume quoteVolume tradeCount'
  const months = exchange.watch(`subscription { candles(symbol: "BTC-USDT", interval: MO1) { ${CANDLE} closed } }`)
  const seconds = exchange.watch(`subscription { candles(symbol: "BTC-USDT", interval: S1) { ${CANDLE} closed } }`)
  type Shown = { openTime: string; close: string; tradeCount: number; closed: boolean }
  const candleOf = (answer: Answer | undefined) => fieldOf(answer, 'candles', (value) => value as Shown)
  const ended: Shown[] = []
  const reading = (async () => {
    for await (const answer of seconds) {
      const candle = candleOf(answer)
      if (candle.closed) ended.push(candle)
    }
  })()
  await exchange.place('usr_maker', { clientOrderId: 'low', side: 'SELL', price: '60000.00', quantity: '0.1' })
  await exchange.place('usr_maker', { clientOrderId: 'high', side: 'SELL', price: '60600.00', quantity: '0.3' })
  const month = months.next()
  await exchange.place('usr_taker', { clientOrderId: 'one', side: 'BUY', price: '60000.00', quantity: '0.1' })
  expect(candleOf((await month).value)).toMatchObject({
    interval: 'MO1',
    open: '60000.00',
    closed: false,
    tradeCount: 1,
  })
  await exchange.place('usr_taker', { clientOrderId: 'two', side: 'BUY', price: '60600.00', quantity: '0.1' })
  expect(candleOf((await months.next()).value)).toMatchObject({ open: '60000.00', close: '60600.00', tradeCount: 2 })
  const { ticker } = await market<{ ticker: object }>(
    'ticker { open high low lastPrice change changePercent volume quoteVolume tradeCount }',
  )
  expect(ticker).toEqual({
    open: '60000.00',
    high: '60600.00',
    low: '60000.00',
    lastPrice: '60600.00',
    change: '600.00',
    changePercent: '1.00',
    volume: '0.20000',
    quoteVolume: '12060.0000000',
    tradeCount: 2,
  })
  // Engine time moves with what happens.
  await new Promise((resolve) => setTimeout(resolve, 1_100))
  await exchange.place('usr_maker', { clientOrderId: 'later', side: 'SELL', price: '61000.00', quantity: '0.1' })
  await expect.poll(() => ended.reduce((sum, { tradeCount }) => sum + tradeCount, 0)).toBe(2)
  await exchange.settled()
  const { candles } = await market<{ candles: { edges: { node: Shown }[] } }>(
    `candles(interval: S1) { edges { node { ${CANDLE} closed } } }`,
  )
  expect(candles.edges.map(({ node }) => node)).toEqual(ended.toReversed())
  const { candles: none } = await market<{ candles: object }>(
    `candles(interval: M1, to: "${ended[0]!.openTime.slice(0, 16)}:00.000Z") { edges { node { open } } }`,
  )
  expect(none).toEqual({ edges: [] })
  for (const stream of [months, seconds]) await stream.return?.()
  await reading
})

test('an auction is told as it gathers, and its trades as such', async () => {
  const set = (status: string) =>
    exchange.field(
      'usr_operator',
      'mutation ($input: SetMarketStatusInput!) { setMarketStatus(input: $input) { __typename } }',
      { input: { symbol: 'BTC-USDT', status } },
      ['OPERATOR'],
    )
  await set('AUCTION')
  await exchange.place('usr_maker', { clientOrderId: 's', side: 'SELL', price: '60000.00', quantity: '0.3' })
  await exchange.place('usr_taker', { clientOrderId: 'b', side: 'BUY', price: '60010.00', quantity: '0.2' })
  const AUCTION = 'status auction { endsAt indicativePrice indicativeQuantity } ticker { bestBid bestAsk }'
  expect(await market(AUCTION)).toEqual({
    status: 'AUCTION',
    auction: { endsAt: null, indicativePrice: '60000.00', indicativeQuantity: '0.20000' },
    ticker: { bestBid: '60010.00', bestAsk: '60000.00' },
  })
  const trades = exchange.watch('subscription { trades(symbol: "BTC-USDT") { price quantity auction } }')
  const trade = trades.next()
  await exchange.field(null, '{ markets { symbol } }')
  await set('TRADING')
  expect((await trade).value).toEqual({
    data: { trades: { price: '60000.00', quantity: '0.20000', auction: true } },
  })
  expect(await market(AUCTION)).toEqual({
    status: 'TRADING',
    auction: null,
    ticker: { bestBid: null, bestAsk: '60000.00' },
  })
  await trades.return?.()
})

test('an unknown market, or a depth that is none, is a fault of the request', async () => {
  const unknown = await exchange.watch('subscription { ticker(symbol: "DOGE-USDT") { bestAsk } }').next()
  expect(unknown.value?.errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT')
  for (const query of [BOOK, ORDERS]) {
    const deep = await exchange.watch(query, { depth: 1_001 }).next()
    expect(deep.value?.errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT')
  }
})

test('a market’s streams go on after a restart with higher numbers, from the same book and the same day', async () => {
  await quoteAndTrade(5)
  const fields = `ticker { sequence lastPrice open volume tradeCount } orderBook(depth: 100) { sequence checksum ${LEVELS} } restingOrders(depth: 100) { checksum bids ${RESTING} asks ${RESTING} }
    candles(interval: W1) { edges { node { open close tradeCount } } }`
  type Shown = { ticker: { sequence: number }; orderBook: { sequence: number } }
  await exchange.settled()
  const before = await market<Shown>(fields)
  await exchange.stop()
  exchange = await TestExchange.start(database.url)
  const after = await market<Shown>(fields)
  expect(after.orderBook.sequence).toBeGreaterThanOrEqual(before.orderBook.sequence)
  const { sequence: _ticker, ...ticker } = before.ticker
  const { sequence: _book, ...orderBook } = before.orderBook
  expect(after).toMatchObject({ ...before, ticker, orderBook })
})

test('a cursor that was not made here is a fault of the input, whatever it holds', async () => {
  const forged = (keys: unknown[]) => Buffer.from(JSON.stringify(keys)).toString('base64url')
  for (const field of ['trades', 'candles']) {
    const query = `query ($after: String) { markets { ${field}(after: $after) { pageInfo { hasNextPage } } } }`
    const keys = field === 'trades' ? ['x', 1.5] : ['x']
    const { errors } = await exchange.ask(null, query, { after: forged(keys) })
    expect(errors?.[0]?.extensions?.code).toBe('BAD_USER_INPUT')
  }
  const query = 'query ($after: String) { orders(after: $after) { pageInfo { hasNextPage } } }'
  const { errors } = await exchange.ask('usr_any', query, { after: forged(['x']) })
  expect(errors?.[0]?.extensions?.code).toBe('BAD_USER_INPUT')
})
