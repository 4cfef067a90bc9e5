import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { EngineBatch } from '../engine/events.ts'
import { type Candle, foldCandles, MINUTE_MS, mergeCandles } from './candle.ts'

const party = {
  accountId: 'a',
  userId: 'u',
  orderId: 'o',
  clientOrderId: 'c',
  fee: 0,
  filledQuantity: 1,
  remainingQuantity: 0,
  filledQuoteAmount: 1,
  status: 'FILLED' as const,
}

function batchOf(time: number, trades: readonly { symbol: string; price: number; quantity: number }[]): EngineBatch {
  return {
    firstSequence: 1,
    lastSequence: 1,
    time,
    levels: [],
    balances: [],
    events: trades.map(({ symbol, price, quantity }, leg) => ({
      type: 'TRADE',
      engineSequence: 1,
      leg,
      tradeId: `trd_${leg}`,
      symbol,
      price,
      quantity,
      baseAmount: quantity,
      quoteAmount: price * quantity,
      takerSide: 'BUY',
      maker: { ...party, side: 'SELL' },
      taker: { ...party, side: 'BUY' },
    })),
  }
}

test('a minute opens with its first trade and closes with its last', () => {
  const batches = [
    batchOf(60_000, [{ symbol: 'BTC-USDT', price: 100, quantity: 2 }]),
    batchOf(119_999, [
      { symbol: 'BTC-USDT', price: 90, quantity: 1 },
      { symbol: 'ETH-USDT', price: 7, quantity: 1 },
    ]),
    batchOf(120_000, [{ symbol: 'BTC-USDT', price: 95, quantity: 1 }]),
  ]
  expect(foldCandles(batches)).toEqual([
    {
      symbol: 'BTC-USDT',
      openTime: 60_000,
      open: 100,
      high: 100,
      low: 90,
      close: 90,
      volume: 3n,
      quoteVolume: 290n,
      tradeCount: 2,
    },
    {
      symbol: 'ETH-USDT',
      openTime: 60_000,
      open: 7,
      high: 7,
      low: 7,
      close: 7,
      volume: 1n,
      quoteVolume: 7n,
      tradeCount: 1,
    },
    {
      symbol: 'BTC-USDT',
      openTime: 120_000,
      open: 95,
      high: 95,
      low: 95,
      close: 95,
      volume: 1n,
      quoteVolume: 95n,
      tradeCount: 1,
    },
  ])
})

const trades = fc.array(
  fc.record({
    price: fc.integer({ min: 1, max: 1_000 }),
    quantity: fc.integer({ min: 1, max: 9 }),
    after: fc.nat({ max: 40_000 }),
  }),
  { minLength: 1, maxLength: 60 },
)

test('candles are the same however their trades were batched', () => {
  fc.assert(
    fc.property(trades, fc.nat(), (list, cut) => {
      let time = 0
      const batches = list.map(({ after, ...trade }) => {
        time += after
        return batchOf(time, [{ symbol: 'BTC-USDT', ...trade }])
      })
      const whole = foldCandles(batches)
      const at = cut % list.length
      const merged = new Map<number, Candle>()
      for (const candle of [...foldCandles(batches.slice(0, at)), ...foldCandles(batches.slice(at))]) {
        const before = merged.get(candle.openTime)
        merged.set(candle.openTime, before ? mergeCandles(before, candle) : candle)
      }
      expect([...merged.values()]).toEqual(whole)
      expect(whole.every(({ openTime }) => openTime % MINUTE_MS === 0)).toBe(true)
    }),
  )
})
