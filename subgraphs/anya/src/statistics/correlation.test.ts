import { expect, test } from 'vitest'
import { pearson, ranks, spearman } from './correlation.ts'

test('correlations are those worked out by hand', () => {
  // Deviations (-1.5, -0.5, 0.5, 1.5) and (-1.25, -0.25, -0.25, 1.75): 4.5 / sqrt(5 × 4.75).
  const { value, standardError } = pearson([1, 2, 3, 4], [1, 2, 2, 4])
  expect(value).toBeCloseTo(4.5 / Math.sqrt(5 * 4.75), 12)
  expect(standardError).toBeCloseTo(1 / Math.sqrt(3), 12)
  expect(spearman([1, 2, 3, 4], [1, 4, 9, 400]).value).toBeCloseTo(1, 12)
})

test('equal values share the mean of their ranks', () => {
  expect([...ranks([30, 10, 20, 20])]).toEqual([4, 1, 2.5, 2.5])
})

test('what does not vary correlates with nothing', () => {
  expect(pearson([1, 1, 1], [1, 2, 3]).value).toBeNaN()
  expect(() => pearson([1], [1, 2])).toThrow('1 values do not go with 2')
})
