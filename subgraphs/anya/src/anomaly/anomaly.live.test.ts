import { marketDataChannel, marketSnapshotKey, orderFlowChannel } from '@opsource/bus/contracts'
import { ManualClock, seededRandom } from '@opsource/kernel'
import type { Subgraph } from '@opsource/subgraph'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type FreshDatabase, freshDatabase } from '../../../../tests/support/database.ts'
import { type TestPorts, testPorts } from '../../../../tests/support/ports.ts'
import { until } from '../../../../tests/support/waiting.ts'
import { type Database, openDatabase } from '../database.ts'
import { startAnya } from '../index.ts'
import { AnomalyObserver } from './observe.ts'
import type { DetectedAnomaly } from './record.ts'
import { AnomalyService } from './service.ts'
import { AnomalyStore } from './store.ts'

const SYMBOL = 'BTC-USDT'
const WARM_UP = 60
const HOUR_MS = 3_600_000
const PATIENCE_MS = 40_000
const clock = new ManualClock(Date.UTC(2026, 0, 5))
let fresh: FreshDatabase
let database: Database
let ports: TestPorts
let anya: Subgraph

beforeAll(async () => {
  fresh = await freshDatabase('anya')
  ports = testPorts({ databaseUrl: fresh.url, clock })
  database = openDatabase(fresh.url)
  anya = await startAnya(ports, { symbols: [SYMBOL] })
})
afterAll(async () => {
  await anya?.stop()
  await database?.$disconnect()
  await Promise.all([ports?.transport.close(), ports?.cache.close()])
  await fresh?.drop()
})

const service = () =>
  new AnomalyService({
    ports,
    symbols: [SYMBOL],
    store: new AnomalyStore(database),
    observer: new AnomalyObserver(testPorts()),
    onRecorded: () => {},
    // Samples are taken by the test alone.
    sampleMs: HOUR_MS,
    warmUp: WARM_UP,
  })

const random = seededRandom(3)
let sequence = 0
/** A second of the market: a book with this spread in ticks, and one trade. */
async function second(spread: number): Promise<void> {
  clock.advance(1_000)
  const mid = 6_000_000 + Math.floor(20 * random.next())
  const book = { bids: [[mid - spread, 50 + Math.floor(20 * random.next())]], asks: [[mid + spread, 60]] }
  const head = { symbol: SYMBOL, engineSequence: sequence, time: clock.now(), status: 'TRADING', recording: null }
  const steps = { tick: { units: 1, scale: 2 }, lot: { units: 1, scale: 5 } }
  const snapshot = { ...head, ...steps, ...book, sequence: sequence + 1 }
  await ports.cache.set(marketSnapshotKey(SYMBOL), JSON.stringify(snapshot), { ttlMs: HOUR_MS })
  const trade = { tradeId: 't', price: mid, quantity: 10 + Math.floor(5 * random.next()), time: clock.now() }
  const trades = [{ ...trade, takerSide: random.next() < 0.5 ? 'BUY' : 'SELL' }]
  const message = { ...head, ...book, previousSequence: sequence, sequence: ++sequence, trades }
  await ports.cache.publish(marketDataChannel(SYMBOL), JSON.stringify(message))
}

async function ask(query: string, token?: string) {
  const headers: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {}
  return JSON.parse(await anya.execute({ body: JSON.stringify({ query }), headers }))
}
const FIELDS = 'id market { symbol } measure value severity usualTo explanation detectedAt'

test('a spread that opens is found, kept once and told to all, with what would be usual', async () => {
  const watching = service()
  await watching.start()
  const body = JSON.stringify({
    query: `subscription { anomalyDetected(market: "${SYMBOL}", minimumSeverity: LOW) { ${FIELDS} } }`,
  })
  const events = anya.subscribe({ body, headers: {} })
  const told = events.next()
  for (let i = 0; i < WARM_UP + 20; i++) {
    await second(2 + Math.floor(3 * random.next()))
    await watching.sample()
  }
  const before = await database.anomaly.count()
  for (let i = 0; i < 6; i++) {
    await second(400)
    await watching.sample()
  }
  const store = new AnomalyStore(database)
  const found = await store.page({ kind: 'MARKET', symbol: SYMBOL }, 'LOW', { first: 50, after: null })
  const [spread] = found.filter(({ measure, value }) => measure === 'spread' && value > 1e-4)
  expect(found.length).toBeGreaterThan(before)
  expect(spread).toMatchObject({ symbol: SYMBOL, explanation: expect.stringContaining('above what it was lately') })
  expect(spread!.usualTo).toBeLessThan(spread!.value)
  // Told again for a stream that began to listen later than this was found.
  const tellAgain = setInterval(() => void ports.cache.publish('anomalies', JSON.stringify(spread)), 50)
  expect(JSON.parse((await told).value).data.anomalyDetected.market).toEqual({ symbol: SYMBOL })
  clearInterval(tellAgain)
  await events.return?.()
  // A clock that is set back blinds nobody: the samples still come in their order.
  clock.advance(-HOUR_MS)
  for (let i = 0; i < WARM_UP + 6; i++) {
    await second(i < WARM_UP ? 2 + Math.floor(3 * random.next()) : 4_000)
    await watching.sample()
  }
  const all = await store.page({ kind: 'MARKET', symbol: SYMBOL }, 'LOW', { first: 50, after: null })
  const later = all.filter(({ measure, detectedAt }) => measure === 'spread' && detectedAt < spread!.detectedAt)
  // One: samples of one interval, here an hour, count as one moment.
  expect(later).toHaveLength(1)
  clock.advance(HOUR_MS)
  // Another instance that finds the same at the same second adds nothing.
  expect(await store.record([{ ...spread!, id: ports.ids.next('ano') }])).toEqual([])
  await watching.close()
})

test('anomalies are listed by severity in pages, as entities, and the platform’s for operators alone', async () => {
  const store = new AnomalyStore(database)
  const anomaly = (symbol: string | null, severity: DetectedAnomaly['severity'], at: number): DetectedAnomaly => ({
    ...{ id: ports.ids.next('ano'), symbol, severity, measure: symbol ? 'volume' : 'event loop delay' },
    ...{ value: 9, score: 0.6, usualFrom: 0, usualTo: 1, explanation: 'volume is 9', detectedAt: clock.now() + at },
  })
  const rows = await store.record([
    anomaly('ETH-USDT', 'HIGH', 1),
    anomaly(SYMBOL, 'LOW', 2),
    anomaly(SYMBOL, 'HIGH', 3),
    anomaly(null, 'HIGH', 4),
  ])
  expect(rows).toHaveLength(4)
  const list = async (query: string, token?: string) => (await ask(`{ ${query} }`, token)).data
  const nodes = '{ edges { node { measure severity } } pageInfo { hasNextPage endCursor } }'
  const first = (await list(`anomalies(minimumSeverity: HIGH, first: 1) ${nodes}`)).anomalies
  const { hasNextPage, endCursor } = first.pageInfo
  expect(hasNextPage).toBe(true)
  const second = (await list(`anomalies(minimumSeverity: HIGH, first: 1, after: "${endCursor}") ${nodes}`)).anomalies
  expect([...first.edges, ...second.edges]).toEqual(Array(2).fill({ node: { measure: 'VOLUME', severity: 'HIGH' } }))
  const entities = `_entities(representations: [{ __typename: "Market", symbol: "${SYMBOL}" }, { __typename: "Market", symbol: "X" },
    { __typename: "Anomaly", id: "${rows[0]!.id}" }, { __typename: "Anomaly", id: "${rows[3]!.id}" }]) {
    ... on Market { anomalies(minimumSeverity: HIGH, first: 1) { edges { node { market { symbol } } } } } ... on Anomaly { measure } }`
  expect((await list(entities))._entities).toEqual([
    { anomalies: { edges: [{ node: { market: { symbol: SYMBOL } } }] } },
    { anomalies: null },
    { measure: 'VOLUME' },
    null,
  ])
  const platform = '{ platformAnomalies { edges { node { measure } } } }'
  expect((await ask(platform)).errors[0].extensions.code).toBe('UNAUTHENTICATED')
  const trader = await ports.token({ roles: ['TRADER'] })
  expect((await ask(platform, trader)).errors[0].extensions.code).toBe('FORBIDDEN')
  const operator = await ports.token({ roles: ['OPERATOR'] })
  const live = (token?: string) =>
    anya.subscribe({
      body: JSON.stringify({ query: 'subscription { platformAnomalyDetected { id measure severity explanation } }' }),
      headers: token ? { authorization: `Bearer ${token}` } : {},
    })
  for (const [token, code] of [
    [undefined, 'UNAUTHENTICATED'],
    [trader, 'FORBIDDEN'],
  ] as const)
    expect(JSON.parse((await live(token).next()).value).errors[0].extensions.code).toBe(code)
  const events = live(operator)
  const told = events.next()
  // Of a market, and of little weight: neither is told here.
  const noise = [rows[0]!, { ...rows[3]!, severity: 'LOW' as const }]
  const tell = setInterval(() => {
    for (const each of [...noise, rows[3]!]) void ports.cache.publish('anomalies', JSON.stringify(each))
  }, 50)
  expect(JSON.parse((await told).value).data.platformAnomalyDetected).toMatchObject({
    ...{ id: rows[3]!.id, measure: 'EVENT_LOOP_DELAY', severity: 'HIGH' },
  })
  clearInterval(tell)
  await events.return?.()
  expect((await ask(platform, operator)).data.platformAnomalies.edges).toContainEqual({
    node: { measure: 'EVENT_LOOP_DELAY' },
  })
})

test('alerts of surveillance are told live to those who may read them', async () => {
  const raised = (argument: string, token: string) =>
    anya.subscribe({
      body: JSON.stringify({
        query: `subscription { surveillanceAlertRaised(${argument}) { id kind accountIds trades { price } } }`,
      }),
      headers: { authorization: `Bearer ${token}` },
    })
  const codeOf = async (argument: string, token: string) =>
    JSON.parse((await raised(argument, token).next()).value).errors[0].extensions.code
  const [trader, auditor] = [await ports.token({ roles: ['TRADER'] }), await ports.token({ scopes: ['audit:read'] })]
  expect(await codeOf('kind: SPOOFING', trader)).toBe('FORBIDDEN')
  expect(await codeOf('market: "DOGE"', auditor)).toBe('BAD_USER_INPUT')
  const stream = raised(`market: "${SYMBOL}", kind: WASH_TRADING`, auditor)
  const next = stream.next()
  // One user's buy meets the same user's sale, as the engine tells it.
  const [tick, lot] = [
    { units: 1, scale: 2 },
    { units: 1, scale: 5 },
  ]
  let number = 0
  const trade = async () => {
    const sides = [
      ['ord_a', 'acc_a', 'usr_a'],
      ['ord_b', 'acc_b', 'usr_a'],
    ]
    const events = [['T', `trd_${number}`, 6_000_100, 5, 'BUY', ...sides]]
    const time = 600_000 * ++number
    const message = { symbol: SYMBOL, previousSequence: number - 1, sequence: number, time, tick, lot, events }
    await ports.cache.publish(orderFlowChannel(SYMBOL), JSON.stringify(message))
  }
  let told: string | undefined
  void next.then(({ value }) => {
    told = value
  })
  await until(
    'the alert to be told',
    async () => {
      await trade()
      await new Promise((resolve) => setTimeout(resolve, 50))
      return told !== undefined
    },
    PATIENCE_MS,
  )
  const { data } = JSON.parse(String(told))
  expect(data.surveillanceAlertRaised).toMatchObject({ kind: 'WASH_TRADING', trades: [{ price: '60001.00' }] })
  await stream.return?.()
  const alerts = `{ _entities(representations: [{ __typename: "Market", symbol: "${SYMBOL}" }, { __typename: "Market", symbol: "X" }]) {
    ... on Market { symbol surveillanceAlerts(kind: WASH_TRADING, first: 1) { edges { node { kind accountIds } } } } } }`
  const { data: seen } = await ask(alerts, auditor)
  expect(seen._entities).toMatchObject([
    { surveillanceAlerts: { edges: [{ node: { kind: 'WASH_TRADING', accountIds: ['acc_a', 'acc_b'] } }] } },
    { surveillanceAlerts: null },
  ])
  const refused = await ask(alerts, trader)
  expect(refused.errors[0].extensions.code).toBe('FORBIDDEN')
  expect(JSON.stringify(refused)).not.toContain('acc_a')
})

test('what is no market, no cursor and too old is told apart', async () => {
  const strange = await ask('{ anomalies(after: "WyJ4Il0") { edges { cursor } } }')
  expect(strange.errors[0].extensions.code).toBe('BAD_USER_INPUT')
  const body = JSON.stringify({ query: 'subscription { anomalyDetected(market: "DOGE") { id } }' })
  const { value } = await anya.subscribe({ body, headers: {} }).next()
  expect(JSON.parse(value).errors[0].extensions.code).toBe('BAD_USER_INPUT')
  const store = new AnomalyStore(database)
  expect(await store.prune(clock.now() + HOUR_MS)).toBeGreaterThan(3)
  expect(await store.page({ kind: 'MARKETS' }, 'LOW', { first: 1, after: null })).toEqual([])
})
