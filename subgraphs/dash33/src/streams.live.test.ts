import { afterEach, beforeEach, expect, test } from 'vitest'
import { type FreshDatabase, freshDatabase } from '../../../tests/support/database.ts'
import { type Answer, TestExchange } from '../../../tests/support/exchange.ts'
import { bookChecksum } from './orderbook/index.ts'

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

interface Update {
  readonly kind: 'SNAPSHOT' | 'DELTA'
  readonly sequence: number
  readonly previousSequence: number | null
  readonly bids: { price: string; quantity: string }[]
  readonly asks: { price: string; quantity: string }[]
  readonly checksum: string
}

const BOOK =
  'subscription ($depth: Int!) { orderBook(symbol: "BTC-USDT", depth: $depth) { kind sequence previousSequence checksum bids { price quantity } asks { price quantity } market { symbol } } }'

/** Keeps a book as a client does, checking that every step joins and every checksum agrees. */
class Client {
  readonly bids = new Map<string, string>()
  readonly asks = new Map<string, string>()
  sequence = -1
  kinds: string[] = []

  take(update: Update): void {
    this.kinds.push(update.kind)
    if (update.kind === 'SNAPSHOT') {
      this.bids.clear()
      this.asks.clear()
    } else expect(update.previousSequence).toBe(this.sequence)
    this.sequence = update.sequence
    for (const side of ['bids', 'asks'] as const) {
      for (const { price, quantity } of update[side]) {
        if (Number(quantity) === 0) this[side].delete(price)
        else this[side].set(price, quantity)
      }
    }
    expect(bookChecksum(this.levels('bids'), this.levels('asks'))).toBe(update.checksum)
  }

  levels(side: 'bids' | 'asks') {
    const sign = side === 'bids' ? -1 : 1
    return [...this[side]]
      .map(([price, quantity]) => ({ price, quantity }))
      .sort((a, b) => sign * (Number(a.price) - Number(b.price)))
  }
}

const updateOf = (answer: Answer | undefined) => {
  expect(answer?.errors).toBeUndefined()
  return answer?.data?.orderBook as Update
}

/** Quotes on both sides around 60,000.00, moved and partly taken. */
async function quoteAndTrade(rounds: number): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    const order = (side: 'BUY' | 'SELL', i: number) => ({
      clientOrderId: `${round}-${side}-${i}`,
      symbol: 'BTC-USDT',
      side,
      type: 'LIMIT',
      price: `${side === 'BUY' ? 60_000 - i - (round % 5) : 60_001 + i + (round % 3)}.00`,
      quantity: `0.${10 + round}`,
    })
    const cancels =
      round > 2
        ? [0, 1, 2].flatMap((i) => [
            { clientOrderId: `${round - 3}-BUY-${i}` },
            { clientOrderId: `${round - 3}-SELL-${i}` },
          ])
        : []
    const orders = [0, 1, 2].flatMap((i) => [order('BUY', i), order('SELL', i)])
    await exchange.field(
      'usr_maker',
      'mutation ($input: OrderBatchInput!) { submitOrderBatch(input: $input) { __typename } }',
      { input: { cancels, orders } },
    )
    await exchange.place('usr_taker', { clientOrderId: `t-${round}`, side: 'BUY', type: 'MARKET', quantity: '0.15' })
  }
}

test.each([3, 20])('the order book’s snapshot and deltas at depth %i add up to a fresh snapshot', async (depth) => {
  const stream = exchange.watch(BOOK, { depth })
  const client = new Client()
  client.take(updateOf((await stream.next()).value ?? undefined))
  const reading = (async () => {
    for await (const answer of stream) {
      client.take(updateOf(answer))
    }
  })()
  await quoteAndTrade(12)
  await expect
    .poll(async () => {
      const book = (await exchange.field(
        null,
        `{ market(symbol: "BTC-USDT") { orderBook(depth: ${depth}) { bids { price quantity } asks { price quantity } checksum } } }`,
      )) as { orderBook: Update }
      const { bids, asks, checksum } = book.orderBook
      return (
        JSON.stringify([client.levels('bids'), client.levels('asks')]) === JSON.stringify([bids, asks]) &&
        bookChecksum(bids, asks) === checksum
      )
    })
    .toBe(true)
  expect(client.kinds.filter((kind) => kind === 'SNAPSHOT')).toHaveLength(1)
  expect(client.kinds.length).toBeGreaterThan(12)
  await stream.return?.()
  await reading
})

test('a reader that does not keep up gets a fresh snapshot and goes on from there', async () => {
  const stream = exchange.watch(BOOK, { depth: 20 })
  const client = new Client()
  client.take(updateOf((await stream.next()).value ?? undefined))
  await quoteAndTrade(80)
  await exchange.settled()
  const target = (
    (await exchange.field(null, '{ market(symbol: "BTC-USDT") { orderBook { sequence checksum } } }')) as {
      orderBook: Update
    }
  ).orderBook
  while (client.sequence < target.sequence) client.take(updateOf((await stream.next()).value ?? undefined))
  expect(client.kinds.filter((kind) => kind === 'SNAPSHOT').length).toBeGreaterThan(1)
  expect(bookChecksum(client.levels('bids'), client.levels('asks'))).toBe(target.checksum)
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
  const trades = exchange.watch('subscription { trades(symbol: "BTC-USDT") { price quantity takerSide } }')
  const first = trades.next()
  const next = ticker.next()
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
  const heard = [(await first).value, (await trades.next()).value, (await trades.next()).value]
  expect(heard).toMatchObject(['0.00001', '0.00002', '0.00003'].map((quantity) => ({ data: { trades: { quantity } } })))
  await ticker.return?.()
  await trades.return?.()
})

test('an unknown market, or a depth that is none, is a fault of the request', async () => {
  const unknown = await exchange.watch('subscription { ticker(symbol: "DOGE-USDT") { bestAsk } }').next()
  expect(unknown.value?.errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT')
  const deep = await exchange.watch(BOOK, { depth: 101 }).next()
  expect(deep.value?.errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT')
})

test('a market’s stream goes on after a restart with higher numbers, from the same book', async () => {
  await quoteAndTrade(5)
  const query =
    '{ market(symbol: "BTC-USDT") { ticker { sequence lastPrice } orderBook(depth: 100) { sequence checksum bids { price quantity } asks { price quantity } } } }'
  await expect
    .poll(() =>
      exchange.field(null, query).then((market) => (market as { ticker: { lastPrice: string } }).ticker.lastPrice),
    )
    .not.toBeNull()
  await exchange.settled()
  const before = (await exchange.field(null, query)) as {
    orderBook: Update
    ticker: { sequence: number; lastPrice: string }
  }
  await exchange.stop()
  exchange = await TestExchange.start(database.url)
  const after = (await exchange.field(null, query)) as typeof before
  expect(after.orderBook).toMatchObject({
    bids: before.orderBook.bids,
    asks: before.orderBook.asks,
    checksum: before.orderBook.checksum,
  })
  expect(after.ticker.lastPrice).toBe(before.ticker.lastPrice)
  expect(after.orderBook.sequence).toBeGreaterThanOrEqual(before.orderBook.sequence)
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
