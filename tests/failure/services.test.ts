import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { directoriesOf, type EmbeddedPostgres, startPostgres } from '@opsource/database'
import { systemClock } from '@opsource/kernel'
import { type MarketReport, playRecording, RecordedSource } from '@opsource/market'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { booksAgree } from '../journeys/books.ts'
import { type ServicesStage, startServices } from '../journeys/services-stage.ts'
import { servicesMissing } from '../journeys/stage.ts'
import { credit, EVENTUALLY, orderOf, PLACE_ORDER, setStatus, Trader } from '../journeys/venue.ts'
import { Visitor } from '../journeys/visitor.ts'

const NOTIFICATIONS = '{ notifications(first: 100) { edges { node { sequence } } } }'
const MARKETS = '{ markets { symbol ticker { bestBid } prediction { direction } } }'

/** One service, or one of the servers behind them, is killed with `kill -9` while the others work. */
const drill = test.runIf(servicesMissing === null)

let directory: string
let postgres: EmbeddedPostgres
let stage: ServicesStage
let visitor: Visitor
let operator: Visitor
let buyer: Trader
let seller: Trader
let trades = 0

beforeAll(async () => {
  if (servicesMissing !== null) return
  directory = await mkdtemp(path.join(tmpdir(), 'opsource-drill-'))
  postgres = await startPostgres({ directory, settings: { max_connections: '300' } })
  stage = await startServices({ adminUrl: postgres.adminUrl })
  visitor = new Visitor(stage.graphqlUrl)
  operator = visitor.as(await stage.operator())
  await setStatus(operator, 'BTC-USDT', 'TRADING')
  buyer = await Trader.register(visitor, 'mia')
  seller = await Trader.register(visitor, 'noah')
  await credit(operator, buyer.userId, 'USDT', '1000000')
  await credit(operator, seller.userId, 'BTC', '100')
})
afterAll(async () => {
  await stage?.stop()
  await postgres?.stop()
  for (const each of directory ? directoriesOf(directory) : []) await rm(each, { recursive: true, force: true })
})

/** @returns the sequence of the trade. */
async function trade(): Promise<number> {
  await seller.place({ side: 'SELL', price: '60000', quantity: '0.1' })
  const { order } = await buyer.place({ side: 'BUY', price: '60000', quantity: '0.1' })
  expect(order.status).toBe('FILLED')
  trades++
  return order.engineSequence
}

/** Everyone has heard of every trade, once. */
async function allHeard(sequence: number): Promise<void> {
  await booksAgree(operator, sequence)
  await expect
    .poll(async () => JSON.stringify((await buyer.visitor.ask(NOTIFICATIONS)).data?.notifications ?? null), EVENTUALLY)
    .toBe(JSON.stringify({ edges: Array.from({ length: trades }, (_, at) => ({ node: { sequence: trades - at } })) }))
}

drill('mobile may die: trading goes on, and it hears afterwards of all that it has missed', async () => {
  await allHeard(await trade())
  await stage.stopDomain('mobile')
  const last = [await trade(), await trade(), await trade()].at(-1) ?? 0
  expect((await buyer.visitor.ask(NOTIFICATIONS)).codes).toEqual(['SUBGRAPH_UNAVAILABLE'])
  await booksAgree(operator, last)
  await stage.startDomain?.('mobile')
  await allHeard(last)
})

drill('anya may die: prices go on without predictions, and come back with them', async () => {
  await stage.stopDomain('anya')
  const without = await visitor.ask(MARKETS)
  expect(new Set(without.codes)).toEqual(new Set(['SUBGRAPH_UNAVAILABLE']))
  expect(without.data?.markets).toMatchObject([
    { symbol: 'BTC-USDT', prediction: null },
    { symbol: 'ETH-USDT', prediction: null },
  ])
  await stage.startDomain?.('anya')
  await expect.poll(async () => (await visitor.ask(MARKETS)).codes, EVENTUALLY).toEqual([])
})

drill('enterprise may die: those who are logged in trade on, and its books catch up', async () => {
  await stage.stopDomain('enterprise')
  const last = [await trade(), await trade()].at(-1) ?? 0
  await stage.startDomain?.('enterprise')
  await allHeard(last)
})

drill('dash33 may die: nothing that it acknowledged is lost', async () => {
  const last = await trade()
  const resting = await seller.place({ side: 'SELL', price: '70000', quantity: '0.1' })
  await stage.stopDomain('dash33')
  await stage.startDomain?.('dash33')
  const order = `{ order(id: "${resting.order.id}") { status remainingQuantity } }`
  await expect
    .poll(async () => (await seller.visitor.ask(order)).data?.order, EVENTUALLY)
    .toEqual({ status: 'OPEN', remainingQuantity: '0.10000' })
  await allHeard(last)
  await allHeard(await trade())
})

drill('RabbitMQ may die and come back on its data: every event arrives, once', async () => {
  await stage.rabbit.kill()
  const last = [await trade(), await trade(), await trade()].at(-1) ?? 0
  await stage.rabbit.start()
  await allHeard(last)
})

drill(
  'Redis may be away and lose everything: orders go on, market data finds its way again, and nothing else is lost',
  async () => {
    const back = await stage.redis.kill()
    await trade()
    await back()
    const last = await trade()
    await seller.place({ side: 'SELL', price: '60000.50', quantity: '0.2' })
    await buyer.place({ side: 'BUY', price: '59999.50', quantity: '0.2' })
    await expect
      .poll(
        async () => (await visitor.ask('{ market(symbol: "BTC-USDT") { ticker { bestBid bestAsk } } }')).data?.market,
        EVENTUALLY,
      )
      .toEqual({ ticker: { bestBid: '59999.50', bestAsk: '60000.50' } })
    await allHeard(last)
    const live = visitor.live(
      'subscription { orderBook(symbol: "BTC-USDT") { kind bids { price } market { prediction { direction } } } }',
    )
    await live.next()
    const forecast = async (step: number): Promise<boolean> => {
      await seller.place({ side: 'SELL', price: (60_000.49 - step / 100).toFixed(2), quantity: '0.001' })
      return JSON.stringify((await live.next()).data).includes('"direction"')
    }
    let step = 0
    await expect.poll(() => forecast(step++), { timeout: 40_000, interval: 500 }).toBe(true)
    await live.end()
  },
)

drill(
  'PostgreSQL may die and recover: orders are refused as data meanwhile, and nothing that was acknowledged is lost',
  async () => {
    const last = await trade()
    process.kill(postgres.pid, 'SIGKILL')
    const input = orderOf({ side: 'SELL', price: '80000', quantity: '0.1' })
    const meanwhile = await seller.visitor.ask(PLACE_ORDER, { input })
    const outcome = meanwhile.data?.placeOrder ?? meanwhile.codes
    expect(JSON.stringify(outcome)).toMatch(/EngineUnavailable|OrderPlaced|SUBGRAPH_UNAVAILABLE|INTERNAL_SERVER_ERROR/)
    postgres = await startPostgres({ directory, settings: { max_connections: '300' } })
    // The same key again is safe, whatever came of the first attempt.
    await expect
      .poll(async () => (await seller.visitor.ask(PLACE_ORDER, { input })).data?.placeOrder, {
        timeout: 60_000,
        interval: 500,
      })
      .toMatchObject({ __typename: 'OrderPlaced', order: { status: 'OPEN' } })
    await allHeard(last)
    await allHeard(await trade())
  },
)

drill(
  'the gateway may die: the market in a box waits, says so, and shows the recorded book again afterwards',
  async () => {
    const stop = new AbortController()
    const told: string[] = []
    const reports: MarketReport[] = []
    const playing = playRecording({
      gatewayUrl: stage.graphqlUrl,
      keys: stage.marketKeys,
      source: await RecordedSource.open(path.resolve(import.meta.dirname, '../../data/binance-btc-eth-2024-08-08')),
      speed: 1,
      loop: false,
      depth: 20,
      seed: 5,
      judge: true,
      recordedMs: null,
      clock: systemClock,
      stop: stop.signal,
      tell: (line) => void told.push(line),
      onReport: (each) => void reports.push(...each),
    })
    await sleep(4_000)
    await stage.fleet.kill('gateway')
    await sleep(2_000)
    await stage.fleet.launch('gateway')
    await sleep(8_000)
    stop.abort()
    await playing
    expect(told.join()).toMatch(/waiting for the exchange.*the exchange is back after/)
    for (const report of reports) {
      expect(report.judged).toBeGreaterThan(50)
      expect(report.pricesEqual).toBeGreaterThan(0.9)
    }
  },
)
