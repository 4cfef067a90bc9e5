import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { type Platform, startPlatform } from './stage.ts'
import { credit, EVENTUALLY, orderOf, quoteAsMaker, setStatus, Trader } from './venue.ts'
import { type LiveEvents, Visitor } from './visitor.ts'

const SYMBOL = 'BTC-USDT'
const FIELDS = `id kind accountIds from to explanation orders { orderId accountId side price quantity placedAt closedAt }
  trades { price quantity makerAccountId takerAccountId }`
const RAISED = `subscription { surveillanceAlertRaised(market: "${SYMBOL}") { ${FIELDS} } }`
const PAGE = `(first: 100) { edges { node { ${FIELDS} } } }`
const KEPT = `{ surveillanceAlerts${PAGE} market(symbol: "${SYMBOL}") { surveillanceAlerts${PAGE} } }`
const BATCH = `mutation ($input: OrderBatchInput!) { submitOrderBatch(input: $input) { __typename ... on OrderBatch {
  orders { __typename ... on OrderPlaced { order { id } } } cancels { __typename } } } }`
const CANCEL_ALL = 'mutation { cancelAllOrders { __typename } }'

const alertSchema = z.object({
  id: z.string(),
  kind: z.string(),
  accountIds: z.array(z.string()),
  from: z.string(),
  to: z.string(),
  explanation: z.string(),
  orders: z.array(
    z.object({
      orderId: z.string(),
      accountId: z.string(),
      side: z.string(),
      price: z.string(),
      quantity: z.string(),
      closedAt: z.string().nullable(),
    }),
  ),
  trades: z.array(z.object({ price: z.string(), quantity: z.string(), makerAccountId: z.string() })),
})
type Alert = z.infer<typeof alertSchema>
const page = z.object({ edges: z.array(z.object({ node: alertSchema })) })
const keptSchema = z.object({ surveillanceAlerts: page, market: z.object({ surveillanceAlerts: page }) })
const batchSchema = z.object({
  submitOrderBatch: z.object({
    orders: z.array(z.object({ __typename: z.literal('OrderPlaced'), order: z.object({ id: z.string() }) })),
    cancels: z.array(z.object({ __typename: z.string() })),
  }),
})

let platform: Platform
let operator: Visitor
let maker: Trader
let taker: Trader
let raised: LiveEvents

async function customer(name: string): Promise<Trader> {
  const trader = await Trader.register(new Visitor(platform.graphqlUrl), name)
  await credit(operator, trader.userId, 'BTC', '10')
  await credit(operator, trader.userId, 'USDT', '1000000')
  return trader
}

beforeAll(async () => {
  platform = await startPlatform('standalone')
  operator = new Visitor(platform.graphqlUrl, await platform.operator())
  await setStatus(operator, SYMBOL, 'TRADING')
  maker = await customer('maker')
  taker = await customer('taker')
  await quoteAsMaker(operator, maker)
  raised = operator.live(RAISED)
})
afterAll(() => platform?.stop())

const accountOf = async (trader: Trader) => (await trader.portfolio()).accountId

async function batch(trader: Trader, cancels: readonly string[], orders: readonly Parameters<typeof orderOf>[0][]) {
  const input = { cancels: cancels.map((orderId) => ({ orderId })), orders: orders.map(orderOf) }
  const { submitOrderBatch } = await trader.visitor.get(batchSchema, BATCH, { input })
  return submitOrderBatch.orders.map(({ order }) => order.id)
}
const withdrawAll = (trader: Trader) => trader.visitor.ask(CANCEL_ALL)

let quotes: readonly string[] = []
let round = 0
/** Four prices a side; who trades with the best of them makes the maker withdraw all and quote a step away. */
async function makeMarket(): Promise<void> {
  const middle = 60_000 + 3 * (round % 2)
  quotes = await batch(
    maker,
    quotes,
    [1, 2, 3, 4].flatMap((level) => [
      { side: 'BUY' as const, price: String(middle - 10 * level), quantity: '0.5' },
      { side: 'SELL' as const, price: String(middle + 10 * level), quantity: '0.5' },
    ]),
  )
  const [side, price] = round++ % 2 ? (['SELL', '59000'] as const) : (['BUY', '61000'] as const)
  await taker.place({ side, price, quantity: '0.02', timeInForce: 'IOC' })
  await batch(maker, quotes, [])
  quotes = []
}

/** Tries until it is told of: a machine that is busy may be slower than the rule's seconds. */
async function told(kind: string, attempt: () => Promise<unknown>): Promise<Alert> {
  let alert: Alert | undefined
  const schema = z.object({ surveillanceAlertRaised: alertSchema })
  const hears = raised.until(({ data }) => {
    const parsed = schema.safeParse(data)
    if (parsed.data?.surveillanceAlertRaised.kind === kind) alert = parsed.data.surveillanceAlertRaised
    return alert !== undefined
  })
  let isOver = false
  const end = () => {
    isOver = true
  }
  hears.then(end, end)
  while (!isOver) {
    await attempt()
    await makeMarket()
    await sleep(EVENTUALLY.interval)
  }
  await hears
  return alertSchema.parse(alert)
}

test('a wash between two accounts is told live, with its trades and the orders that were made for each other', async () => {
  // A pair is told of once in ten minutes, and nobody says when a stream has begun: each attempt is another pair.
  const alert = await told('WASH_TRADING', async () => {
    const pair = [await customer('one'), await customer('other')] as const
    for (const [rests, takes] of [pair, [pair[1], pair[0]], pair, [pair[1], pair[0]]] as const) {
      await rests.place({ side: 'SELL', price: '60001', quantity: '0.01' })
      await takes.place({ side: 'BUY', price: '60001', quantity: '0.01', timeInForce: 'IOC' })
    }
  })
  expect(alert.accountIds).toHaveLength(2)
  expect(alert.trades).toHaveLength(4)
  expect(alert.trades[0]).toMatchObject({ price: '60001.00', quantity: '0.01000' })
  expect(alert.orders).toHaveLength(8)
  expect(
    alert.orders.every(({ accountId, closedAt }) => alert.accountIds.includes(accountId) && closedAt !== null),
  ).toBe(true)
})

test('a spoof is told live, with the order that was withdrawn, the one that it was for, and the trade', async () => {
  const spoofer = await customer('spoofer')
  const alert = await told('SPOOFING', async () => {
    await spoofer.place({ side: 'SELL', price: '60001', quantity: '0.01' })
    await spoofer.place({ side: 'BUY', price: '59999', quantity: '1' })
    await taker.place({ side: 'BUY', price: '60001', quantity: '0.01', timeInForce: 'IOC' })
    await withdrawAll(spoofer)
  })
  const own = await accountOf(spoofer)
  expect(alert.accountIds).toEqual([own])
  expect(alert.orders).toMatchObject([
    { accountId: own, side: 'BUY', price: '59999.00', quantity: '1.00000', closedAt: expect.any(String) },
    { accountId: own, side: 'SELL', price: '60001.00', quantity: '0.01000', closedAt: expect.any(String) },
  ])
  expect(alert.trades).toMatchObject([{ price: '60001.00', quantity: '0.01000', makerAccountId: own }])
  expect(alert.explanation).toContain('untraded BUY')
})

test('a spoof that is moved away instead of withdrawn is told live as well', async () => {
  const spoofer = await customer('mover')
  const amend = 'mutation ($input: AmendOrderInput!) { amendOrder(input: $input) { __typename } }'
  const alert = await told('SPOOFING', async () => {
    await spoofer.place({ side: 'BUY', price: '59999', quantity: '0.01' })
    const { order } = await spoofer.place({ side: 'SELL', price: '60001', quantity: '0.2' })
    await taker.place({ side: 'SELL', price: '59999', quantity: '0.01', timeInForce: 'IOC' })
    await spoofer.visitor.ask(amend, { input: { orderId: order.id, price: '64000' } })
  })
  const own = await accountOf(spoofer)
  expect(alert.orders).toMatchObject([
    { accountId: own, side: 'SELL', price: '60001.00', quantity: '0.20000', closedAt: expect.any(String) },
    { accountId: own, side: 'BUY', price: '59999.00', quantity: '0.01000', closedAt: expect.any(String) },
  ])
})

test('layers at three prices are told live', async () => {
  const layerer = await customer('layerer')
  const alert = await told('LAYERING', async () => {
    await layerer.place({ side: 'BUY', price: '59999', quantity: '0.01' })
    const prices = ['60001', '60002', '60003']
    await batch(
      layerer,
      [],
      prices.map((price) => ({ side: 'SELL' as const, price, quantity: '0.015' })),
    )
    await taker.place({ side: 'SELL', price: '59999', quantity: '0.01', timeInForce: 'IOC' })
    await withdrawAll(layerer)
  })
  expect(alert.accountIds).toEqual([await accountOf(layerer)])
  expect(alert.orders.map(({ side }) => side)).toEqual(['SELL', 'SELL', 'SELL', 'BUY'])
})

test('a flood of orders that are withdrawn at once is told live', async () => {
  const stuffer = await customer('stuffer')
  await quoteAsMaker(operator, stuffer)
  const flood = Array.from({ length: 120 }, () => ({ side: 'BUY' as const, price: '59000', quantity: '0.001' }))
  const alert = await told('QUOTE_STUFFING', async () => {
    // Sent at once: on a busy machine an answer may take longer than the rule's second.
    await Promise.all([batch(stuffer, [], flood), withdrawAll(stuffer)])
    await withdrawAll(stuffer)
  })
  expect(alert.accountIds).toEqual([await accountOf(stuffer)])
  expect(alert.orders.length).toBeGreaterThanOrEqual(100)
  expect(alert.trades).toEqual([])
})

test('all of it is kept, on the market too, for auditors alone; the maker that was there all along is not suspected', async () => {
  const kept = await operator.get(keptSchema, KEPT)
  const alerts = kept.surveillanceAlerts.edges.map(({ node }) => node)
  expect(kept.market.surveillanceAlerts.edges.map(({ node }) => node.id)).toEqual(alerts.map(({ id }) => id))
  const kinds = new Set(alerts.map(({ kind }) => kind))
  expect([...kinds].sort()).toEqual(['LAYERING', 'QUOTE_STUFFING', 'SPOOFING', 'WASH_TRADING'])
  expect(round).toBeGreaterThanOrEqual(4)
  const suspected = alerts.flatMap(({ accountIds }) => accountIds)
  for (const honest of [maker, taker]) expect(suspected).not.toContain(await accountOf(honest))
  const stranger = new Visitor(platform.graphqlUrl)
  for (const [visitor, code] of [
    [maker.visitor, 'FORBIDDEN'],
    [stranger, 'UNAUTHENTICATED'],
  ] as const) {
    expect((await visitor.ask(`{ surveillanceAlerts${PAGE} }`)).codes).toEqual([code])
    const both = await visitor.ask(KEPT)
    expect(both.codes.length).toBeGreaterThan(0)
    expect(both.text).not.toContain('acc_')
    const platforms = '{ platformAnomalies { edges { node { measure } } } }'
    expect((await visitor.ask(platforms)).codes).toEqual([code])
    for (const live of [RAISED, 'subscription { platformAnomalyDetected { measure } }'])
      await expect(visitor.live(live).next()).rejects.toMatchObject([{ extensions: { code } }])
    await visitor.leave()
  }
  await raised.end()
})
