import { seededRandom } from '@opsource/kernel'
import { expect, test } from 'vitest'
import { dieboldMariano } from './diebold-mariano.ts'
import { normalSample, shuffled } from './random.ts'

test('the statistic is the one worked out by hand', () => {
  // Differences 1, -1, 1, 1, 0, 2, 0, 0: mean ½, variance 7/8; 8 losses have lags floor(4 × 0.08^(2/9)) = 2.
  const first = [1, 0, 1, 1, 0, 2, 0, 0]
  const second = [0, 1, 0, 0, 0, 0, 0, 0]
  const deviations = [0.5, -1.5, 0.5, 0.5, -0.5, 1.5, -0.5, -0.5]
  const covariance = (lag: number) =>
    deviations.slice(lag).reduce((sum, value, i) => sum + value * deviations[i]!, 0) / deviations.length
  const variance = covariance(0) + 2 * (2 / 3) * covariance(1) + 2 * (1 / 3) * covariance(2)
  const test = dieboldMariano(first, second, 1)
  expect(test.lags).toBe(2)
  expect(test.meanDifference).toBe(0.5)
  expect(test.statistic).toBeCloseTo((0.5 / Math.sqrt(variance / 8)) * Math.sqrt(7 / 8), 12)
  expect(test.pValueBetter).toBeCloseTo(1 - test.pValue / 2, 12)
})

/** Losses that depend on each other as those of a six-step forecast do, the second's larger by `edge`. */
function losses(seed: number, edge: number) {
  const random = seededRandom(seed)
  const noise = Array.from({ length: 605 }, () => normalSample(random))
  const first = Array.from({ length: 600 }, (_, i) => noise.slice(i, i + 6).reduce((sum, value) => sum + value, 0))
  return dieboldMariano(first, new Array<number>(600).fill(edge), 6)
}

test('equally good forecasts are told apart about as seldom as the level says, in spite of overlapping horizons', () => {
  const rejected = Array.from({ length: 400 }, (_, seed) => losses(seed, 0)).filter(({ pValue }) => pValue < 0.05)
  expect(rejected.length / 400).toBeGreaterThan(0.02)
  expect(rejected.length / 400).toBeLessThan(0.12)
})

test('a better forecast is found, and which one it is', () => {
  const better = losses(1, 1.5)
  expect(better.statistic).toBeLessThan(-3)
  expect(better.pValueBetter).toBeLessThan(0.001)
})

test('equal losses are equally good, and too few tell nothing', () => {
  expect(dieboldMariano([1, 2, 3], [1, 2, 3], 1)).toMatchObject({ statistic: 0, pValue: 1 })
  expect(() => dieboldMariano([1, 2], [1, 2], 1)).toThrow('too few')
})

test('normal samples have mean zero and variance one; shuffling keeps the values and follows its seed', () => {
  const random = seededRandom(3)
  const samples = Float64Array.from({ length: 20_000 }, () => normalSample(random))
  expect(samples.reduce((sum, x) => sum + x, 0) / 20_000).toBeCloseTo(0, 1)
  expect(samples.reduce((sum, x) => sum + x * x, 0) / 20_000).toBeCloseTo(1, 1)
  const values = Float64Array.from({ length: 50 }, (_, i) => i)
  expect(shuffled(values, 1)).toEqual(shuffled(values, 1))
  expect(shuffled(values, 1)).not.toEqual(shuffled(values, 2))
  expect(shuffled(values, 1).sort()).toEqual(values)
})
