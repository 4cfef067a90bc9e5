import { describe, expect, test } from 'vitest'
import { maximumDrawdown } from './drawdown.ts'
import { performanceOf } from './performance.ts'
import {
  downsideDeviation,
  intervalsPerYear,
  mean,
  ratePerInterval,
  sharpeRatio,
  sortinoRatio,
  standardDeviation,
  YEAR_MS,
} from './ratios.ts'

// C. R. Bacon, "Practical Portfolio Performance Measurement and Attribution", 2nd ed. (Wiley, 2008), p. 65: 24 monthly returns.
const BACON = [
  0.003, 0.026, 0.011, -0.01, 0.015, 0.025, 0.016, 0.067, -0.014, 0.04, -0.005, 0.081, 0.04, -0.037, -0.061, 0.017,
  -0.049, -0.022, 0.07, 0.058, -0.065, 0.024, -0.005, -0.009,
]

describe('Bacon’s portfolio', () => {
  test('has the downside deviation of p. 94', () => {
    // R's PerformanceAnalytics prints 0.0255, with more digits 0.02553674.
    expect(downsideDeviation(BACON, 0.005)).toBeCloseTo(0.02553674, 8)
  })
  test('has the Sharpe ratio that is published with the JavaScript package portfolio-analytics', () => {
    expect(sharpeRatio(BACON)).toBeCloseTo(0.22756845566238826, 14)
  })
  test('has the adjusted Sharpe ratio that PerformanceAnalytics prints, by our standard deviation', () => {
    const [average, deviation] = [mean(BACON)!, standardDeviation(BACON)!]
    const annual = BACON.reduce((growth, each) => growth * (1 + each), 1) ** (12 / 24) - 1
    const sharpe = annual / (deviation * Math.sqrt(12))
    const moment = (power: number) => mean(BACON.map((each) => (each - average) ** power))!
    const [skewness, kurtosis] = [moment(3) / moment(2) ** 1.5, moment(4) / moment(2) ** 2]
    expect(sharpe * (1 + (skewness / 6) * sharpe - ((kurtosis - 3) / 24) * sharpe ** 2)).toBeCloseTo(0.7591435, 6)
  })
})

// T. N. Rollinger & S. T. Hoffman, "Sortino: A 'Sharper' Ratio" (Red Rock Capital / CME Group, 2013): eight years, target 0 %.
test('the Sortino ratio of Rollinger and Hoffman’s example is 4.417', () => {
  const years = [0.17, 0.15, 0.23, -0.05, 0.12, 0.09, 0.13, -0.04]
  expect(mean(years)).toBeCloseTo(0.1, 12)
  expect(downsideDeviation(years, 0)).toBeCloseTo(0.02264, 5)
  expect(sortinoRatio(years)).toBeCloseTo(4.417, 3)
})

test('a benchmark is taken off every return, a target off the mean and every return', () => {
  expect(sharpeRatio([0.03, 0.01], 0.01)).toBeCloseTo(0.01 / Math.sqrt(0.0002), 12)
  expect(sortinoRatio([0.03, -0.01], 0.01)).toBeCloseTo(0, 12)
})

test('no ratio is made of too little, or of no risk', () => {
  for (const ratio of [sharpeRatio, sortinoRatio]) {
    expect(ratio([])).toBeNull()
    expect(ratio([0.1])).toBeNull()
    expect(ratio([0.1, 0.1])).toBeNull()
  }
  expect(standardDeviation([1])).toBeNull()
})

test('a rate of a year compounds to itself', () => {
  const n = intervalsPerYear(3_600_000)
  expect((1 + ratePerInterval(0.05, n)) ** n - 1).toBeCloseTo(0.05, 10)
  expect(intervalsPerYear(YEAR_MS)).toBe(1)
})

test('Bacon’s portfolio as a curve of equity has the same figures, annualised by the square root of time', () => {
  const month = YEAR_MS / 12
  let equity = 1_000_000_000_000
  const valuations = [0, ...BACON].map((each, n) => {
    equity *= 1 + each
    return { time: n * month, equity: BigInt(Math.round(equity)), flow: 0n }
  })
  const performance = performanceOf(valuations, { intervalMs: month, riskFreeRate: 0, targetRate: 0 })
  expect(performance).toMatchObject({ from: 0, to: 24 * month, returnCount: 24 })
  expect(performance.sharpe).toBeCloseTo(0.22756845566238826 * Math.sqrt(12), 6)
  expect(performance.volatility).toBeCloseTo(0.137, 3)
  expect(performance.timeWeightedReturn).toBeCloseTo(0.218105, 5)
  // From the thirteenth month to the eighteenth, by hand.
  expect(performance.maximumDrawdown).toMatchObject({ peakAt: 13 * month, troughAt: 18 * month, recoveredAt: null })
  expect(performance.maximumDrawdown?.depth).toBeCloseTo(1 - 0.963 * 0.939 * 1.017 * 0.951 * 0.978, 6)
  expect(maximumDrawdown([])).toBeNull()
})

test('what begins within an interval counts for the return, not for the risk', () => {
  const performance = performanceOf(
    [0.5, 1, 2, 3].map((time, n) => ({ time: time * 60_000, equity: BigInt(100 + n * n), flow: 0n })),
    { intervalMs: 60_000, riskFreeRate: 0, targetRate: 0 },
  )
  expect(performance.returnCount).toBe(2)
  expect(performance.timeWeightedReturn).toBeCloseTo(0.09, 12)
})
