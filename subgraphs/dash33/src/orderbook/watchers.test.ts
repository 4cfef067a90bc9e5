import {
  type MarketDataMessage,
  type MarketSnapshot,
  marketDataChannel,
  marketSnapshotKey,
} from '@opsource/bus/contracts'
import { MemoryCache } from '@opsource/cache'
import { systemClock } from '@opsource/kernel'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { MarketFeed } from '../market-data/index.ts'
import { ClientLevels } from '../testing/client-book.ts'
import { BookWatchers } from './watchers.ts'

const symbol = 'BTC-USDT'
const common = { symbol, time: 0, status: 'TRADING' as const, recording: null }

/** A market whose snapshot and messages the test writes. */
async function market() {
  const log = pino({ level: 'silent' })
  const cache = new MemoryCache({ clock: systemClock, log })
  const store = (sequence: number, bids: [number, number][]) => {
    const at = { ...common, sequence, engineSequence: sequence, bids, asks: [] }
    const snapshot: MarketSnapshot = { ...at, tick: { units: 1, scale: 2 }, lot: { units: 1, scale: 5 } }
    return cache.set(marketSnapshotKey(symbol), JSON.stringify(snapshot), { ttlMs: 60_000 })
  }
  const publish = (previousSequence: number, sequence: number, bids: [number, number][]) => {
    const at = { ...common, sequence, previousSequence, engineSequence: sequence }
    const message: MarketDataMessage = { ...at, bids, asks: [], trades: [] }
    return cache.publish(marketDataChannel(symbol), JSON.stringify(message))
  }
  await store(1, [[100, 1]])
  const feed = new MarketFeed(symbol, cache, log)
  const watchers = new BookWatchers(feed)
  await feed.start()
  return { feed, watchers, store, publish }
}

test('where a message was lost, every reader gets a fresh snapshot by itself and goes on from it', async () => {
  const { feed, watchers, store, publish } = await market()
  const streams = [1, 5].map((depth) => watchers.watch(depth))
  const clients = streams.map(() => new ClientLevels())
  const read = async () => {
    for (const [i, stream] of streams.entries()) clients[i]!.take((await stream.next()).value!)
  }
  await read()
  await publish(1, 2, [[101, 3]])
  await read()
  await publish(3, 4, [[103, 1]])
  await store(4, [
    [103, 1],
    [102, 2],
    [101, 3],
  ])
  await read()
  await publish(4, 5, [[103, 0]])
  await read()
  expect(clients.map(({ kinds }) => kinds)).toEqual([0, 1].map(() => ['SNAPSHOT', 'DELTA', 'SNAPSHOT', 'DELTA']))
  expect(clients.map((client) => client.levels('bids').map(({ price }) => price))).toEqual([['1.02'], ['1.02', '1.01']])
  for (const stream of streams) await stream.return()
  await feed.close()
})

test('a late reader joins a shared view as it stands, and a depth that nobody watches any more is let go of', async () => {
  const { feed, watchers, publish } = await market()
  const early = watchers.watch(1)
  await publish(1, 2, [[99, 4]])
  const late = watchers.watch(1)
  const client = new ClientLevels()
  client.take((await late.next()).value!)
  // What lies below the view made no step: the next one joins what the snapshot says.
  await publish(2, 3, [[101, 1]])
  client.take((await late.next()).value!)
  expect(client.levels('bids')).toEqual([{ price: '1.01', quantity: '0.00001' }])
  expect(watchers.snapshot(1)).toBe(watchers.snapshot(1))
  for (const stream of [early, late]) await stream.return()
  expect(watchers.snapshot(1)).not.toBe(watchers.snapshot(1))
  await feed.close()
})
