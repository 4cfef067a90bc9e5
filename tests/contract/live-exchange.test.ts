import path from 'node:path'
import { LiveSource, UnknownExchangeError } from '@opsource/market'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Instrument } from '../../apps/market/src/recording/index.ts'
import type { Step } from '../../apps/market/src/source/index.ts'
import { BinanceServer } from '../support/binance.ts'

const RECORDING = path.resolve(import.meta.dirname, '../../data/binance-btc-eth-2024-08-08/spot_btcusdt_20240808.gz')
const DEPTH = 20
const btc = new Instrument('BTC-USDT', 'BTC', 'USDT', '0.01', '0.00001')
const eth = new Instrument('ETH-USDT', 'ETH', 'USDT', '0.01', '0.0001')

let server: BinanceServer
let stop: AbortController
let told: string[]
let source: LiveSource
let newest: Step | null
let trades: Step['trades'][number][]
let reading: Promise<void>
const faults = { malformed: 0, gaps: 0 }

beforeEach(async () => {
  server = await BinanceServer.start(RECORDING)
  stop = new AbortController()
  told = []
  newest = null
  trades = []
  faults.gaps = 0
  source = await open('binance')
  reading = read()
  await expect
    .poll(() => server.subscribedTo('btcusdt@depth@100ms') && server.subscribedTo('btcusdt@trade'), SOON)
    .toBe(true)
  await server.playToSnapshot()
})

afterEach(async () => {
  stop.abort()
  await reading
  await server.stop()
})

const SOON = { timeout: 40_000, interval: 20 }

function open(exchange: string): Promise<LiveSource> {
  const { settings } = server
  return LiveSource.open({ exchange, symbols: [], stop: stop.signal, tell: (line) => told.push(line), settings })
}

async function read(): Promise<void> {
  if (!(await source.covers(btc))) throw new Error('the market is not there')
  for await (const step of source.steps([btc], DEPTH, faults)) {
    newest = step
    trades.push(...step.trades)
  }
}

/** What the source shows, as numbers of the exchange. */
function shown() {
  const numbers = (levels: Step['view']['bids']) =>
    levels.map(({ price, quantity }) => [Number(btc.price(price)), Number(btc.quantity(quantity))])
  return newest && { bids: numbers(newest.view.bids), asks: numbers(newest.view.asks) }
}

test('the book is the exchange’s own after every stretch of its stream, and its trades come in order', async () => {
  for (let stretch = 0; stretch < 5; stretch++) {
    await server.play(200)
    await expect.poll(shown, SOON).toEqual(server.best(DEPTH))
  }
  expect(faults.gaps).toBe(0)
  expect(trades.length).toBeGreaterThan(10)
  expect(trades.map(({ tradeId }) => tradeId)).toEqual(trades.map((_, at) => at + 1))
  expect(trades.map(({ time }) => time)).toEqual(trades.map(({ time }) => time).sort((a, b) => a - b))
  expect(newest?.segment).toBeNull()
})

test('where an update is missing the market has no book until it is built anew from a snapshot', async () => {
  await server.play(200)
  await expect.poll(shown, SOON).toEqual(server.best(DEPTH))
  const before = server.snapshotsServed
  await server.play(100, true)
  const seen: number[] = []
  const watch = setInterval(() => seen.push(newest?.view.bids.length ?? -1), 5)
  await server.play(100)
  await expect.poll(() => faults.gaps, SOON).toBe(1)
  await expect.poll(() => server.snapshotsServed, SOON).toBeGreaterThan(before)
  await server.play(40)
  await expect.poll(shown, SOON).toEqual(server.best(DEPTH))
  clearInterval(watch)
  expect(seen).toContain(0)
  expect(told.join()).toContain('built anew')
})

test('a connection that breaks is opened again, and the book is the exchange’s again', async () => {
  await server.play(200)
  await expect.poll(shown, SOON).toEqual(server.best(DEPTH))
  server.breakOff()
  await expect.poll(() => server.subscribedTo('btcusdt@depth@100ms'), SOON).toBe(true)
  await server.play(100)
  await expect.poll(shown, SOON).toEqual(server.best(DEPTH))
})

test('whoever stops reading is not kept waiting, and nothing goes on behind them', async () => {
  const before = server.connections
  const other = await open('binance')
  await other.covers(btc)
  const steps = other.steps([btc], DEPTH, { malformed: 0, gaps: 0 })
  let begun = false
  const first = steps.next().then(() => {
    begun = true
  })
  while (!begun) {
    await server.play(5)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  await first
  expect(server.connections).toBeGreaterThan(before)
  await steps.return(undefined)
  await expect.poll(() => server.connections, SOON).toBe(before)
})

test('only markets that both have are played, and an exchange that nobody knows is refused by name', async () => {
  expect(await source.covers(eth)).toBe(false)
  await expect(open('nosuchexchange')).rejects.toThrow(UnknownExchangeError)
})
