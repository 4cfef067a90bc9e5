import { seededRandom } from '@opsource/kernel'
import { expect, test } from 'vitest'
import { fitRidge, predictRidge } from './ridge.ts'

const random = seededRandom(1)
const values = Float32Array.from({ length: 600 }, () => random.next() * 10)
const labels = Float32Array.from({ length: 200 }, (_, i) => 2 * values[i * 3]! - 3 * values[i * 3 + 1]! + 7)

test('without a penalty a plane is found, with one its weights shrink', () => {
  const rows = { width: 3, values, labels }
  predictRidge(fitRidge(rows, 0), rows).forEach((value, i) => {
    expect(value).toBeCloseTo(labels[i]!, 3)
  })
  const size = (penalty: number) => Math.hypot(...fitRidge(rows, penalty).weights)
  expect(size(1_000)).toBeLessThan(size(0) / 3)
})

test('a missing value counts as the mean of its column, a constant column as nothing', () => {
  const missing = { width: 2, values: Float32Array.of(1, 5, 3, 5, Number.NaN, 5), labels: Float32Array.of(10, 30, 20) }
  expect(predictRidge(fitRidge(missing, 0), missing)[2]).toBeCloseTo(20, 6)
})
