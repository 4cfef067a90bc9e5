import {
  type MarketDataMessage,
  marketDataChannel,
  marketSnapshotKey,
  marketSnapshotSchema,
} from '@opsource/bus/contracts'
import { MemoryCache } from '@opsource/cache'
import { seededRandom, systemClock } from '@opsource/kernel'
import { pino } from 'pino'
import { Registry } from 'prom-client'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { MarketStatus } from '../engine/commands.ts'
import type { EngineBatch, EngineEvent, LevelChange, MarketStatusSet } from '../engine/events.ts'
import { MarketFeed } from './feed.ts'
import { marketDataMetrics } from './observe.ts'
import { MarketDataPublisher } from './publisher.ts'

const BTC = 'BTC-USDT'
const ETH = 'ETH-USDT'
const log = pino({ level: 'silent' })
let cache: MemoryCache
let publisher: MarketDataPublisher
let heard: MarketDataMessage[]

const book = (symbol: string, engineSequence: number) => ({
  symbol,
  engineSequence,
  time: 5,
  status: 'TRADING' as const,
  recording: null,
  bids: [[100, 1]] as const,
  asks: [[102, 3]] as const,
  bidOrders: [],
  askOrders: [],
  auctionEndsAt: null,
})

beforeEach(async () => {
  cache = new MemoryCache({ clock: systemClock, log })
  heard = []
  for (const symbol of [BTC, ETH])
    await cache.subscribe(marketDataChannel(symbol), (text) => heard.push(JSON.parse(text)))
  publisher = new MarketDataPublisher(cache, log, marketDataMetrics(new Registry()))
  await publisher.start([book(BTC, 40), book(ETH, 40)], new Map([[BTC, 101]]))
})

afterEach(() => publisher.stop())

function batch(lastSequence: number, levels: LevelChange[], events: EngineEvent[] = []): EngineBatch {
  return {
    firstSequence: lastSequence,
    lastSequence,
    time: lastSequence * 10,
    events,
    levels,
    resting: [],
    balances: [],
    holds: [],
  }
}

const statusSet = (
  engineSequence: number,
  status: MarketStatus,
  more: Partial<Pick<MarketStatusSet, 'recording' | 'auctionEndsAt'>> = {},
): EngineEvent => ({
  type: 'MARKET_STATUS_SET',
  engineSequence,
  symbol: BTC,
  status,
  reason: 'OPERATOR',
  auctionEndsAt: null,
  recording: null,
  ...more,
})

const bid = (symbol: string, price: number, quantity: number): LevelChange => ({ symbol, side: 'BUY', price, quantity })

test('each market’s messages join each other by the engine’s own sequence, and only what changed is told', () => {
  publisher.take(batch(41, [bid(BTC, 99, 2)]))
  publisher.take(batch(42, [bid(ETH, 50, 1)]))
  publisher.take(batch(43, []))
  publisher.take(batch(44, [bid(BTC, 99, 0), { symbol: BTC, side: 'SELL', price: 103, quantity: 1 }]))
  expect(
    heard.map(({ symbol, previousSequence, sequence, bids, asks }) => [symbol, previousSequence, sequence, bids, asks]),
  ).toEqual([
    [BTC, 40, 41, [[99, 2]], []],
    [ETH, 40, 42, [[50, 1]], []],
    [BTC, 41, 44, [[99, 0]], [[103, 1]]],
  ])
})

test('a batch that the opening book contains is not told again', () => {
  publisher.take(batch(40, [bid(BTC, 99, 2)]))
  publisher.take(batch(39, [bid(BTC, 99, 2)]))
  expect(heard).toEqual([])
})

test('a change of status is told with its recording, and stays with what follows', () => {
  const recording = { dataSet: 'd', segment: 's', pass: 2 }
  publisher.take(batch(41, [], [statusSet(41, 'PAUSED', { recording })]))
  publisher.take(batch(42, [bid(BTC, 99, 2)]))
  expect(heard.map(({ status, recording }) => [status, recording])).toEqual([
    ['PAUSED', recording],
    ['PAUSED', recording],
  ])
})

test('an auction is told with its end and what would trade now, until it is over', async () => {
  const ask = (price: number, quantity: number): LevelChange => ({ symbol: BTC, side: 'SELL', price, quantity })
  publisher.take(batch(41, [], [statusSet(41, 'AUCTION', { auctionEndsAt: 9_000 })]))
  publisher.take(batch(42, [bid(BTC, 104, 5)]))
  publisher.take(batch(43, [ask(103, 4)]))
  await publisher.stop()
  const stored = marketSnapshotSchema.parse(JSON.parse((await cache.get(marketSnapshotKey(BTC))) ?? ''))
  publisher.take(batch(44, [bid(BTC, 104, 0), ask(102, 0), ask(103, 2)], [statusSet(44, 'TRADING')]))
  expect(heard.map(({ status, auction }) => [status, auction])).toEqual([
    ['AUCTION', { endsAt: 9_000, price: null, quantity: 0 }],
    // Of 102 to 104 all trade three; the buyer has two to spare.
    ['AUCTION', { endsAt: 9_000, price: 104, quantity: 3 }],
    // At 103 and 104 five trade, the sellers have two to spare.
    ['AUCTION', { endsAt: 9_000, price: 103, quantity: 5 }],
    ['TRADING', undefined],
  ])
  expect(stored).toMatchObject({ status: 'AUCTION', auction: { endsAt: 9_000, price: 103, quantity: 5 } })
})

test('the snapshot at the start is the engine’s book with the last price', async () => {
  const text = await cache.get(marketSnapshotKey(BTC))
  expect(marketSnapshotSchema.parse(JSON.parse(text ?? ''))).toMatchObject({
    sequence: 40,
    lastPrice: 101,
    bids: [[100, 1]],
    asks: [[102, 3]],
  })
})

test('an auction that a restart has interrupted is told with what would trade', async () => {
  const auction = { ...book(BTC, 50), status: 'AUCTION' as const, auctionEndsAt: 9_000, asks: [[99, 3]] as const }
  const again = new MarketDataPublisher(cache, log, marketDataMetrics(new Registry()))
  await again.start([auction], new Map())
  const stored = marketSnapshotSchema.parse(JSON.parse((await cache.get(marketSnapshotKey(BTC))) ?? ''))
  await again.stop()
  expect(stored.auction).toEqual({ endsAt: 9_000, price: 99, quantity: 1 })
})

test('a reader that comes at any time holds the book of one who was there from the start', async () => {
  const early = new MarketFeed(BTC, cache, log)
  await early.start()
  const random = seededRandom(5)
  const change = (sequence: number) =>
    batch(sequence, [bid(BTC, 80 + Math.floor(random.next() * 20), Math.floor(random.next() * 3))])
  for (let sequence = 41; sequence < 200; sequence++) publisher.take(change(sequence))
  const late = new MarketFeed(BTC, cache, log)
  const started = late.start()
  for (let sequence = 200; sequence < 300; sequence++) publisher.take(change(sequence))
  await started
  expect(late.market?.snapshot()).toEqual(early.market?.snapshot())
  expect(late.market?.sequence).toBe(299)
  await Promise.all([early.close(), late.close()])
})
