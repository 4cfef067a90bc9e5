import { expect, test } from 'vitest'
import { averagePriceOf, markPriceOf, portfolioValue, unrealisedOf } from './valuation.ts'

test('a portfolio is worth its dollars and the rest at the last prices', () => {
  const balances = [
    { asset: 'BTC', total: 150_000_000n, held: 0n },
    { asset: 'USDT', total: 10_000_000n, held: 5_000_000n },
  ]
  // 1.5 BTC at 60,000.00 and 1 USDT; USDT counts in 10^-7.
  expect(portfolioValue(balances, () => 6_000_000)).toBe(900_010_000_000n)
})

test('a missing price makes the value unknown, unless nothing is held', () => {
  expect(portfolioValue([{ asset: 'ETH', total: 1n, held: 0n }], () => null)).toBeNull()
  expect(portfolioValue([{ asset: 'ETH', total: 0n, held: 0n }], () => null)).toBe(0n)
})

test('the average price is the cost of one whole unit', () => {
  // 0.00003 BTC for 1.83 USDT
  const position = { symbol: 'BTC-USDT', quantity: 3_000n, cost: 18_300_000n }
  expect(averagePriceOf(position)).toBe(610_000_000_000n)
  expect(averagePriceOf({ ...position, quantity: -3_000n, cost: -18_300_000n })).toBe(610_000_000_000n)
  expect(averagePriceOf({ ...position, quantity: 0n, cost: 0n })).toBeNull()
})

test('the mark price is the last price, before the first trade the middle of the best quotes', () => {
  expect(markPriceOf({ lastPrice: 5, bestBid: 9, bestAsk: 10 })).toBe(5)
  expect(markPriceOf({ lastPrice: null, bestBid: 9, bestAsk: 10 })).toBe(9.5)
  expect(markPriceOf({ lastPrice: null, bestBid: 9, bestAsk: null })).toBeNull()
})

test('unrealised profit is what a position would bring less what it cost, rounded against it', () => {
  const long = { symbol: 'BTC-USDT', quantity: 1_500n, cost: 9_000_000n }
  expect(unrealisedOf(long, 6_100_000)).toBe(150_000n)
  expect(unrealisedOf({ ...long, quantity: -1_500n, cost: -9_000_000n }, 6_100_000)).toBe(-150_000n)
  expect(unrealisedOf({ ...long, quantity: 1n }, 6_000_050.5)).toBe(6_000n - 9_000_000n)
  expect(unrealisedOf({ ...long, quantity: -1n, cost: 0n }, 6_000_050.5)).toBe(-6_001n)
  expect(unrealisedOf(long, null)).toBeNull()
  expect(unrealisedOf({ ...long, quantity: 0n, cost: 0n }, null)).toBe(0n)
})
