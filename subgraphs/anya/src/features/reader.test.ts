import {
  type MarketDataMessage,
  type MarketSnapshot,
  marketDataChannel,
  marketSnapshotKey,
} from '@opsource/bus/contracts'
import { MemoryCache } from '@opsource/cache'
import { ManualClock } from '@opsource/kernel'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { MarketReader, STALE_AFTER_MS } from './reader.ts'

const START = 1_000_000
const SYMBOL = 'BTC-USDT'
const RECORDING = { dataSet: 'binance', segment: 'spot_btcusdt_20240808', pass: 1 }

let clock: ManualClock
let cache: MemoryCache
let reader: MarketReader
let events: string[]

beforeEach(async () => {
  clock = new ManualClock(START)
  cache = new MemoryCache({ clock, log: pino({ level: 'silent' }) })
  events = []
  const observer = {
    resynchronised: (_: string, reason: string) => events.push(reason),
    refused: () => events.push('REFUSED'),
  }
  reader = new MarketReader(SYMBOL, { cache, clock }, observer)
})
afterEach(async () => {
  await reader.close()
  await cache.close()
})

function snapshot(sequence: number, changes: Partial<MarketSnapshot> = {}): Promise<void> {
  const value: MarketSnapshot = {
    symbol: SYMBOL,
    sequence,
    engineSequence: sequence,
    time: clock.now(),
    status: 'TRADING',
    recording: RECORDING,
    tick: { units: 1, scale: 2 },
    lot: { units: 1, scale: 5 },
    bids: [[100, 10]],
    asks: [[102, 10]],
    ...changes,
  }
  return cache.set(marketSnapshotKey(SYMBOL), JSON.stringify(value), { ttlMs: 60_000 })
}

function message(sequence: number, changes: Partial<MarketDataMessage> = {}): Promise<void> {
  const value: MarketDataMessage = {
    symbol: SYMBOL,
    sequence,
    previousSequence: sequence - 1,
    engineSequence: sequence,
    time: clock.now(),
    status: 'TRADING',
    recording: RECORDING,
    bids: [],
    asks: [],
    trades: [],
    ...changes,
  }
  return cache.publish(marketDataChannel(SYMBOL), JSON.stringify(value))
}

const live = () => expect.poll(() => reader.isLive()).toBe(true)

test('a reader starts from the snapshot and follows the stream', async () => {
  await snapshot(7)
  await reader.start()
  await live()
  await message(8, { bids: [[101, 5]] })
  expect(reader.engine.mid()).toBe(101.5)
  expect(reader.recording).toEqual(RECORDING)
  expect(events).toEqual(['START'])
})

test('what comes while the snapshot is older than the stream waits until they join', async () => {
  await snapshot(5)
  await reader.start()
  await message(7, { bids: [[99, 1]] })
  await message(8, {
    asks: [
      [102, 0],
      [104, 1],
    ],
  })
  expect(reader.isLive()).toBe(false)
  await snapshot(6)
  await live()
  expect(reader.engine.mid()).toBe(102)
})

test('a gap is healed from the snapshot, and what is older than it is not applied again', async () => {
  await snapshot(1)
  await reader.start()
  await live()
  await message(4, { bids: [[101, 1]] })
  expect(reader.isLive()).toBe(false)
  await snapshot(4, { bids: [[101, 1]] })
  await live()
  await message(3, { bids: [[101, 0]] })
  expect(reader.engine.mid()).toBe(101.5)
  expect(events).toEqual(['START', 'GAP'])
})

test('a clock that was set back by an hour leaves a market without a past, and what lies ahead of it is not live', async () => {
  await snapshot(1)
  await reader.start()
  await live()
  clock.advance(30_000)
  await message(2)
  expect(reader.engine.sample(clock.now())).not.toBeNull()
  clock.advance(-3_600_000)
  expect(reader.isLive()).toBe(false)
  await message(3, { bids: [[101, 1]] })
  await snapshot(3, { bids: [[101, 1]] })
  await live()
  expect(events).toEqual(['START', 'CLOCK'])
  expect(reader.engine.sample(clock.now())).toBeNull()
  expect(reader.engine.lastTime).toBe(clock.now())
})

test('after a pause the market starts without a past', async () => {
  await snapshot(1)
  await reader.start()
  await live()
  clock.advance(30_000)
  await message(2)
  expect(reader.engine.sample(clock.now())).not.toBeNull()
  await message(3, { status: 'PAUSED', bids: [[100, 0]], asks: [[102, 0]] })
  expect(reader.isLive()).toBe(false)
  clock.advance(60_000)
  await message(4, { bids: [[200, 1]], asks: [[202, 1]] })
  await snapshot(4, { bids: [[200, 1]], asks: [[202, 1]] })
  await live()
  expect(reader.engine.mid()).toBe(201)
  expect(reader.engine.sample(clock.now())).toBeNull()
  expect(reader.engine.midAt(clock.now() - 1)).toBeNull()
})

test('an auction is no market to forecast in, and after it the market starts without a past', async () => {
  await snapshot(1)
  await reader.start()
  await live()
  const auction = { endsAt: clock.now() + 60_000, price: 103, quantity: 5 }
  await message(2, { status: 'AUCTION', auction, bids: [[105, 5]] })
  expect(reader.isLive()).toBe(false)
  clock.advance(60_000)
  await message(3, { bids: [[105, 0]] })
  await snapshot(3)
  await live()
  expect(reader.engine.mid()).toBe(101)
  expect(reader.engine.midAt(clock.now() - 1)).toBeNull()
  expect(events).toEqual(['START', 'RESUMED'])
})

test('a market that falls silent is no longer live', async () => {
  await snapshot(1)
  await reader.start()
  await live()
  clock.advance(STALE_AFTER_MS + 1)
  expect(reader.isLive()).toBe(false)
  await message(2)
  expect(reader.isLive()).toBe(true)
})

test('what is no market data is counted and passed over', async () => {
  await snapshot(1)
  await reader.start()
  await live()
  await cache.publish(marketDataChannel(SYMBOL), 'no JSON')
  await cache.publish(marketDataChannel(SYMBOL), '{"symbol":1}')
  await message(2)
  expect(reader.isLive()).toBe(true)
  expect(events).toEqual(['START', 'REFUSED', 'REFUSED'])
})

test('a market without a snapshot is waited for', async () => {
  await reader.start()
  expect(reader.isLive()).toBe(false)
  await message(1)
  await snapshot(1)
  await live()
})
