import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { booksAgree } from './books.ts'
import { describePlatforms, type Platform, startPlatform } from './stage.ts'
import { CANCEL_ORDER, CREDIT, credit, EVENTUALLY, orderOf, PLACE_ORDER, setStatus, Trader } from './venue.ts'
import { plain, Visitor } from './visitor.ts'

const CANDLES = /* GraphQL */ `
  query Candles { market(symbol: "BTC-USDT") { candles(first: 5) { edges { node { open high low close volume quoteVolume tradeCount } } } } }
`
const RECORDED = /* GraphQL */ `
  query Recorded { recordedTrades(first: 5) { edges { node { tradeId symbol price quantity buyer { id } seller { id } } } } }
`
const NOTIFICATIONS = /* GraphQL */ `
  query Notifications { notifications { edges { node { id sequence kind title body order { id status } } } } }
`
const NOTIFIED = /* GraphQL */ `
  subscription Notified { notificationReceived(after: 0) { id sequence kind order { id } } }
`

describePlatforms((mode) => {
  let platform: Platform
  let visitor: Visitor
  let operator: Visitor

  beforeAll(async () => {
    platform = await startPlatform(mode)
    visitor = new Visitor(platform.graphqlUrl)
    operator = visitor.as(await platform.operator())
    await setStatus(operator, 'BTC-USDT', 'TRADING')
  })
  afterAll(() => platform?.stop())

  test('a trade crosses all four domains', async () => {
    const buyer = await Trader.register(visitor, 'alice')
    const seller = await Trader.register(visitor, 'bob')
    const loggedIn = await Trader.logIn(visitor, buyer.email, buyer.password)
    expect(loggedIn.userId).toBe(buyer.userId)
    await credit(operator, buyer.userId, 'USDT', '100000')
    await credit(operator, seller.userId, 'BTC', '2')

    const heard = loggedIn.visitor.live(NOTIFIED)
    const firstHeard = heard.next()
    const resting = await seller.place({ side: 'SELL', price: '60000', quantity: '0.5' })
    expect(resting).toMatchObject({ replayed: false, order: { status: 'OPEN' }, fills: [] })
    const limit = await loggedIn.place({ side: 'BUY', price: '60000.01', quantity: '0.2' })
    expect(limit.order.status).toBe('FILLED')
    expect(
      limit.fills.map(({ price, quantity, fee, liquidity }) => [plain(price), plain(quantity), plain(fee), liquidity]),
    ).toEqual([['60000', '0.2', '0.0001', 'TAKER']])
    const market = await loggedIn.place({ side: 'BUY', type: 'MARKET', quantity: '0.1' })
    expect(plain(market.order.filledQuoteAmount)).toBe('6000')

    await expect
      .poll(() => loggedIn.balances(), EVENTUALLY)
      .toMatchObject({
        BTC: { total: '0.29985', held: '0' },
        USDT: { total: '82000', held: '0' },
      })
    await expect
      .poll(() => seller.balances(), EVENTUALLY)
      .toMatchObject({
        BTC: { total: '1.7', held: '0.2' },
        USDT: { total: '17996.4', held: '0' },
      })
    const { positions, fills } = await loggedIn.portfolio()
    expect(
      positions.map(({ market: { symbol }, quantity, averagePrice }) => [
        symbol,
        plain(quantity),
        plain(averagePrice ?? ''),
      ]),
    ).toEqual([['BTC-USDT', '0.29985', '60030.0150075']])
    expect(fills.map(({ orderId }) => orderId)).toEqual([market.order.id, limit.order.id])

    await expect
      .poll(() => candle(visitor), EVENTUALLY)
      .toEqual(['60000', '60000', '60000', '60000', '0.3', '18000', 2])
    await expect
      .poll(() => recorded(loggedIn.visitor), EVENTUALLY)
      .toEqual([
        { trade: market.fills[0]?.tradeId, buyer: buyer.userId, seller: null },
        { trade: limit.fills[0]?.tradeId, buyer: buyer.userId, seller: null },
      ])
    await booksAgree(operator, market.order.engineSequence)

    expect((await firstHeard).data?.notificationReceived).toMatchObject({
      sequence: 1,
      kind: 'ORDER_FILLED',
      order: { id: limit.order.id },
    })
    expect((await heard.next()).data?.notificationReceived).toMatchObject({
      sequence: 2,
      order: { id: market.order.id },
    })
    await heard.end()
    const { data } = await loggedIn.visitor.ask(NOTIFICATIONS)
    expect(data?.notifications).toMatchObject({
      edges: [{ node: { sequence: 2, order: { id: market.order.id, status: 'FILLED' } } }, { node: { sequence: 1 } }],
    })

    const cancel = { input: { orderId: resting.order.id } }
    expect((await seller.visitor.ask(CANCEL_ORDER, cancel)).data?.cancelOrder).toMatchObject({
      __typename: 'OrderCancelled',
      order: { status: 'CANCELLED' },
    })
    expect((await seller.visitor.ask(CANCEL_ORDER, cancel)).data?.cancelOrder).toEqual({
      __typename: 'OrderNotOpen',
      code: 'ORDER_NOT_OPEN',
    })
    await expect.poll(() => seller.balances(), EVENTUALLY).toMatchObject({ BTC: { total: '1.7', held: '0' } })
  })

  test('what is sent twice happens once', async () => {
    const trader = await Trader.register(visitor, 'carol')
    const reference = randomUUID()
    const input = { userId: trader.userId, asset: 'USDT', amount: '5000', reference }
    const first = await operator.ask(CREDIT, { input })
    expect((await operator.ask(CREDIT, { input })).data).toEqual(first.data)
    expect((await operator.ask(CREDIT, { input: { ...input, amount: '5001' } })).data?.creditAccount).toMatchObject({
      code: 'REFERENCE_REUSED',
    })

    const order = orderOf({ side: 'BUY', price: '100', quantity: '1' })
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => trader.visitor.ask(PLACE_ORDER, { input: order })),
    )
    const placed = answers.map((answer) => placedSchema.parse(answer.data?.placeOrder))
    expect(new Set(placed.map((answer) => answer.order.id)).size).toBe(1)
    expect(placed.filter((answer) => !answer.replayed)).toHaveLength(1)
    const other = await trader.visitor.ask(PLACE_ORDER, { input: { ...order, quantity: '2' } })
    expect(other.data?.placeOrder).toMatchObject({ __typename: 'ClientOrderIdReused', orderId: placed[0]?.order.id })
    await expect.poll(() => trader.balances(), EVENTUALLY).toMatchObject({ USDT: { total: '5000', held: '100' } })
  })
})

const placedSchema = z.object({ replayed: z.boolean(), order: z.object({ id: z.string() }) })

const candleSchema = z.object({
  market: z.object({
    candles: z.object({
      edges: z.array(
        z.object({
          node: z.object({
            open: z.string(),
            high: z.string(),
            low: z.string(),
            close: z.string(),
            volume: z.string(),
            quoteVolume: z.string(),
            tradeCount: z.number(),
          }),
        }),
      ),
    }),
  }),
})

/** The trades may lie on both sides of a full minute: then they are in two candles. */
async function candle(visitor: Visitor) {
  const { market } = await visitor.get(candleSchema, CANDLES)
  const nodes = market.candles.edges.map((edge) => edge.node)
  const [newest, oldest] = [nodes[0], nodes.at(-1)]
  if (newest === undefined || oldest === undefined) return null
  const sum = (pick: (node: (typeof nodes)[number]) => string) =>
    String(nodes.reduce((total, node) => total + Math.round(Number(pick(node)) * 1e5), 0) / 1e5)
  const count = nodes.reduce((total, node) => total + node.tradeCount, 0)
  return [
    plain(oldest.open),
    plain(newest.high),
    plain(newest.low),
    plain(newest.close),
    sum((n) => n.volume),
    sum((n) => n.quoteVolume),
    count,
  ]
}

const recordedSchema = z.object({
  recordedTrades: z.object({
    edges: z.array(
      z.object({
        node: z.object({
          tradeId: z.string(),
          buyer: z.object({ id: z.string() }).nullable(),
          seller: z.object({ id: z.string() }).nullable(),
        }),
      }),
    ),
  }),
})

async function recorded(visitor: Visitor) {
  const { recordedTrades } = await visitor.get(recordedSchema, RECORDED)
  return recordedTrades.edges.map(({ node }) => ({
    trade: node.tradeId,
    buyer: node.buyer?.id ?? null,
    seller: node.seller?.id ?? null,
  }))
}
