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
import { TickerWatchers } from './ticker.ts'

const symbol = 'BTC-USDT'
const common = { symbol, time: 0, status: 'TRADING' as const, recording: null, asks: [] }

/** A market of one bid at 1.00, which each step moves. */
async function market() {
  const log = pino({ level: 'silent' })
  const cache = new MemoryCache({ clock: systemClock, log })
  const feed = new MarketFeed(symbol, cache, log)
  const tickers = new TickerWatchers(feed)
  const snapshot: MarketSnapshot = {
    ...common,
    sequence: 1,
    engineSequence: 1,
    tick: { units: 1, scale: 2 },
    lot: { units: 1, scale: 5 },
    bids: [[100, 1]],
  }
  await cache.set(marketSnapshotKey(symbol), JSON.stringify(snapshot), { ttlMs: 60_000 })
  await feed.start()
  let sequence = 1
  const step = async (bids: [number, number][]) => {
    const message: MarketDataMessage = {
      ...common,
      previousSequence: sequence++,
      sequence,
      engineSequence: sequence,
      bids,
      trades: [],
    }
    await cache.publish(marketDataChannel(symbol), JSON.stringify(message))
  }
  return { feed, tickers, step }
}

test('a price that comes back after nobody has watched for a while is told', async () => {
  const { feed, tickers, step } = await market()
  const first = tickers.watch()
  await first.next()
  await step([[101, 1]])
  expect((await first.next()).value?.bestBid).toBe('1.01')
  await first.return()

  await step([[101, 0]])
  const second = tickers.watch()
  expect((await second.next()).value?.bestBid).toBe('1.00')
  await step([[101, 1]])
  const told = await Promise.race([second.next(), new Promise<null>((resolve) => setTimeout(resolve, 200, null))])
  expect(told?.value?.bestBid).toBe('1.01')
  tickers.close()
  await feed.close()
})
