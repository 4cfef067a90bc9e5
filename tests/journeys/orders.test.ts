import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { AMEND, CANCEL_AFTER, CANCEL_ALL, orderSchema, Person, PLACE_BRACKET, PLACE_MANY, PLACE_OCO } from './person.ts'
import { describePlatforms, type Platform, startPlatform } from './stage.ts'
import { credit, EVENTUALLY, setStatus, Trader } from './venue.ts'
import { type LiveEvents, Visitor } from './visitor.ts'

const ORDERS = `query Orders($first: Int, $after: String, $last: Int, $before: String) {
  orders(first: $first, after: $after, last: $last, before: $before) {
    watermark edges { node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`
const FILLS = 'query Fills { fills(first: 100) { edges { node { tradeId price quantity order { clientOrderId } } } } }'
const ENTRIES = `query Entries { ledgerEntries(first: 100) { edges { node { asset { code } amount trade { id } } } } portfolio { balances { asset { code } total } } }`
const ORDER_UPDATES = `subscription Updates($after: Sequence) {
  orderUpdates(after: $after) { sequence position kind clientOrderId status filledQuantity remainingQuantity cancelReason fill { price quantity } order { id status } } }`
const FILL_UPDATES =
  'subscription Live($after: Sequence) { fills(after: $after) { sequence position fill { tradeId } } }'
const GUARD = 'subscription Guard { cancelOnDisconnect { since cancelsAt } }'
const BOOK =
  'query Book { market(symbol: "BTC-USDT") { status rules { priceBandPercent } orderBook(depth: 50) { bids { price quantity } asks { price quantity } } } }'
const AUCTION = 'query Auction { market(symbol: "BTC-USDT") { status auction { indicativePrice indicativeQuantity } } }'
const AUCTION_BEGINS = `mutation Begin($input: SetMarketStatusInput!) { setMarketStatus(input: $input) { __typename ... on MarketStatusSet { auctionEndsAt market { status } } ... on Refusal { code } } }`

const ordersPage = z.object({
  orders: z.object({
    watermark: z.number(),
    edges: z.array(z.object({ node: z.object({ id: z.string() }) })),
    pageInfo: z.object({
      hasNextPage: z.boolean(),
      hasPreviousPage: z.boolean(),
      startCursor: z.string().nullable(),
      endCursor: z.string().nullable(),
    }),
  }),
})
const fillsSchema = z.object({
  fills: z.object({ edges: z.array(z.object({ node: z.object({ tradeId: z.string() }) })) }),
})
const entriesSchema = z.object({
  ledgerEntries: z.object({
    edges: z.array(z.object({ node: z.object({ asset: z.object({ code: z.string() }), amount: z.string() }) })),
  }),
  portfolio: z.object({ balances: z.array(z.object({ asset: z.object({ code: z.string() }), total: z.string() })) }),
})

describePlatforms((mode) => {
  let platform: Platform
  let visitor: Visitor
  let operator: Visitor
  let alice: Person
  let bob: Person

  beforeAll(async () => {
    platform = await startPlatform(mode)
    visitor = new Visitor(platform.graphqlUrl)
    operator = visitor.as(await platform.operator())
    await setStatus(operator, 'BTC-USDT', 'TRADING')
    ;[alice, bob] = [await person('alice'), await person('bob')]
  })
  afterAll(async () => {
    for (const each of [alice, bob]) await each?.trader.visitor.leave()
    await platform?.stop()
  })

  async function person(name: string): Promise<Person> {
    const trader = await Trader.register(visitor, name)
    await credit(operator, trader.userId, 'USDT', '100000')
    await credit(operator, trader.userId, 'BTC', '100')
    return new Person(trader)
  }

  /** Nobody's order is left behind for the next test. */
  async function clear(): Promise<void> {
    for (const each of [alice, bob]) await each.change(CANCEL_ALL, {})
  }

  test('a limit order waits, trades at once or not at all, or until its time has come', async () => {
    await alice.place({ side: 'SELL', price: '101', quantity: '1' })
    await alice.place({ side: 'SELL', price: '102', quantity: '1' })
    expect(await bob.ask({ side: 'BUY', price: '101', quantity: '1', postOnly: true })).toMatchObject({
      code: 'POST_ONLY_WOULD_TRADE',
      field: 'input.price',
    })
    expect(await bob.ask({ side: 'BUY', price: '102', quantity: '3', timeInForce: 'FOK' })).toMatchObject({
      order: { status: 'CANCELLED', cancelReason: 'FILL_OR_KILL', filledQuantity: '0.00000' },
    })
    const partly = await bob.place({ side: 'BUY', price: '101', quantity: '1.5', timeInForce: 'IOC' })
    const traded = { status: 'CANCELLED', cancelReason: 'REMAINDER', filledQuantity: '1.00000' }
    expect(partly).toMatchObject({ ...traded, averagePrice: '101.0000000' })
    const fill = { price: '101.00', quantity: '1.00000', liquidity: 'TAKER', feeAsset: 'BTC' }
    expect(await bob.look(partly.id)).toMatchObject({ ...traded, fills: { edges: [{ node: fill }] } })
    expect(await bob.ask({ side: 'BUY', type: 'MARKET', price: '102', quantity: '0.5' })).toMatchObject({
      order: { status: 'FILLED', timeInForce: 'IOC' },
      fills: [{ price: '102.00', quantity: '0.50000' }],
    })
    expect(await bob.ask({ side: 'BUY', price: '0.01', quantity: '0.01' })).toMatchObject({
      __typename: 'RiskLimitExceeded',
      rule: 'MARKET_MIN_NOTIONAL',
      limit: '0.0100000',
      observed: '0.0001000',
      headroom: '0.0000000',
    })
    const day = await bob.place({ side: 'BUY', price: '99', quantity: '1', timeInForce: 'DAY', postOnly: true })
    expect(day).toMatchObject({ status: 'OPEN', expiresAt: expect.stringMatching(/T00:00:00\.000Z$/) })
    const soon = new Date(Date.now() + 1_000).toISOString()
    const dated = await bob.place({ side: 'BUY', price: '98', quantity: '1', timeInForce: 'GTD', expiresAt: soon })
    expect(await bob.ask({ side: 'BUY', price: '98', quantity: '1', expiresAt: soon })).toMatchObject({
      code: 'EXPIRY_NOT_ALLOWED',
    })
    await bob.becomes(dated.id, { status: 'EXPIRED', cancelReason: 'EXPIRED', remainingQuantity: '0.00000' })
    expect(await bob.look(day.id)).toMatchObject({ status: 'OPEN' })
    await clear()
  })

  test('an iceberg shows a part of itself, and all of it trades', async () => {
    await alice.place({ side: 'SELL', price: '102', quantity: '1', displayQuantity: '0.1' })
    const asks = z.object({ market: z.object({ orderBook: z.object({ asks: z.array(z.unknown()) }) }) })
    await expect
      .poll(async () => (await visitor.get(asks, BOOK)).market.orderBook.asks, EVENTUALLY)
      .toEqual([{ price: '102.00', quantity: '0.10000' }])
    expect(await bob.ask({ side: 'BUY', price: '102', quantity: '0.25' })).toMatchObject({
      order: { status: 'FILLED' },
    })
    await clear()
  })

  test('nobody trades with themselves unless they ask for it', async () => {
    const resting = await bob.place({ side: 'BUY', price: '99', quantity: '1' })
    const sell = { side: 'SELL', price: '99', quantity: '0.4' }
    expect(await bob.ask(sell)).toMatchObject({ order: { status: 'CANCELLED', cancelReason: 'SELF_TRADE' } })
    expect(await bob.ask({ ...sell, selfTradePrevention: 'DECREMENT' })).toMatchObject({
      order: { status: 'CANCELLED', cancelReason: 'SELF_TRADE' },
    })
    expect(await bob.look(resting.id)).toMatchObject({ status: 'OPEN', remainingQuantity: '0.60000' })
    expect(await bob.ask({ ...sell, selfTradePrevention: 'NONE' })).toMatchObject({ order: { status: 'FILLED' } })
    await clear()
  })

  test('stops wait for their price and follow the market', async () => {
    await trade('100')
    for (const price of ['98', '97', '96']) await alice.place({ side: 'BUY', price, quantity: '5' })
    const stop = await bob.place({ side: 'SELL', type: 'STOP', stopPrice: '99', quantity: '1' })
    const limit = await bob.place({ side: 'SELL', type: 'STOP_LIMIT', stopPrice: '98', price: '99', quantity: '1' })
    const trailing = await bob.place({ side: 'SELL', type: 'TRAILING_STOP', trailingPercent: '1.5', quantity: '1' })
    expect([stop.status, limit.status, trailing.status]).toEqual(['PENDING', 'PENDING', 'PENDING'])
    expect(await bob.ask({ side: 'SELL', type: 'STOP', stopPrice: '101', quantity: '1' })).toMatchObject({
      code: 'WOULD_TRIGGER_AT_ONCE',
      field: 'input.stopPrice',
    })
    // Takes the last price from 100 to 99: the first stop sells at 98, which meets the other two.
    await trade('99')
    await bob.becomes(stop.id, { status: 'FILLED', averagePrice: '98.0000000' })
    await bob.becomes(trailing.id, { status: 'FILLED' })
    await bob.becomes(limit.id, { status: 'OPEN', price: '99.00' })
    await clear()
  })

  test('of a pair one cancels the other, and an exit of a bracket the other exit', async () => {
    await trade('100')
    const pair = { clientOrderId: randomUUID(), symbol: 'BTC-USDT', side: 'SELL', quantity: '1' }
    expect(await bob.change(PLACE_OCO, { ...pair, price: '99', stopPrice: '95' })).toMatchObject({
      code: 'PRICES_OUT_OF_ORDER',
    })
    const oco = z
      .object({
        limitOrder: orderSchema.extend({ linkedOrders: z.array(z.object({ id: z.string() })) }),
        stopOrder: orderSchema,
      })
      .parse(await bob.change(PLACE_OCO, { ...pair, price: '103', stopPrice: '95' }))
    expect(oco.limitOrder).toMatchObject({
      status: 'OPEN',
      role: 'OCO_LIMIT',
      linkedOrders: [{ id: oco.stopOrder.id }],
    })
    expect(oco.stopOrder).toMatchObject({ status: 'PENDING', clientOrderId: `${pair.clientOrderId}.stop` })
    await alice.place({ side: 'BUY', price: '103', quantity: '0.1' })
    await bob.becomes(oco.stopOrder.id, { status: 'CANCELLED', cancelReason: 'OTHER_LEG' })
    await bob.becomes(oco.limitOrder.id, { status: 'PARTIALLY_FILLED' })
    await clear()

    await alice.place({ side: 'SELL', price: '103', quantity: '1' })
    const entry = {
      clientOrderId: randomUUID(),
      symbol: 'BTC-USDT',
      side: 'BUY',
      type: 'LIMIT',
      price: '103',
      quantity: '1',
    }
    const bracket = z
      .object({ entry: orderSchema, takeProfit: orderSchema, stopLoss: orderSchema })
      .parse(await bob.change(PLACE_BRACKET, { entry, takeProfitPrice: '105', stopPrice: '96', stopLimitPrice: '95' }))
    expect(bracket.entry).toMatchObject({ status: 'FILLED', role: 'ENTRY' })
    // A coin less the fee of 5 hundredths of a percent.
    expect(bracket.takeProfit).toMatchObject({ status: 'OPEN', quantity: '0.99950', price: '105.00' })
    expect(bracket.stopLoss).toMatchObject({ status: 'PENDING', type: 'STOP_LIMIT', stopPrice: '96.00' })
    await alice.place({ side: 'BUY', price: '105', quantity: '2' })
    await bob.becomes(bracket.takeProfit.id, {
      status: 'FILLED',
      linkedOrders: [
        { role: 'ENTRY', status: 'FILLED', cancelReason: null },
        { role: 'STOP_LOSS', status: 'CANCELLED', cancelReason: 'OTHER_LEG' },
      ],
    })
    await clear()
  })

  test('an order is amended: less keeps its place, another price trades where it crosses', async () => {
    await alice.place({ side: 'SELL', price: '103', quantity: '1' })
    const { id } = await bob.place({ side: 'BUY', price: '99', quantity: '1' })
    expect(await bob.change(AMEND, { orderId: id, quantity: '0.5' })).toMatchObject({
      keptPriority: true,
      order: { quantity: '0.50000', remainingQuantity: '0.50000' },
    })
    const crossed = await bob.change(AMEND, { orderId: id, price: '103', quantity: '1.5' })
    expect(crossed).toMatchObject({
      keptPriority: false,
      order: { status: 'PARTIALLY_FILLED', filledQuantity: '1.00000' },
      fills: [{ price: '103.00', quantity: '1.00000', executedAt: expect.any(String) }],
    })
    expect(await bob.change(AMEND, { orderId: id, quantity: '1' })).toMatchObject({ code: 'QUANTITY_BELOW_FILLED' })
    expect(await bob.change(AMEND, { orderId: id, stopPrice: '1' })).toMatchObject({ code: 'AMENDMENT_NOT_ALLOWED' })
    expect(await alice.change(AMEND, { orderId: id, quantity: '2' })).toMatchObject({ code: 'ORDER_NOT_OPEN' })
    expect(await bob.look(id)).toMatchObject({
      quantity: '1.50000',
      price: '103.00',
      fills: { edges: [{ node: { price: '103.00', quantity: '1.00000' } }] },
    })
    await clear()
  })

  test('a list of orders is placed at once; many are cancelled at once, by side', async () => {
    const many = [
      { side: 'BUY', price: '90', quantity: '1' },
      { side: 'BUY', price: '90.001', quantity: '1' },
      { side: 'SELL', price: '110', quantity: '1' },
    ].map((order) => ({ clientOrderId: randomUUID(), symbol: 'BTC-USDT', type: 'LIMIT', ...order }))
    expect(await bob.change(PLACE_MANY, { orders: many })).toMatchObject({
      results: [
        { order: { status: 'OPEN' } },
        { code: 'PRICE_OFF_TICK', field: 'input.orders.1.price' },
        { order: { status: 'OPEN' } },
      ],
    })
    expect((await bob.change(CANCEL_ALL, { symbol: 'BTC-USDT', side: 'BUY' })).orderIds).toHaveLength(1)
    expect((await bob.change(CANCEL_ALL, {})).orderIds).toHaveLength(1)
    expect((await bob.change(CANCEL_ALL, {})).orderIds).toEqual([])
  })

  describe('who goes away', () => {
    test('leaves no order behind once the switch runs out', async () => {
      const { id } = await bob.place({ side: 'BUY', price: '95', quantity: '1' })
      expect(await bob.change(CANCEL_AFTER, { delayMs: -1 })).toMatchObject({ code: 'INVALID_INPUT' })
      expect(await bob.change(CANCEL_AFTER, { delayMs: 60_000 })).toMatchObject({ at: expect.any(String) })
      expect(await bob.change(CANCEL_AFTER, { delayMs: 0 })).toMatchObject({ at: null })
      await bob.change(CANCEL_AFTER, { delayMs: 300 })
      await bob.becomes(id, { status: 'CANCELLED', cancelReason: 'DEAD_MAN' })
    })

    test.each(['ends', 'breaks'])('leaves no order behind once the subscription that kept them %s', async (how) => {
      const guard = bob.trader.visitor.live(GUARD)
      expect(await guard.next()).toMatchObject({ data: { cancelOnDisconnect: { cancelsAt: expect.any(String) } } })
      const { id } = await bob.place({ side: 'BUY', price: '95', quantity: '1' })
      expect(await bob.look(id)).toMatchObject({ status: 'OPEN' })
      if (how === 'ends') await guard.end()
      else guard.cut()
      await bob.becomes(id, { status: 'CANCELLED', cancelReason: 'DEAD_MAN' })
    })
  })

  test('an owner hears every change of their orders and every fill, in order, and goes on where they were', async () => {
    const { watermark } = (await bob.trader.visitor.get(ordersPage, ORDERS, { first: 1 })).orders
    const updates = bob.trader.visitor.live(ORDER_UPDATES, { after: watermark })
    await alice.place({ side: 'SELL', price: '103', quantity: '1' })
    const { clientOrderId } = await bob.place({ side: 'BUY', price: '103', quantity: '1.5', timeInForce: 'IOC' })
    const told = [await changeOf(updates), await changeOf(updates), await changeOf(updates)]
    expect(told).toMatchObject([
      { kind: 'ACCEPTED', clientOrderId, status: 'OPEN', remainingQuantity: '1.50000', position: 0 },
      { kind: 'TRADED', status: 'PARTIALLY_FILLED', filledQuantity: '1.00000', fill: { price: '103.00' }, position: 1 },
      { kind: 'CLOSED', status: 'CANCELLED', cancelReason: 'REMAINDER', order: { status: 'CANCELLED' }, position: 2 },
    ])
    const sequence = told[0]?.sequence
    await updates.end()
    const again = bob.trader.visitor.live(ORDER_UPDATES, { after: Number(sequence) - 1 })
    expect([await changeOf(again), await changeOf(again), await changeOf(again)]).toEqual(told)
    await again.end()

    const { edges } = (await bob.trader.visitor.get(fillsSchema, FILLS)).fills
    const ids = edges.map(({ node }) => node.tradeId)
    expect(ids.length).toBeGreaterThan(5)
    const fills = bob.trader.visitor.live(FILL_UPDATES, { after: 0 })
    const heard: string[] = []
    const fill = z.object({ data: z.object({ fills: z.object({ fill: z.object({ tradeId: z.string() }) }) }) })
    while (heard.length < ids.length) heard.push(fill.parse(await fills.next()).data.fills.fill.tradeId)
    expect(heard).toEqual(ids.toReversed())
    await fills.end()
    await clear()
  })

  test('pages are read from either end, and what moved a balance adds up to it', async () => {
    const newest = (await bob.trader.visitor.get(ordersPage, ORDERS, { first: 5 })).orders
    expect(newest.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: false })
    const next = (await bob.trader.visitor.get(ordersPage, ORDERS, { first: 5, after: newest.pageInfo.endCursor }))
      .orders
    const back = (await bob.trader.visitor.get(ordersPage, ORDERS, { last: 5, before: next.pageInfo.startCursor }))
      .orders
    expect(back.edges).toEqual(newest.edges)
    expect(back.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: false })

    const { ledgerEntries, portfolio } = await bob.trader.visitor.get(entriesSchema, ENTRIES)
    for (const { asset, total } of portfolio.balances) {
      const own = ledgerEntries.edges.filter(({ node }) => node.asset.code === asset.code)
      const sum = own.reduce((all, { node }) => all + unitsOf(node.amount), 0n)
      expect({ asset: asset.code, sum }).toEqual({ asset: asset.code, sum: unitsOf(total) })
    }
  })

  test('an auction gathers orders and trades them at one price', async () => {
    const begun = await operator.ask(AUCTION_BEGINS, {
      input: { symbol: 'BTC-USDT', status: 'AUCTION', auctionMs: 60_000 },
    })
    expect(begun.data?.setMarketStatus).toMatchObject({
      auctionEndsAt: expect.any(String),
      market: { status: 'AUCTION' },
    })
    const sell = await alice.place({ side: 'SELL', price: '99', quantity: '2' })
    const buy = await bob.place({ side: 'BUY', price: '101', quantity: '1' })
    expect([sell.status, buy.status]).toEqual(['OPEN', 'OPEN'])
    expect(await bob.ask({ side: 'BUY', type: 'MARKET', quantity: '1' })).toMatchObject({ code: 'NOT_IN_AUCTION' })
    await expect
      .poll(async () => (await visitor.ask(AUCTION)).data?.market, EVENTUALLY)
      .toEqual({ status: 'AUCTION', auction: { indicativePrice: '99.00', indicativeQuantity: '1.00000' } })
    await setStatus(operator, 'BTC-USDT', 'TRADING')
    await bob.becomes(buy.id, { status: 'FILLED', averagePrice: '99.0000000' })
    await alice.becomes(sell.id, { status: 'PARTIALLY_FILLED', remainingQuantity: '1.00000' })
    await clear()
  })

  /** Moves the last price. */
  async function trade(price: string): Promise<void> {
    await alice.place({ side: 'SELL', price, quantity: '0.01' })
    expect(await bob.ask({ side: 'BUY', price, quantity: '0.01' })).toMatchObject({ order: { status: 'FILLED' } })
  }
})

async function changeOf(updates: LiveEvents): Promise<Record<string, unknown>> {
  const event = z.object({ data: z.object({ orderUpdates: z.record(z.string(), z.unknown()) }) })
  return event.parse(await updates.next()).data.orderUpdates
}

/** Minor units: both sides of a comparison have the asset's own number of decimals. */
const unitsOf = (decimal: string): bigint => BigInt(decimal.replace('.', ''))
