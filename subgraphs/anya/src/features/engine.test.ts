import { seededRandom } from '@opsource/kernel'
import { describe, expect, test } from 'vitest'
import { FeatureEngine, type MarketUpdate, WARM_UP_MS } from './engine.ts'
import { FEATURE_HASH, FEATURE_NAMES, FEATURES } from './vector.ts'

const BOOK = { time: 0, bids: [[9_999, 30] as const, [9_998, 10] as const], asks: [[10_001, 10] as const] }
const quiet = (time: number): MarketUpdate => ({ time, bids: [], asks: [], trades: [] })

function featuresOf(engine: FeatureEngine, time: number): Record<string, number> {
  const row = engine.sample(time)
  if (!row) throw new Error('no features yet')
  return Object.fromEntries(FEATURE_NAMES.map((name, i) => [name, row[i]!]))
}

/** A book of five levels a side that wanders, with trades, from a seed. */
function randomUpdates(seed: number, count: number): MarketUpdate[] {
  const random = seededRandom(seed)
  const whole = (below: number) => Math.floor(random.next() * below)
  let mid = 100_000
  return Array.from({ length: count }, (_, i) => {
    mid += whole(5) - 2
    const clear = (prices: number[]) => prices.map((price) => [price, 0] as const)
    const near = Array.from({ length: 40 }, (_, k) => mid - 20 + k)
    const level = (price: number) => [price, 1 + whole(500)] as const
    return {
      time: i * 100 + whole(100),
      bids: [...clear(near), ...[1, 2, 3, 4, 5].map((k) => level(mid - k))],
      asks: [...clear(near), ...[1, 2, 3, 4, 5].map((k) => level(mid + k))],
      trades: Array.from({ length: whole(3) }, () => ({
        quantity: 1 + whole(50),
        takerSide: whole(2) ? 'BUY' : 'SELL',
      })),
    }
  })
}

function mirrored(update: MarketUpdate): MarketUpdate {
  const turn = (levels: MarketUpdate['bids']) => levels.map(([price, quantity]) => [200_000 - price, quantity] as const)
  return {
    time: update.time,
    bids: turn(update.asks),
    asks: turn(update.bids),
    trades: update.trades.map((trade) => ({ ...trade, takerSide: trade.takerSide === 'BUY' ? 'SELL' : 'BUY' })),
  }
}

/** Feeds the updates and samples every full second, as training and serving do. */
function samplesOf(updates: readonly MarketUpdate[]): Map<number, Float32Array> {
  const engine = new FeatureEngine()
  const samples = new Map<number, Float32Array>()
  let next = 1_000
  for (const update of updates) {
    for (; next < update.time; next += 1_000) {
      const row = engine.sample(next)
      if (row) samples.set(next, row)
    }
    engine.update(update)
  }
  return samples
}

test('a book drawn by hand gives the figures worked out by hand', () => {
  // bids 9,999 × 30 and 9,998 × 10 against asks 10,001 × 10: mid 10,000, spread 2 bps
  const engine = new FeatureEngine()
  engine.replaceBook(BOOK)
  engine.update({ ...quiet(4_000), bids: [[10_000, 10]], trades: [{ quantity: 40, takerSide: 'BUY' }] })
  const features = featuresOf(engine, 5_000)
  const mid = 10_000.5
  expect(features.imbalance_1).toBeCloseTo(0, 6)
  expect(features.imbalance_3).toBeCloseTo((50 - 10) / 60, 6)
  expect(features.spread_bps).toBeCloseTo(10_000 / mid, 6)
  expect(features.return_5s_bps).toBeCloseTo(0.5, 4)
  expect(features.return_20s_bps).toBeCloseTo(0.5, 4)
  // depth at the top was 20 lots, then 10, the first faded by exp(-4/20)
  const unit = (20 * Math.exp(-0.2) + 10) / (Math.exp(-0.2) + 1)
  expect(features.order_flow_1s).toBeCloseTo(Math.log1p((10 * Math.exp(-1)) / unit), 5)
  expect(features.trade_flow_5s).toBeCloseTo(Math.log1p((40 * Math.exp(-0.2)) / unit), 5)
})

test('what comes after a moment never changes the features of that moment', () => {
  const updates = randomUpdates(1, 600)
  const whole = samplesOf(updates)
  expect(whole.size).toBeGreaterThan(50)
  for (const length of [100, 237, 411]) {
    for (const [time, row] of samplesOf(updates.slice(0, length))) expect(row).toEqual(whole.get(time))
  }
})

test('looking does not change what is seen', () => {
  const updates = randomUpdates(2, 300)
  const watched = new FeatureEngine()
  const unwatched = new FeatureEngine()
  for (const update of updates) {
    watched.update(update)
    watched.sample(update.time + 50)
    unwatched.update(update)
  }
  expect(watched.sample(40_000)).toEqual(unwatched.sample(40_000))
})

test('swapping bids with asks turns the sign of the odd features and leaves the even ones', () => {
  const updates = randomUpdates(3, 300)
  const samples = samplesOf(updates)
  const images = samplesOf(updates.map(mirrored))
  for (const [time, row] of samples) {
    const image = images.get(time)!
    FEATURES.forEach(({ symmetry }, i) => {
      // Returns are not exactly antisymmetric around a moving mid: both are within a hundredth of a basis point here.
      expect(image[i]).toBeCloseTo(symmetry === 'odd' ? -row[i]! : row[i]!, 1)
    })
  }
})

describe('there are no features', () => {
  test('before the market was watched for the warm-up', () => {
    const engine = new FeatureEngine()
    engine.replaceBook(BOOK)
    expect(engine.sample(WARM_UP_MS - 1)).toBeNull()
    expect(engine.sample(WARM_UP_MS)).not.toBeNull()
  })

  test('while a side of the book is empty', () => {
    const engine = new FeatureEngine()
    engine.replaceBook(BOOK)
    engine.update({ ...quiet(6_000), asks: [[10_001, 0]] })
    expect(engine.sample(6_000)).toBeNull()
    engine.update({ ...quiet(6_100), asks: [[10_002, 4]] })
    expect(engine.sample(6_100)).not.toBeNull()
  })

  test('after the market was forgotten, until it has warmed up again', () => {
    const engine = new FeatureEngine()
    engine.replaceBook(BOOK)
    engine.clear()
    expect(engine.sample(60_000)).toBeNull()
    engine.replaceBook({ ...BOOK, time: 60_000 })
    expect(engine.midAt(59_999)).toBeNull()
    expect(engine.sample(60_000 + WARM_UP_MS)).not.toBeNull()
  })
})

test('a flow out of the market that has faded is 0 like each other one, not -0', () => {
  const engine = new FeatureEngine()
  engine.replaceBook(BOOK)
  engine.update({ ...quiet(100), trades: [{ quantity: 5, takerSide: 'SELL' }] })
  engine.update(quiet(200_000))
  const values = engine.sample(200_000)!
  const flow = values[FEATURE_NAMES.indexOf('trade_flow_1s')]
  expect(Object.is(flow, 0)).toBe(true)
})

test('the hash changes with the list of features', () => {
  expect(FEATURE_HASH).toMatch(/^[0-9a-f]{64}$/)
  expect(FEATURE_NAMES.length).toBe(new Set(FEATURE_NAMES).size)
})
