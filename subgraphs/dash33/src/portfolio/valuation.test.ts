import { expect, test } from 'vitest'
import { averagePriceOf, portfolioValue } from './valuation.ts'

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
  expect(averagePriceOf({ symbol: 'BTC-USDT', quantity: 3n, cost: 18_300_000n, realised: 0n })).toBe(610_000_000_000n)
  expect(averagePriceOf({ symbol: 'BTC-USDT', quantity: -3n, cost: -18_300_000n, realised: 0n })).toBe(610_000_000_000n)
  expect(averagePriceOf({ symbol: 'BTC-USDT', quantity: 0n, cost: 0n, realised: 5n })).toBeNull()
})
