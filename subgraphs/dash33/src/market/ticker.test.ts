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
import { foldCandles } from '../candles/candle.ts'
import { RollingDay } from '../candles/day.ts'
import { MarketFeed } from '../market-data/index.ts'
import { batchOf } from '../testing/trades.ts'
import { TickerBoard, TickerWatchers, tickerOf } from './ticker.ts'

const symbol = 'BTC-USDT'
const common = { symbol, time: 0, status: 'TRADING' as const, recording: null, asks: [] }

/** A market of one bid at 1.00, which each step moves. */
async function market() {
  const log = pino({ level: 'silent' })
  const cache = new MemoryCache({ clock: systemClock, log })
  const feed = new MarketFeed(symbol, cache, log)
  const day = new RollingDay([], null, 0)
  const source = { feed, day }
  const tickers = new TickerWatchers(source)
  const board = new TickerBoard([source])
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
  return { feed, source, day, tickers, board, step }
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

test('the last day is told with the best prices, exactly', async () => {
  const { feed, source, day, step } = await market()
  expect(tickerOf(source)).toMatchObject({
    lastPrice: null,
    open: null,
    change: null,
    volume: '0.00000',
    tradeCount: 0,
  })
  const trade = (time: number, price: number, quantity: number) => {
    day.advance(time)
    for (const second of foldCandles([batchOf(time, [{ symbol, price, quantity }])])) day.add(second)
  }
  trade(1_000, 6_400, 10)
  trade(2_000, 6_500, 5)
  trade(3_000, 6_389, 5)
  await step([[101, 3]])
  expect(tickerOf(source)).toMatchObject({
    bestBid: '1.01',
    bestBidQuantity: '0.00003',
    bestAsk: null,
    lastPrice: '63.89',
    open: '64.00',
    high: '65.00',
    low: '63.89',
    change: '-0.11',
    // 11 of 6,400 is 0.171875 %.
    changePercent: '-0.17',
    volume: '0.00020',
    quoteVolume: '0.0128445',
    tradeCount: 3,
  })
  await feed.close()
})

test('all tickers are told at once, when one of them changes', async () => {
  const { feed, day, board, step } = await market()
  const reader = board.watch()
  expect((await reader.next()).value).toMatchObject([{ symbol, bestBid: '1.00', tradeCount: 0 }])
  for (const second of foldCandles([batchOf(1_000, [{ symbol, price: 100, quantity: 1 }])])) day.add(second)
  board.changed()
  expect((await reader.next()).value).toMatchObject([{ symbol, lastPrice: '1.00', tradeCount: 1 }])
  await step([[101, 1]])
  await step([[102, 1]])
  expect((await reader.next()).value).toMatchObject([{ bestBid: '1.02' }])
  await reader.return()
  await feed.close()
})
