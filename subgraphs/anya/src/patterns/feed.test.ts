import { marketDataChannel, marketSnapshotKey } from '@opsource/bus/contracts'
import { MemoryCache } from '@opsource/cache'
import { ManualClock } from '@opsource/kernel'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { BarFeed } from './feed.ts'

const SYMBOL = 'BTC-USDT'

let cache: MemoryCache
let feed: BarFeed
let bars: string[]
let unreadable: number
beforeEach(async () => {
  cache = new MemoryCache({ clock: new ManualClock(0), log: pino({ level: 'silent' }) })
  bars = []
  unreadable = 0
  const observer = { unreadable: () => void unreadable++ }
  feed = new BarFeed(SYMBOL, { cache }, observer, (interval, { openTime, close }) =>
    bars.push(`${interval} ${openTime} ${close}`),
  )
  await feed.start()
})
afterEach(async () => {
  await feed.close()
  await cache.close()
})

function tell(sequence: number, time: number, ...prices: number[]): Promise<void> {
  const trades = prices.map((price) => ({ tradeId: 't', price, quantity: 1, takerSide: 'BUY', time }))
  const head = { symbol: SYMBOL, sequence, previousSequence: sequence - 1, engineSequence: sequence, time }
  const message = { ...head, status: 'TRADING', recording: null, bids: [], asks: [], trades }
  return cache.publish(marketDataChannel(SYMBOL), JSON.stringify(message))
}

test('one trade ends the bars of every interval that is over', async () => {
  await tell(1, 1_000)
  await tell(2, 60_000, 7)
  await tell(3, 120_000, 8)
  await expect.poll(() => bars).toEqual(['S5 60000 7', 'S15 60000 7', 'M1 60000 7'])
})

test('a message that comes again changes nothing, and one that is missing costs the bars that it was part of', async () => {
  await tell(1, 1_000)
  await tell(2, 5_000, 7)
  await tell(2, 5_000, 9)
  await tell(3, 10_000, 8)
  await tell(5, 12_000, 8)
  await tell(6, 15_000, 8)
  await tell(7, 20_000, 8)
  await expect.poll(() => bars.filter((bar) => bar.startsWith('S5'))).toEqual(['S5 5000 7', 'S5 15000 8'])
})

test('what cannot be read is counted, and costs the bar of the message that it was', async () => {
  await tell(1, 1_000)
  for (const text of ['', '{', 'null', '{"sequence":2}', `{"sequence":"2","trades":[]}`])
    await cache.publish(marketDataChannel(SYMBOL), text)
  await tell(3, 6_000, 7)
  await tell(4, 10_000, 7)
  await tell(5, 15_000)
  await expect.poll(() => bars).toEqual(['S5 10000 7'])
  expect(unreadable).toBe(5)
})

test('the tick is learned when the market is first heard of', async () => {
  expect(feed.tick).toBeNull()
  const snapshot = { symbol: SYMBOL, tick: { units: 1, scale: 2 } }
  await cache.set(marketSnapshotKey(SYMBOL), JSON.stringify(snapshot), { ttlMs: 60_000 })
  await tell(1, 1_000)
  await expect.poll(() => feed.tick).toEqual({ units: 1, scale: 2 })
})
