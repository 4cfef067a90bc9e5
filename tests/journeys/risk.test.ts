import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { z } from 'zod'
import { describePlatforms, type Platform, startPlatform } from './stage.ts'
import { credit, EVENTUALLY, setStatus, Trader } from './venue.ts'
import { Visitor } from './visitor.ts'

const ANSWER =
  '__typename ... on SettingChanged { engineSequence } ... on Refusal { code message } ... on InvalidInput { field }'
const change = (mutation: string, input: string) =>
  `mutation Change($input: ${input}!) { answer: ${mutation}(input: $input) { ${ANSWER} } }`
const LIMITS = change('setRiskLimits', 'SetRiskLimitsInput')
const ASSIGN = change('assignRiskProfile', 'AssignRiskProfileInput')
const RULES = change('setMarketRules', 'SetMarketRulesInput')
const FEES = change('setFeeSchedule', 'SetFeeScheduleInput')
const KILL = change('setKillSwitch', 'SetKillSwitchInput')
const PLACE = `mutation Place($input: PlaceOrderInput!) {
  placeOrder(input: $input) {
    __typename
    ... on OrderPlaced { order { id status } fills { fee quantity } }
    ... on Refusal { code }
    ... on RiskLimitExceeded { rule limit observed headroom }
    ... on KillSwitchEngaged { scope }
  }
}`
const changesSchema = z.object({
  venueChanges: z.object({
    edges: z.array(
      z.object({
        node: z.object({
          setting: z.string(),
          target: z.string(),
          before: z.array(z.object({ name: z.string(), value: z.string() })).nullable(),
          after: z.array(z.object({ name: z.string(), value: z.string() })),
          changedBy: z.string(),
          reason: z.string(),
        }),
      }),
    ),
  }),
})
const CHANGES =
  '{ venueChanges(first: 20) { edges { node { setting target before { name value } after { name value } changedBy reason } } } }'
const auditSchema = z.object({
  auditLog: z.object({
    edges: z.array(z.object({ node: z.object({ action: z.string(), subject: z.string().nullable() }) })),
  }),
})

describePlatforms((mode) => {
  let platform: Platform
  let operator: Visitor
  let maker: Trader
  let taker: Trader

  beforeAll(async () => {
    platform = await startPlatform(mode)
    const visitor = new Visitor(platform.graphqlUrl)
    operator = visitor.as(await platform.operator())
    await setStatus(operator, 'BTC-USDT', 'TRADING')
    maker = await Trader.register(visitor, 'hedy')
    taker = await Trader.register(visitor, 'alan')
    for (const { userId } of [maker, taker]) {
      await credit(operator, userId, 'USDT', '1000000')
      await credit(operator, userId, 'BTC', '10')
    }
  })
  afterAll(() => platform?.stop())

  const answerSchema = z.object({ answer: z.object({ __typename: z.string() }).loose() })
  const set = async (mutation: string, input: object, by: Visitor = operator) =>
    (await by.get(answerSchema, mutation, { input })).answer
  const placeSchema = z.object({ placeOrder: z.object({ __typename: z.string() }).loose() })
  const place = async (trader: Trader, order: object) => {
    const input = { clientOrderId: randomUUID(), symbol: 'BTC-USDT', type: 'LIMIT', ...order }
    return (await trader.visitor.get(placeSchema, PLACE, { input })).placeOrder
  }
  const accountOf = async (trader: Trader) => (await trader.portfolio()).accountId
  let profile: string
  beforeEach(() => {
    profile = `drill-${randomUUID().slice(0, 8)}`
  })

  test('an account under a profile is held to its limits, and told rule, limit, what was observed and the headroom', async () => {
    const reason = 'new customer'
    expect(
      await set(LIMITS, { profile, symbol: 'BTC-USDT', maxOrderQuantity: '0.5', maxOpenOrders: 1, reason }),
    ).toMatchObject({
      __typename: 'SettingChanged',
    })
    expect(await set(ASSIGN, { accountId: await accountOf(taker), profile, reason })).toMatchObject({
      __typename: 'SettingChanged',
    })
    expect(await place(taker, { side: 'BUY', price: '50000', quantity: '0.50001' })).toMatchObject({
      __typename: 'RiskLimitExceeded',
      rule: 'MAX_ORDER_QUANTITY',
      limit: '0.50000',
      observed: '0.50001',
      headroom: '0.50000',
    })
    expect(await place(taker, { side: 'BUY', price: '50000', quantity: '0.1' })).toMatchObject({
      __typename: 'OrderPlaced',
    })
    expect(await place(taker, { side: 'BUY', price: '50000', quantity: '0.1' })).toMatchObject({
      rule: 'MAX_OPEN_ORDERS',
      headroom: '0',
    })
    const own = await taker.visitor.get(
      z.object({
        riskLimits: z.object({
          name: z.string(),
          limits: z.array(z.object({ symbol: z.string().nullable() }).loose()),
        }),
      }),
      '{ riskLimits { name limits { symbol maxOrderQuantity maxOpenOrders maxExposure } } }',
    )
    expect(own.riskLimits.name).toBe(profile)
    expect(own.riskLimits.limits).toContainEqual({
      symbol: 'BTC-USDT',
      maxOrderQuantity: '0.50000',
      maxOpenOrders: 1,
      maxExposure: null,
    })
    expect(
      await set(ASSIGN, { accountId: await accountOf(taker), profile: 'standard', reason: 'known by now' }),
    ).toMatchObject({
      __typename: 'SettingChanged',
    })
    expect(await place(taker, { side: 'BUY', price: '50000', quantity: '0.1' })).toMatchObject({
      __typename: 'OrderPlaced',
    })
  })

  test('each change is on record with who, why, before and after, at the exchange and in the audit log', async () => {
    await set(LIMITS, { profile, maxExposure: '1000', reason: 'first' })
    await set(LIMITS, { profile, maxExposure: '2000.5', reason: 'second' })
    const { venueChanges } = await operator.get(changesSchema, CHANGES)
    expect(venueChanges.edges[0]?.node).toMatchObject({
      setting: 'RISK_LIMITS',
      target: `${profile} *`,
      reason: 'second',
    })
    expect(venueChanges.edges[0]?.node.before).toContainEqual({ name: 'maxExposure', value: '1000.0000000' })
    expect(venueChanges.edges[0]?.node.after).toContainEqual({ name: 'maxExposure', value: '2000.5000000' })
    expect(venueChanges.edges[0]?.node.changedBy).toMatch(/^usr_/)
    await expect
      .poll(
        async () =>
          JSON.stringify(
            (await operator.get(auditSchema, '{ auditLog(first: 50) { edges { node { action subject } } } }')).auditLog,
          ),
        EVENTUALLY,
      )
      .toContain(`${profile} *`)
  })

  test('fees follow the schedule from the next trade on, and a market its rules from the next order on', async () => {
    const tier = (minVolume: string, makerFeePercent: string, takerFeePercent: string) => ({
      minVolume,
      makerFeePercent,
      takerFeePercent,
    })
    const traded = async () => {
      await place(maker, { side: 'SELL', price: '60000', quantity: '1' })
      return place(taker, { side: 'BUY', price: '60000', quantity: '1', timeInForce: 'IOC' })
    }
    expect(await traded()).toMatchObject({ fills: [{ quantity: '1.00000', fee: '0.00050000' }] })
    const tiers = [tier('0', '0.02', '0.05'), tier('50000', '0', '0.01')]
    expect(await set(FEES, { tiers, reason: 'autumn' })).toMatchObject({ __typename: 'SettingChanged' })
    expect(await traded()).toMatchObject({ fills: [{ quantity: '1.00000', fee: '0.00010000' }] })

    const rules = {
      symbol: 'BTC-USDT',
      maxQuantity: '5',
      minNotional: '10',
      collarPercent: '2',
      protectionPercent: '5',
      priceBandPercent: '10',
      bandWindowMs: 300_000,
      haltAuctionMs: 60_000,
    }
    expect(await set(RULES, { ...rules, reason: 'calm' })).toMatchObject({ __typename: 'SettingChanged' })
    expect(await place(taker, { side: 'BUY', price: '61200.01', quantity: '0.1' })).toMatchObject({
      rule: 'PRICE_COLLAR',
      limit: '61200.00',
    })
    expect(await place(taker, { side: 'BUY', price: '50000', quantity: '5.00001' })).toMatchObject({
      rule: 'MARKET_MAX_QUANTITY',
    })
    expect(await place(taker, { side: 'BUY', price: '50000', quantity: '0.0001' })).toMatchObject({
      rule: 'MARKET_MIN_NOTIONAL',
      limit: '10.0000000',
    })
  })

  test('a kill switch cancels what is open, refuses what comes, lets cancels through and is released', async () => {
    const resting = await place(maker, { side: 'BUY', price: '51000', quantity: '0.1' })
    expect(resting).toMatchObject({ __typename: 'OrderPlaced' })
    expect(await set(KILL, { scope: 'VENUE', engaged: true, reason: 'something is wrong' })).toMatchObject({
      __typename: 'SettingChanged',
    })
    expect(await place(maker, { side: 'BUY', price: '51000', quantity: '0.1' })).toMatchObject({
      code: 'KILL_SWITCH_ENGAGED',
      scope: 'VENUE',
    })
    const { order } = await maker.visitor.get(
      z.object({ order: z.object({ status: z.string(), cancelReason: z.string() }) }),
      'query Order($id: ID!) { order(id: $id) { status cancelReason } }',
      { id: z.object({ id: z.string() }).parse(resting.order).id },
    )
    expect(order).toEqual({ status: 'CANCELLED', cancelReason: 'KILL_SWITCH' })
    const switches = z.object({ killSwitches: z.array(z.object({ scope: z.string(), target: z.string() })) })
    expect((await operator.get(switches, '{ killSwitches { scope target } }')).killSwitches).toEqual([
      { scope: 'VENUE', target: '' },
    ])
    expect(await set(KILL, { scope: 'VENUE', engaged: false, reason: 'found it' })).toMatchObject({
      __typename: 'SettingChanged',
    })
    expect(await place(maker, { side: 'BUY', price: '51000', quantity: '0.1' })).toMatchObject({
      __typename: 'OrderPlaced',
    })
  })

  test('whoever may not change the venue does not, and what cannot be is named', async () => {
    const { data, codes } = await maker.visitor.ask(LIMITS, { input: { profile, reason: 'more for me' } })
    expect(codes).toEqual(['FORBIDDEN'])
    expect(data).toBeNull()
    expect(await set(ASSIGN, { accountId: 'acc_nobody', profile: 'standard', reason: 'x' })).toMatchObject({
      __typename: 'UnknownAccount',
    })
    expect(await set(ASSIGN, { accountId: await accountOf(maker), profile, reason: 'x' })).toMatchObject({
      __typename: 'UnknownRiskProfile',
    })
    expect(await set(LIMITS, { profile, symbol: 'XYZ-USDT', reason: 'x' })).toMatchObject({
      __typename: 'UnknownMarket',
    })
    expect(await set(LIMITS, { profile: 'no spaces', reason: 'x' })).toMatchObject({ field: 'input.profile' })
  })
})
