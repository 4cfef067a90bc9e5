import {
  type MarketDataMessage,
  type MarketSnapshot,
  marketDataChannel,
  marketSnapshotKey,
} from '@opsource/bus/contracts'
import { MemoryCache } from '@opsource/cache'
import { systemClock } from '@opsource/kernel'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { MarketFeed } from './feed.ts'
import type { LiveMarket } from './live-market.ts'

const symbol = 'BTC-USDT'
const log = pino({ level: 'silent' })
let cache: MemoryCache
let feed: MarketFeed
let seen: string[]

beforeEach(() => {
  cache = new MemoryCache({ clock: systemClock, log })
  feed = new MarketFeed(symbol, cache, log)
  seen = []
  feed.listen({
    reset: (market) => seen.push(`reset ${market.sequence}`),
    step: (market) => seen.push(`step ${market.sequence}`),
  })
})

afterEach(() => feed.close())

const common = { symbol, time: 0, status: 'TRADING' as const, recording: null }

function store(sequence: number, bids: [number, number][]): Promise<void> {
  const snapshot: MarketSnapshot = {
    ...common,
    sequence,
    engineSequence: sequence,
    tick: { units: 1, scale: 2 },
    lot: { units: 1, scale: 5 },
    bids,
    asks: [],
  }
  return cache.set(marketSnapshotKey(symbol), JSON.stringify(snapshot), { ttlMs: 60_000 })
}

function publish(previousSequence: number, sequence: number, bids: [number, number][]): Promise<void> {
  const message: MarketDataMessage = {
    ...common,
    sequence,
    previousSequence,
    engineSequence: sequence,
    bids,
    asks: [],
    trades: [],
  }
  return cache.publish(marketDataChannel(symbol), JSON.stringify(message))
}

const bids = (market: LiveMarket | null) => market?.bids.best(10)

test('a feed begins with the snapshot and takes what joins it', async () => {
  await store(5, [[100, 1]])
  await feed.start()
  await publish(5, 8, [[99, 2]])
  await publish(8, 9, [[100, 0]])
  expect(seen).toEqual(['reset 5', 'step 8', 'step 9'])
  expect(bids(feed.market)).toEqual([[99, 2]])
})

test('what comes before the first snapshot is joined to it', async () => {
  const started = feed.start()
  await publish(3, 5, [[100, 7]])
  await publish(5, 8, [[99, 2]])
  await store(5, [[100, 1]])
  await started
  expect(bids(feed.market)).toEqual([
    [100, 1],
    [99, 2],
  ])
  expect(feed.market?.sequence).toBe(8)
})

test('after a gap the feed waits for a snapshot that covers it, then starts its listeners afresh', async () => {
  await store(5, [[100, 1]])
  await feed.start()
  await publish(7, 9, [[98, 1]])
  await publish(9, 11, [[97, 1]])
  expect(seen).toEqual(['reset 5'])
  await store(9, [
    [100, 1],
    [99, 4],
    [98, 1],
  ])
  await expect.poll(() => seen).toEqual(['reset 5', 'reset 11'])
  expect(bids(feed.market)).toEqual([
    [100, 1],
    [99, 4],
    [98, 1],
    [97, 1],
  ])
  await publish(11, 12, [[96, 1]])
  expect(seen.at(-1)).toBe('step 12')
})

test('a message told twice, or one that is not a message, changes nothing', async () => {
  await store(5, [[100, 1]])
  await feed.start()
  await publish(5, 8, [[99, 2]])
  await publish(5, 8, [[99, 2]])
  await cache.publish(marketDataChannel(symbol), '{"half":')
  await cache.publish(marketDataChannel(symbol), '{}')
  expect(seen).toEqual(['reset 5', 'step 8'])
})

test('the last message before a market comes to rest may be lost: the snapshot tells', async () => {
  const quick = new MarketFeed(symbol, cache, log, 20)
  await store(5, [[100, 1]])
  await quick.start()
  await store(9, [[98, 1]])
  await expect.poll(() => quick.market?.sequence).toBe(9)
  expect(bids(quick.market)).toEqual([[98, 1]])
  await quick.close()
})
