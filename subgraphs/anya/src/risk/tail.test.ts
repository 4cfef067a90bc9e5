import { seededRandom } from '@opsource/kernel'
import { expect, test } from 'vitest'
import { quantileOf, shortfallWeights, tailOf } from './tail.ts'

test('the quantile lies at rank level·(n + 1), and at the ends where that is outside', () => {
  expect(quantileOf([1, 2, 3, 4], 0.5)).toBe(2.5)
  expect(quantileOf([10, 20, 30], 0.3)).toBeCloseTo(12, 12)
  expect([quantileOf([1, 2, 3], 0.01), quantileOf([1, 2, 3], 0.99)]).toEqual([1, 3])
})

test('a new draw lies below it as often as the level says', () => {
  const random = seededRandom(5)
  let below = 0
  for (let run = 0; run < 8_000; run++) {
    const sample = Float64Array.from({ length: 99 }, () => random.next()).sort()
    if (random.next() < quantileOf(sample, 0.05)) below++
  }
  expect(below / 8_000).toBeCloseTo(0.05, 2)
})

test('the expected shortfall is the mean of the quantiles below the level', () => {
  const sorted = Float64Array.from({ length: 199 }, (_, k) => (k - 150) ** 3 / 1e5)
  const steps = 20_000
  let sum = 0
  for (let step = 0; step < steps; step++) sum += quantileOf(sorted, (0.033 * (step + 0.5)) / steps)
  expect(tailOf(sorted, 0.033).expectedShortfall).toBeCloseTo(sum / steps, 4)
})

test.each([0.001, 0.01, 0.05, 0.0537, 0.5])('the weights at %f are none below zero and sum to one', (level) => {
  const weights = shortfallWeights(level, 400)
  expect(weights.reduce((sum, w) => sum + w, 0)).toBeCloseTo(1, 12)
  expect(Math.min(...weights)).toBeGreaterThanOrEqual(0)
})
