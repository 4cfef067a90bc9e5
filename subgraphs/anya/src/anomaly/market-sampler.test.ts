import { marketDataChannel, marketSnapshotKey } from '@opsource/bus/contracts'
import { MemoryCache } from '@opsource/cache'
import { ManualClock } from '@opsource/kernel'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { MarketSampler } from './market-sampler.ts'

const SYMBOL = 'BTC-USDT'
let clock: ManualClock
let cache: MemoryCache
let sampler: MarketSampler
let unreadable: number
let sequence: number

beforeEach(async () => {
  clock = new ManualClock(1_000_000)
  cache = new MemoryCache({ clock, log: pino({ level: 'silent' }) })
  unreadable = 0
  sequence = 0
  sampler = new MarketSampler(SYMBOL, { cache, clock }, { unreadable: () => unreadable++ })
  await sampler.start()
})
afterEach(async () => {
  await sampler.close()
  await cache.close()
})

const head = () => ({ symbol: SYMBOL, engineSequence: sequence, time: clock.now(), status: 'TRADING', recording: null })

async function show(bids: number[][], asks: number[][], changes = {}): Promise<void> {
  const steps = { tick: { units: 1, scale: 2 }, lot: { units: 1, scale: 3 } }
  const snapshot = { ...head(), ...steps, sequence, bids, asks, ...changes }
  await cache.set(marketSnapshotKey(SYMBOL), JSON.stringify(snapshot), { ttlMs: 600_000 })
}

async function trade(quantity: number, takerSide: 'BUY' | 'SELL', { missed = 0, late = 0 } = {}): Promise<void> {
  sequence += missed
  const time = clock.now() - late
  const trades = [{ tradeId: 't', price: 10_000, quantity, takerSide, time }]
  const message = { ...head(), time, bids: [], asks: [], trades, previousSequence: sequence, sequence: ++sequence }
  await cache.publish(marketDataChannel(SYMBOL), JSON.stringify(message))
}

it('tells what traded since the last sample, and what the top of the book shows', async () => {
  await trade(1, 'BUY')
  await show(
    [
      [9_900, 500],
      [1, 1],
    ],
    [[10_100, 2_000]],
  )
  // Before the first message nobody knows what was missed.
  expect(await sampler.sample()).not.toHaveProperty('volume')
  await trade(3_000, 'BUY', { late: 40 })
  await trade(1_000, 'SELL')
  const book = { mid: 100, spread: 2, bidSize: 0.5, askSize: 2 }
  expect(await sampler.sample()).toEqual({ ...book, volume: 4, signedVolume: 2 })
  expect(await sampler.sample()).toMatchObject({ volume: 0, signedVolume: 0 })
  expect([sampler.takeDelay(), sampler.takeDelay()]).toEqual([40, undefined])
})

it('leaves out what it did not see whole: volume after a gap, prices of one side, all of a market that stopped', async () => {
  await trade(1, 'BUY')
  await sampler.sample()
  await show([], [[10_100, 2_000]])
  await trade(1, 'BUY', { missed: 2 })
  expect(await sampler.sample()).toEqual({})
  await trade(2_000, 'BUY')
  expect(await sampler.sample()).toEqual({ volume: 2, signedVolume: 2 })
  await show([[9_900, 1]], [[10_100, 1]], { status: 'PAUSED' })
  expect(await sampler.sample()).toBeNull()
  await show([[9_900, 1]], [[10_100, 1]])
  clock.advance(10_001)
  expect(await sampler.sample()).toBeNull()
})

it('outlives what it cannot read', async () => {
  await cache.publish(marketDataChannel(SYMBOL), 'nonsense')
  await cache.set(marketSnapshotKey(SYMBOL), '{"bids":7}', { ttlMs: 1_000 })
  expect(await sampler.sample()).toBeNull()
  expect(unreadable).toBe(2)
})
