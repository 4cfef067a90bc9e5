import { randomUUID } from 'node:crypto'
import path from 'node:path'
import { systemClock } from '@opsource/kernel'
import { playRecording, RecordedSource } from '@opsource/market'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { booksAgree } from './books.ts'
import { describePlatforms, type Platform, startPlatform } from './stage.ts'
import { credit, EVENTUALLY, Trader } from './venue.ts'
import { Visitor } from './visitor.ts'

const RECORDING = path.resolve(import.meta.dirname, '../../data/binance-btc-eth-2024-08-08')
const CREATE = /* GraphQL */ `
  mutation Create($input: CreateStrategyInput!) {
    createStrategy(input: $input) { __typename ... on StrategyWritten { strategy { id enabled stoppedBecause } } ... on Refusal { code } }
  }
`
const SET_ENABLED = /* GraphQL */ `
  mutation SetEnabled($input: SetStrategyEnabledInput!) {
    setStrategyEnabled(input: $input) { __typename ... on StrategyWritten { strategy { id enabled } } ... on Refusal { code } }
  }
`
const STRATEGY = /* GraphQL */ `
  query Strategy($id: ID!) {
    strategy(id: $id) {
      enabled
      stoppedBecause
      position
      profit
      orders(first: 50) {
        edges {
          node {
            side
            outcome
            prediction { id direction probability madeAt }
            order { id status filledQuantity engineSequence strategy { id } prediction { id } }
          }
        }
      }
    }
  }
`
const KILL = /* GraphQL */ `
  mutation Kill($input: SetKillSwitchInput!) { setKillSwitch(input: $input) { __typename ... on Refusal { code message } } }
`
const written = z.object({
  __typename: z.literal('StrategyWritten'),
  strategy: z.object({ id: z.string(), enabled: z.boolean() }),
})
const orderSchema = z.object({
  id: z.string(),
  status: z.string(),
  filledQuantity: z.string(),
  engineSequence: z.number(),
  strategy: z.object({ id: z.string() }),
  prediction: z.object({ id: z.string() }),
})
const strategySchema = z.object({
  strategy: z.object({
    enabled: z.boolean(),
    stoppedBecause: z.string().nullable(),
    position: z.string(),
    orders: z.object({
      edges: z.array(
        z.object({
          node: z.object({
            side: z.enum(['BUY', 'SELL']),
            outcome: z.string().nullable(),
            prediction: z.object({ id: z.string(), direction: z.enum(['UP', 'DOWN']), probability: z.number() }),
            order: orderSchema.nullable(),
          }),
        }),
      ),
    }),
  }),
})
const watermarkSchema = z.object({ portfolio: z.object({ watermark: z.number() }) })
const recordedSchema = z.object({
  recordedTrades: z.object({ edges: z.array(z.object({ node: z.object({}).loose() })) }),
})

describePlatforms((mode) => {
  let platform: Platform
  let visitor: Visitor
  let trader: Trader
  const stop = new AbortController()
  let playing: Promise<void>

  beforeAll(async () => {
    platform = await startPlatform(mode)
    visitor = new Visitor(platform.graphqlUrl)
    trader = await Trader.register(visitor, 'ada')
    await credit(visitor.as(await platform.operator()), trader.userId, 'USDT', '100000')
    playing = playRecording({
      gatewayUrl: platform.graphqlUrl,
      keys: platform.marketKeys,
      source: await RecordedSource.open(RECORDING),
      speed: 1,
      loop: false,
      depth: 20,
      seed: 11,
      judge: false,
      recordedMs: null,
      clock: systemClock,
      stop: stop.signal,
      tell: () => {},
      onReport: () => {},
    })
  })
  afterAll(async () => {
    stop.abort()
    await playing
    await platform?.stop()
  })

  const terms = {
    clientStrategyId: 'follow',
    symbol: 'BTC-USDT',
    minProbability: 0.5,
    orderQuantity: '0.001',
    maxPosition: '0.004',
    maxSlippagePercent: '0.10',
    maxOrdersPerDay: 50,
    maxDailyLoss: '1000',
    // How long the first pass lasts is the machine's matter.
    tradeInSample: true,
  }
  const create = async (input: object) =>
    (await trader.visitor.get(z.object({ createStrategy: z.unknown() }), CREATE, { input })).createStrategy
  const setEnabled = async (id: string, enabled: boolean) =>
    (await trader.visitor.get(z.object({ setStrategyEnabled: written }), SET_ENABLED, { input: { id, enabled } }))
      .setStrategyEnabled.strategy
  const read = async (id: string) => (await trader.visitor.get(strategySchema, STRATEGY, { id })).strategy

  test('market data becomes forecasts, forecasts become orders, orders become trades on record, and the books agree', async () => {
    const made = written.parse(await create(terms))
    expect(made.strategy.enabled).toBe(false)
    expect(await create(terms)).toMatchObject(made)
    expect(await create({ ...terms, maxPosition: '1' })).toMatchObject({ __typename: 'ClientStrategyIdReused' })
    const { id } = made.strategy
    await new Promise((resolve) => setTimeout(resolve, 1_500))
    expect((await read(id)).orders.edges).toEqual([])

    expect(await setEnabled(id, true)).toMatchObject({ enabled: true })
    await expect
      .poll(
        async () => (await read(id)).orders.edges.filter(({ node }) => node.order?.status === 'FILLED').length,
        EVENTUALLY,
      )
      .toBeGreaterThanOrEqual(2)
    expect(await setEnabled(id, false)).toMatchObject({ enabled: false })

    const { orders, position, stoppedBecause } = await read(id)
    expect(stoppedBecause).toBe('USER')
    expect(Number(position)).toBeGreaterThanOrEqual(0)
    expect(Number(position)).toBeLessThanOrEqual(0.004)
    for (const { node } of orders.edges) {
      expect(node.side).toBe(node.prediction.direction === 'UP' ? 'BUY' : 'SELL')
      if (node.order) expect(node.order).toMatchObject({ strategy: { id }, prediction: { id: node.prediction.id } })
    }
    const forecasts = orders.edges.map(({ node }) => node.prediction.id)
    expect(new Set(forecasts).size).toBe(forecasts.length)

    stop.abort()
    await playing
    const watermarks = [
      trader.visitor,
      ...[platform.marketKeys.maker, platform.marketKeys.taker].map((key) => visitor.as(`ApiKey ${key}`)),
    ].map(async (each) => (await each.get(watermarkSchema, '{ portfolio { watermark } }')).portfolio.watermark)
    await Promise.all(watermarks)
    const operator = visitor.as(await platform.operator())
    const filled = orders.edges.flatMap(({ node }) =>
      node.order && Number(node.order.filledQuantity) > 0 ? [node.order.engineSequence] : [],
    )
    await booksAgree(operator, Math.max(...filled))
    const { recordedTrades } = await trader.visitor.get(
      recordedSchema,
      '{ recordedTrades(first: 100) { edges { node { buyer { id } seller { id } } } } }',
    )
    expect(recordedTrades.edges.length).toBeGreaterThanOrEqual(2)
    for (const { node } of recordedTrades.edges) expect(JSON.stringify(node)).toContain(trader.userId)
  })

  test('a kill switch stops a strategy, which stays off when it is released', async () => {
    const { strategy } = written.parse(await create({ ...terms, clientStrategyId: `second-${randomUUID()}` }))
    await setEnabled(strategy.id, true)
    const operator = visitor.as(await platform.operator())
    const { portfolio } = await trader.visitor.get(
      z.object({ portfolio: z.object({ accountId: z.string() }) }),
      '{ portfolio { accountId } }',
    )
    const input = { scope: 'ACCOUNT', target: portfolio.accountId, reason: 'drill' }
    const done = z.object({ setKillSwitch: z.object({ __typename: z.literal('SettingChanged') }) })
    await operator.get(done, KILL, { input: { ...input, engaged: true } })
    await expect
      .poll(async () => read(strategy.id), EVENTUALLY)
      .toMatchObject({ enabled: false, stoppedBecause: 'KILL_SWITCH' })
    await operator.get(done, KILL, { input: { ...input, engaged: false } })
    expect(await read(strategy.id)).toMatchObject({ enabled: false })
  })
})
