import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { type Platform, startPlatform } from './stage.ts'
import { credit, EVENTUALLY, setStatus, Trader } from './venue.ts'
import { Visitor } from './visitor.ts'

const amount = z.object({ amount: z.string(), ratio: z.number().nullable() })
const AMOUNT = '{ amount ratio }'
const estimateSchema = z.object({
  probability: z.number(),
  horizonDays: z.number(),
  valueAtRisk: amount,
  expectedShortfall: amount,
  positions: z.array(z.object({ market: z.object({ symbol: z.string() }), contribution: amount })),
})
const assessmentSchema = z.object({
  __typename: z.literal('RiskAssessment'),
  currency: z.string(),
  value: z.string(),
  historyThrough: z.string(),
  markets: z.array(
    z.object({
      market: z.object({ symbol: z.string() }),
      proxy: z.object({ symbol: z.string(), source: z.string(), licence: z.string() }),
      nextDay: z.number(),
      model: z.string(),
    }),
  ),
  estimates: z.array(estimateSchema),
  backtests: z.array(z.object({ probability: z.number(), days: z.number(), kupiec: z.object({ pValue: z.number() }) })),
  stress: z.array(z.object({ name: z.string(), result: amount })),
  liquidity: z.array(z.object({ market: z.object({ symbol: z.string() }), totalCost: z.string() })),
})
const ASSESSMENT = `__typename ... on RiskAssessment { currency value historyThrough
  markets { market { symbol } proxy { symbol source licence } nextDay model }
  estimates { probability horizonDays valueAtRisk ${AMOUNT} expectedShortfall ${AMOUNT}
    positions { market { symbol } contribution ${AMOUNT} } }
  backtests { probability days kupiec { pValue } } stress { name result ${AMOUNT} }
  liquidity { market { symbol } totalCost } }`
const RISK = `{ portfolio { risk { ${ASSESSMENT} ... on RiskUnavailable { reason causes } } } }`
const riskSchema = z.object({ portfolio: z.object({ risk: assessmentSchema }) })
const ASSESS_ORDER = `query ($input: AssessOrderInput!) { assessOrder(input: $input) { market { symbol tickSize } effect { __typename
  ... on OrderRisk { before { ${ASSESSMENT} } after { value } changes { probability horizonDays valueAtRisk expectedShortfall }
    execution { quantity unfilled totalCost } }
  ... on RiskUnavailable { code reason causes } ... on InvalidInput { field } } } }`
const orderSchema = z.object({
  assessOrder: z.object({
    market: z.object({ symbol: z.string(), tickSize: z.string() }),
    effect: z.object({
      __typename: z.literal('OrderRisk'),
      before: z.object({ value: z.string() }).nullable(),
      after: z.object({ value: z.string() }).nullable(),
      changes: z.array(z.object({ probability: z.number(), valueAtRisk: z.string() })),
      execution: z.object({ quantity: z.string(), unfilled: z.string(), totalCost: z.string() }).nullable(),
    }),
  }),
})
const refusalSchema = z.object({ reason: z.string().optional(), field: z.string().optional() })

let platform: Platform
let maker: Trader
let holder: Trader

beforeAll(async () => {
  platform = await startPlatform('standalone')
  const operator = new Visitor(platform.graphqlUrl, await platform.operator())
  for (const symbol of ['BTC-USDT', 'ETH-USDT']) await setStatus(operator, symbol, 'TRADING')
  maker = await Trader.register(new Visitor(platform.graphqlUrl), 'maker')
  holder = await Trader.register(new Visitor(platform.graphqlUrl), 'holder')
  await credit(operator, maker.userId, 'USDT', '200000')
  await credit(operator, maker.userId, 'BTC', '5')
  await credit(operator, maker.userId, 'ETH', '5')
  await credit(operator, holder.userId, 'USDT', '40000')
  await maker.place({ side: 'BUY', price: '59990', quantity: '1' })
  await maker.place({ side: 'SELL', price: '60010', quantity: '1' })
})
afterAll(() => platform?.stop())

async function risk() {
  return (await holder.visitor.get(riskSchema, RISK)).portfolio.risk
}

async function refusal(query: string, variables = {}, of = (data: Record<string, unknown>) => data) {
  const { data } = await holder.visitor.ask(query, variables)
  return refusalSchema.parse(of(z.record(z.string(), z.record(z.string(), z.unknown())).parse(data)))
}
const riskOf = (data: Record<string, unknown>) =>
  z.object({ portfolio: z.object({ risk: z.record(z.string(), z.unknown()) }) }).parse(data).portfolio.risk
const effectOf = (data: Record<string, unknown>) =>
  z.object({ assessOrder: z.object({ effect: z.record(z.string(), z.unknown()) }) }).parse(data).assessOrder.effect

test('an order is assessed before it is sent, by someone who holds nothing but money', async () => {
  expect(await refusal(RISK, {}, riskOf)).toEqual({ reason: 'NOTHING_AT_RISK' })
  const unpriced = { symbol: 'ETH-USDT', side: 'SELL', quantity: '0.1' }
  expect(await refusal(ASSESS_ORDER, { input: unpriced }, effectOf)).toEqual({ reason: 'NO_PRICE' })
  const input = { symbol: 'BTC-USDT', side: 'BUY', quantity: '0.5' }
  const assess = async () => (await holder.visitor.get(orderSchema, ASSESS_ORDER, { input })).assessOrder
  await expect.poll(() => assess().catch(() => null), EVENTUALLY).not.toBeNull()
  const { market, effect } = await assess()
  expect(market).toEqual({ symbol: 'BTC-USDT', tickSize: '0.01' })
  expect(effect).toMatchObject({ before: null, after: { value: '40000.00' } })
  expect(effect.execution).toEqual({ quantity: '0.50000000', unfilled: '0.00000000', totalCost: '5.00' })
  expect(effect.changes.map(({ probability }) => probability)).toEqual([0.01, 0.01, 0.05, 0.05])
  expect(effect.changes.every(({ valueAtRisk }) => Number(valueAtRisk) > 300)).toBe(true)
})

test('a portfolio has its value at risk, with the market that stands for its own, its backtest and its worst days', async () => {
  await holder.place({ side: 'BUY', price: '60010', quantity: '0.5' })
  await expect.poll(() => risk().catch(() => null), EVENTUALLY).not.toBeNull()
  const { markets, estimates, backtests, stress, liquidity, ...head } = await risk()
  expect(head).toMatchObject({ currency: 'USDT', historyThrough: '2018-08-13T00:00:00.000Z' })
  expect(markets).toMatchObject([
    { market: { symbol: 'BTC-USDT' }, proxy: { symbol: 'BTC-USD', licence: 'Apache-2.0' }, model: 'GJR_GARCH' },
  ])
  expect(estimates.map(({ probability, horizonDays }) => [probability, horizonDays])).toEqual([
    [0.01, 1],
    [0.01, 10],
    [0.05, 1],
    [0.05, 10],
  ])
  for (const { valueAtRisk, expectedShortfall, positions } of estimates) {
    expect(Number(expectedShortfall.amount)).toBeGreaterThan(Number(valueAtRisk.amount))
    expect(valueAtRisk.ratio).toBeCloseTo(Number(valueAtRisk.amount) / Number(head.value), 4)
    expect(positions.map(({ contribution }) => contribution.amount)).toEqual([expectedShortfall.amount])
  }
  expect(backtests).toHaveLength(4)
  expect(backtests[0]).toMatchObject({ probability: 0.01, days: expect.any(Number) })
  expect(stress.map(({ name }) => name)).toContain('Bitcoin from its first 19,000')
  expect(liquidity).toMatchObject([{ market: { symbol: 'BTC-USDT' } }])
  expect(await risk()).toMatchObject({ value: head.value, estimates })
})

const twoSchema = z.object({
  portfolio: z.object({
    risk: z.object({
      value: z.string(),
      markets: z.array(z.object({ market: z.object({ symbol: z.string() }), proxy: z.object({ symbol: z.string() }) })),
      estimates: z.array(
        estimateSchema.extend({
          volatility: amount,
          diversification: amount,
          positions: z.array(z.object({ value: z.string(), expectedShortfall: amount, contribution: amount })),
        }),
      ),
      stress: z.array(
        z.object({
          from: z.string(),
          to: z.string(),
          result: amount,
          positions: z.array(z.object({ result: z.string() })),
        }),
      ),
      liquidity: z.array(
        z.object({
          market: z.object({ symbol: z.string() }),
          quantity: z.string(),
          spreadCost: z.string(),
          depthCost: z.string(),
          totalCost: z.string(),
        }),
      ),
    }),
  }),
})
const TWO = `{ portfolio { risk { ... on RiskAssessment { value markets { market { symbol } proxy { symbol } }
  estimates { probability horizonDays valueAtRisk ${AMOUNT} expectedShortfall ${AMOUNT} volatility ${AMOUNT} diversification ${AMOUNT}
    positions { value market { symbol } expectedShortfall ${AMOUNT} contribution ${AMOUNT} } }
  stress { from to result ${AMOUNT} positions { result } } liquidity { market { symbol } quantity spreadCost depthCost totalCost } } } } }`

test('risk is told live as holdings change; contributions and stress of two positions add up, and the book tells what it costs to sell', async () => {
  const riskOf = (data: unknown) => twoSchema.safeParse(data).data?.portfolio.risk
  const etherOf = (data: unknown) =>
    Number(riskOf(data)?.liquidity.find(({ market }) => market.symbol === 'ETH-USDT')?.quantity ?? 0)
  const buy = (quantity: string) => holder.place({ symbol: 'ETH-USDT', side: 'BUY', price: '3010', quantity })
  await maker.place({ symbol: 'ETH-USDT', side: 'BUY', price: '2990', quantity: '1' })
  await maker.place({ symbol: 'ETH-USDT', side: 'BUY', price: '2980', quantity: '9' })
  await maker.place({ symbol: 'ETH-USDT', side: 'SELL', price: '3010', quantity: '3' })
  await buy('1.5')
  // A market has no price before its first snapshot, and its models take a while where the machine is busy.
  await expect.poll(async () => etherOf((await holder.visitor.ask(TWO)).data), EVENTUALLY).toBeGreaterThan(1.4)
  const live = holder.visitor.live(`subscription ${TWO}`)
  await live.until(({ data }) => etherOf(data) > 1.4)
  const more = live.until(({ data }) => etherOf(data) > 1.55)
  let isTold = false
  const end = () => {
    isTold = true
  }
  more.then(end, end)
  await buy('0.1')
  // A refusal for now, such as `BUSY`, stands until something changes.
  for (let waited = 1; !isTold; waited++) {
    await sleep(100)
    if (waited % 50 === 0) await buy('0.001')
  }
  const { data } = await more
  await live.end()
  const { value, markets, estimates, stress, liquidity } = riskOf(data)!
  expect(markets.map(({ market, proxy }) => [market.symbol, proxy.symbol]).sort()).toEqual([
    ['BTC-USDT', 'BTC-USD'],
    ['ETH-USDT', 'BTC-USD'],
  ])
  const sum = (amounts: readonly string[]) => amounts.reduce((total, each) => total + Number(each), 0)
  for (const { expectedShortfall, valueAtRisk, volatility, diversification, positions } of estimates) {
    const whole = Number(expectedShortfall.amount)
    expect(sum(positions.map(({ contribution }) => contribution.amount))).toBeCloseTo(whole, 1)
    const alone = sum(positions.map((each) => each.expectedShortfall.amount))
    expect(alone - whole).toBeCloseTo(Number(diversification.amount), 1)
    // One past stands for both, so that they fall together: nothing is gained by holding two.
    expect(Math.abs(Number(diversification.amount))).toBeLessThan(0.05)
    expect(whole).toBeGreaterThan(Number(valueAtRisk.amount))
    expect(Number(volatility.amount)).toBeGreaterThan(0)
    for (const position of positions)
      expect(Number(position.contribution.amount) / whole).toBeCloseTo(
        Number(position.value) / sum(positions.map((each) => each.value)),
        3,
      )
  }
  for (const { from, to, result, positions } of stress) {
    expect(Date.parse(from)).toBeLessThan(Date.parse(to))
    expect(sum(positions.map((each) => each.result))).toBeCloseTo(Number(result.amount), 1)
  }
  // Ether into bids of 1 at 2990 and 9 at 2980, around a middle of 3000.
  const cost = liquidity.find(({ market }) => market.symbol === 'ETH-USDT')!
  const left = Number(cost.quantity)
  expect(left).toBeGreaterThan(1.4)
  expect(Number(cost.spreadCost)).toBeCloseTo(left * 10, 1)
  expect(Number(cost.depthCost)).toBeCloseTo((left - 1) * 10, 1)
  expect(Number(cost.totalCost)).toBeCloseTo(Number(cost.spreadCost) + Number(cost.depthCost), 1)
  expect(Number(value)).toBeGreaterThan(0)
})

test('what cannot be assessed is told as data, and nobody learns of a portfolio that is not theirs', async () => {
  const order = { symbol: 'BTC-USDT', side: 'SELL', quantity: '0.1' }
  const field = (changes: object) => refusal(ASSESS_ORDER, { input: { ...order, ...changes } }, effectOf)
  expect(await field({ quantity: '0' })).toEqual({ field: 'input.quantity' })
  expect(await field({ price: '-1' })).toEqual({ field: 'input.price' })
  expect(await field({ quantity: '1'.padEnd(39, '0') })).toEqual({ field: 'input.quantity' })
  expect(await field({ price: '1000000001' })).toEqual({ field: 'input.price' })
  expect(await field({ symbol: 'BTC-USDT'.repeat(10) })).toEqual({ field: 'input.symbol' })
  expect(await field({ horizonDays: 21 })).toEqual({ field: 'input.horizonDays' })
  const stranger = new Visitor(platform.graphqlUrl)
  expect((await stranger.ask(ASSESS_ORDER, { input: order })).codes).toContain('UNAUTHENTICATED')
  const user = `{ user(id: "${holder.userId}") { portfolio { accountId risk { __typename } } } }`
  expect((await maker.visitor.ask(user)).text).not.toContain('RiskAssessment')
  // Past the gateway a portfolio that dash33 has not vouched for is an empty name.
  const entity = `{ _entities(representations: [{ __typename: "Portfolio", accountId: "acc_${holder.userId.slice(4)}" }]) {
    ... on Portfolio { risk { ... on RiskUnavailable { reason } } } } }`
  expect((await platform.askDirectly('anya', entity, holder.visitor.authorization)).text).toContain('NO_PORTFOLIO')
})

test('reference markets have their bars, in pages, with source and licence', async () => {
  const visitor = new Visitor(platform.graphqlUrl)
  const schema = z.object({
    referenceMarket: z.object({
      assetClass: z.string(),
      licence: z.string(),
      histories: z.array(z.object({ interval: z.string(), count: z.number() })),
      bars: z.object({
        edges: z.array(z.object({ node: z.object({ openTime: z.string(), close: z.string() }) })),
        pageInfo: z.object({ hasNextPage: z.boolean(), endCursor: z.string().nullable() }),
      }),
    }),
  })
  const query = `query ($after: String) { referenceMarket(symbol: "SP500") { assetClass licence histories { interval count }
    bars(first: 2, after: $after, to: "2008-10-11T00:00:00.000Z") { edges { node { openTime close } } pageInfo { hasNextPage endCursor } } } }`
  const { referenceMarket: first } = await visitor.get(schema, query)
  expect(first).toMatchObject({
    ...{ assetClass: 'EQUITY_INDEX', licence: 'BSD-3-Clause', histories: [{ interval: 'D1', count: 5105 }] },
    bars: { edges: [{ node: { openTime: '2008-10-10T00:00:00.000Z' } }, {}], pageInfo: { hasNextPage: true } },
  })
  const { referenceMarket: second } = await visitor.get(schema, query, { after: first.bars.pageInfo.endCursor })
  expect(second.bars.edges.map(({ node }) => node.openTime)).toEqual([
    '2008-10-08T00:00:00.000Z',
    '2008-10-07T00:00:00.000Z',
  ])
})
