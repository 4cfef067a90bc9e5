import { MemoryTransport } from '@opsource/bus'
import { marketDataChannel, marketSnapshotKey } from '@opsource/bus/contracts'
import { MemoryCache } from '@opsource/cache'
import { TokenVerifier } from '@opsource/identity'
import { IdSource, ManualClock, systemRandom } from '@opsource/kernel'
import type { Subgraph } from '@opsource/subgraph'
import { pino } from 'pino'
import { Registry } from 'prom-client'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type FreshDatabase, freshDatabase } from '../../../../tests/support/database.ts'
import { openDatabase } from '../database.ts'
import { startAnya } from '../index.ts'
import { recordedHours } from '../testing/recorded-hours.ts'
import type { Bar } from './bar.ts'
import { CANDLESTICKS } from './candlesticks.ts'
import { columnsOf } from './recogniser.ts'
import { BarStore, MAX_BARS } from './store.ts'
import { Talib } from './talib.ts'

const SYMBOL = 'BTC-USDT'
const BAR_MS = 5_000
const START = Date.UTC(2024, 7, 9)
const log = pino({ level: 'silent' })
/** The shapes of real hours, played as bars of five seconds. */
const BARS = recordedHours()
  .slice(0, 300)
  .map((bar, i) => ({ ...bar, openTime: START + i * BAR_MS, volume: 4 }))

let database: FreshDatabase
let cache: MemoryCache
let transport: MemoryTransport
let metrics: Registry
let running: Subgraph[]
let sequence: number

beforeEach(async () => {
  database = await freshDatabase('anya')
  cache = new MemoryCache({ clock: new ManualClock(START), log })
  transport = new MemoryTransport({ log })
  running = []
  sequence = 0
  const snapshot = {
    ...{ symbol: SYMBOL, sequence: 0, engineSequence: 0, time: START, status: 'TRADING', recording: null },
    ...{ tick: { units: 1, scale: 5 }, lot: { units: 1, scale: 5 }, bids: [], asks: [] },
  }
  await cache.set(marketSnapshotKey(SYMBOL), JSON.stringify(snapshot), { ttlMs: 3_600_000 })
})
afterEach(async () => {
  for (const subgraph of running) await subgraph.stop()
  await transport.close()
  await cache.close()
  await database.drop()
})

async function start(): Promise<Subgraph> {
  const clock = new ManualClock(START)
  metrics = new Registry()
  const verifier = new TokenVerifier({
    keys: async () => '{"keys":[]}',
    revocations: async () => '{"revocations":[]}',
    clock,
  })
  const ids = new IdSource(clock, systemRandom)
  const ports = {
    databaseUrl: database.url,
    cache,
    transport,
    clock,
    log,
    random: systemRandom,
    ids,
    metrics,
    verifier,
  }
  const subgraph = await startAnya(ports, { symbols: [SYMBOL], tickMs: 1_000 })
  running.push(subgraph)
  return subgraph
}

async function tell(time: number, prices: readonly number[], missed = 0): Promise<void> {
  sequence += missed
  const previousSequence = sequence++
  const trades = prices.map((price) => ({ tradeId: 't', price, quantity: 1, takerSide: 'BUY', time }))
  const head = { symbol: SYMBOL, sequence, previousSequence, engineSequence: sequence, time, status: 'TRADING' }
  await cache.publish(
    marketDataChannel(SYMBOL),
    JSON.stringify({ ...head, recording: null, bids: [], asks: [], trades }),
  )
}

/** The trades that make the bars, and the sign of life that ends the last of them. */
async function play(bars: readonly Bar[]): Promise<void> {
  for (const { openTime, open, high, low, close } of bars) await tell(openTime + 1, [open, high, low, close])
  await tell(bars.at(-1)!.openTime + BAR_MS, [])
}

async function ask<T>(subgraph: Subgraph, query: string): Promise<T> {
  const answer = JSON.parse(await subgraph.execute({ body: JSON.stringify({ query }), headers: {} }))
  expect(answer.errors).toBeUndefined()
  return answer.data
}

interface Shown {
  readonly id: string
  readonly kind: string
  readonly score: number | null
  readonly foundAt: string
  readonly points: { readonly time: string; readonly price: string }[]
  readonly regime: { readonly trend: string } | null
  readonly forwardReturns: { readonly horizonBars: number; readonly count: number }[]
}

/** Every pattern of the market, page by page, oldest first. */
async function everything(subgraph: Subgraph, family: string): Promise<Shown[]> {
  const found: Shown[] = []
  for (let after: string | null = null; ; ) {
    const cursor: string = after === null ? '' : `, after: "${after}"`
    const { patterns } = await ask<{
      patterns: { edges: { node: Shown }[]; pageInfo: { hasNextPage: boolean; endCursor: string } }
    }>(
      subgraph,
      `{ patterns(symbol: "${SYMBOL}", interval: S5, family: ${family}, first: 100${cursor}) { pageInfo { hasNextPage endCursor }
        edges { node { id kind score foundAt points { time price } regime { trend } forwardReturns { horizonBars count } } } } }`,
    )
    found.push(...patterns.edges.map(({ node }) => node))
    if (!patterns.pageInfo.hasNextPage) return found.reverse()
    after = patterns.pageInfo.endCursor
  }
}

const eventually = <T>(read: () => Promise<T> | T) => expect.poll(read)

/** What TA-Lib says of the bars, as the graph should. The first bar was not seen from its beginning. */
async function expected(bars: readonly Bar[]): Promise<string[]> {
  const hits = (await Talib.load()).scan(columnsOf(bars), 0)
  const found: [number, number, number][] = []
  for (let i = 0; i < hits.length; i += 3) found.push([hits[i]!, hits[i + 1]!, hits[i + 2]!])
  return found
    .sort((a, b) => a[0] - b[0] || b[1] - a[1])
    .map(([i, which, score]) => {
      const foundAt = new Date(bars[i]!.openTime + BAR_MS).toISOString()
      return `${foundAt} ${CANDLESTICKS[which]!.name} ${score}`
    })
}

const told = (patterns: readonly Shown[]) => patterns.map(({ foundAt, kind, score }) => `${foundAt} ${kind} ${score}`)

test('a market shows what TA-Lib says of its closed bars, and chart patterns, each with its points; a restart knows the same', async () => {
  const anya = await start()
  await play(BARS)
  const candlesticks = await expected(BARS.slice(1))
  await eventually(async () => told(await everything(anya, 'CANDLESTICK'))).toEqual(candlesticks)
  const shown = await everything(anya, 'CANDLESTICK')
  const last = shown.at(-1)
  const bar = BARS.find(({ openTime }) => openTime + BAR_MS === Date.parse(last!.foundAt))
  expect(last?.points.at(-1)).toEqual({
    time: new Date(bar!.openTime).toISOString(),
    price: (bar!.close / 100_000).toFixed(5),
  })
  expect(last?.forwardReturns.map(({ horizonBars }) => horizonBars)).toEqual([1, 5, 20])
  expect(last?.regime).not.toBeNull()
  const charts = await everything(anya, 'CHART')
  expect(charts.length).toBeGreaterThan(0)
  for (const { points, score } of charts) expect([points.length >= 4, score]).toEqual([true, null])

  await anya.stop()
  running = []
  const again = await start()
  expect(await everything(again, 'CANDLESTICK')).toEqual(shown)
  expect(await everything(again, 'CHART')).toEqual(charts)
})

test('a subscriber hears of every pattern of a bar when it closes, and of no bar that was not seen whole', async () => {
  const anya = await start()
  await play(BARS.slice(0, 100))
  const before = await expected(BARS.slice(1, 100))
  await eventually(async () => told(await everything(anya, 'CANDLESTICK'))).toEqual(before)
  const body = JSON.stringify({
    query: `subscription { patternFound(symbol: "${SYMBOL}", interval: S5, family: CANDLESTICK) { foundAt kind score } }`,
  })
  const results = anya.subscribe({ body, headers: {} })
  const first = results.next()
  const live = `subscription { regime(symbol: "${SYMBOL}", interval: S5) { asOf trend } }`
  const regimes = anya.subscribe({ body: JSON.stringify({ query: live }), headers: {} })
  const regimeOf = (text: string): { asOf: string } => JSON.parse(text).data.regime
  const asOf = (bar: Bar) => new Date(bar.openTime + BAR_MS).toISOString()
  expect(regimeOf((await regimes.next()).value)).toMatchObject({ asOf: asOf(BARS[99]!), trend: expect.any(String) })
  // A stream that begins with what happens next says nothing of its beginning.
  await new Promise((resolve) => setTimeout(resolve, 200))
  const next = BARS.slice(100, 140)
  // Of the fifth of them a message is lost.
  await play(next.slice(0, 4))
  await tell(next[4]!.openTime + 1, [next[4]!.open], 1)
  await play(next.slice(5))
  const seen = [...BARS.slice(1, 104), ...next.slice(5)]
  const due = (await expected(seen)).filter((line) => Date.parse(line.slice(0, 24)) > next[0]!.openTime)
  const heard = [JSON.parse((await first).value).data.patternFound]
  while (heard.length < due.length) heard.push(JSON.parse((await results.next()).value).data.patternFound)
  expect(told(heard).sort()).toEqual(due.sort())
  for (let regime = ''; regime !== asOf(next.at(-1)!); ) regime = regimeOf((await regimes.next()).value).asOf
  await regimes.return?.()
  await results.return?.()
})

test('a market has its patterns and regime as an entity, and what followed each pattern', async () => {
  const anya = await start()
  await play(BARS)
  await eventually(async () => (await everything(anya, 'CANDLESTICK')).length).toBeGreaterThan(300)
  const { _entities, patternStatistics, regimeStatistics } = await ask<{
    _entities: [{ patterns: { edges: { node: Shown }[] }; regime: Record<string, unknown> }]
    regimeStatistics: { trend: string; volatility: string; forwardReturns: { count: number }[] }[]
    patternStatistics: { kind: string; forwardReturns: Record<string, number>[] }[]
  }>(
    anya,
    `{ _entities(representations: [{ __typename: "Market", symbol: "${SYMBOL}" }]) { ... on Market {
      patterns(interval: S5, first: 3) { edges { node { id kind score foundAt } } }
      regime(interval: S5) { trend volatility efficiency volatilityBps asOf forwardReturns { horizonBars count lowerBps meanBps upperBps } } } }
      regimeStatistics(symbol: "${SYMBOL}", interval: S5) { trend volatility forwardReturns { count } }
      patternStatistics(symbol: "${SYMBOL}", interval: S5) { kind forwardReturns { horizonBars count meanBps lowerBps upperBps marketMeanBps pValue adjustedPValue } } }`,
  )
  expect(_entities[0].patterns.edges).toHaveLength(3)
  expect(_entities[0].regime).toMatchObject({ trend: expect.any(String), volatilityBps: expect.any(Number) })
  const asOf = new Date(BARS.at(-1)!.openTime + BAR_MS).toISOString()
  expect(_entities[0].regime).toMatchObject({ asOf, forwardReturns: [{ horizonBars: 1 }, {}, {}] })
  const counts = regimeStatistics.map(({ forwardReturns }) => forwardReturns[0]!.count)
  expect(counts).toEqual([...counts].sort((a, b) => b - a))
  // Every bar with a regime but the last has been followed by one.
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(BARS.length - 1 - 70 - 1)
  const [most] = patternStatistics
  const [one] = most!.forwardReturns
  expect(one).toMatchObject({ horizonBars: 1 })
  expect(one!.count).toBeGreaterThan(10)
  expect(one!.lowerBps).toBeLessThan(one!.meanBps!)
  expect(one!.adjustedPValue).toBeGreaterThanOrEqual(one!.pValue!)
})

test('nothing is known of a market that is not watched, and a foreign cursor is refused', async () => {
  const anya = await start()
  const query = `{ patterns(symbol: "\\u0000") { edges { cursor } } patternStatistics(symbol: "DOGE") { kind }
    _entities(representations: [{ __typename: "Market", symbol: "DOGE" }]) { ... on Market { patterns { edges { cursor } } regime { trend } } } }`
  const nothing = { patterns: null, patternStatistics: null, _entities: [{ patterns: null, regime: null }] }
  expect(await ask(anya, query)).toEqual(nothing)
  const cursor = Buffer.from('["x","y"]').toString('base64url')
  for (const document of [
    `{ patterns(symbol: "${SYMBOL}", after: "${cursor}") { edges { cursor } } }`,
    `{ patterns(symbol: "${SYMBOL}", first: 101) { edges { cursor } } }`,
  ]) {
    const body = JSON.stringify({ query: document })
    const { errors } = JSON.parse(await anya.execute({ body, headers: {} }))
    expect(errors[0].extensions.code).toBe('BAD_USER_INPUT')
  }
  const body = JSON.stringify({ query: 'subscription { patternFound(symbol: "DOGE") { kind } }' })
  const { value } = await anya.subscribe({ body, headers: {} }).next()
  expect(JSON.parse(value).errors[0].extensions.code).toBe('BAD_USER_INPUT')
  const regime = JSON.stringify({ query: 'subscription { regime(symbol: "DOGE") { trend } }' })
  const { value: refused } = await anya.subscribe({ body: regime, headers: {} }).next()
  expect(JSON.parse(refused).errors[0].extensions.code).toBe('BAD_USER_INPUT')
})

test('the store keeps the newest bars, once each', async () => {
  const db = openDatabase(database.url)
  const store = new BarStore(db)
  const rows = Array.from({ length: MAX_BARS + 7 }, (_, i) => ({
    ...BARS[0]!,
    symbol: SYMBOL,
    interval: 'S5',
    openTime: new Date(START + i * BAR_MS),
  }))
  await db.patternBar.createMany({ data: rows })
  await store.append(SYMBOL, 'S5', { ...BARS[0]!, close: 1 })
  expect(await store.prune(SYMBOL, 'S5')).toBe(7)
  const kept = await store.newest(SYMBOL, 'S5')
  expect(kept).toHaveLength(MAX_BARS)
  expect(kept[0]).toEqual({ ...BARS[0]!, openTime: START + 7 * BAR_MS })
  await db.$disconnect()
})
