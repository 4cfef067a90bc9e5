import { expect, test } from 'vitest'
import { mean, standardDeviation } from './mean.ts'

test('a mean is the same of any list, and no number of nothing', () => {
  expect([[2, 4, 9], Float64Array.of(2, 4, 9), Float32Array.of(2, 4, 9)].map(mean)).toEqual([5, 5, 5])
  expect(mean([])).toBeNaN()
})

test('a standard deviation is that of all values', () => {
  expect(standardDeviation([2, 4, 4, 4, 5, 5, 7, 9])).toBe(2)
  expect(standardDeviation([3])).toBe(0)
  expect(standardDeviation([])).toBeNaN()
})
