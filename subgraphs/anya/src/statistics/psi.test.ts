import { seededRandom } from '@opsource/kernel'
import { expect, test } from 'vitest'
import { driftLevel, expectedStabilityIndex, referenceBins, stabilityIndex } from './psi.ts'
import { normalSample } from './random.ts'

const normals = (seed: number, size: number, mean = 0) => {
  const random = seededRandom(seed)
  return Float64Array.from({ length: size }, () => mean + normalSample(random))
}

test('worked out by hand: shares of a half each against a quarter and three quarters', () => {
  const reference = referenceBins([1, 1, 2, 2], 2)
  expect(reference).toEqual({ edges: [1], counts: [2, 2, 0] })
  const expected = (0.25 - 0.5) * Math.log(0.25 / 0.5) + (0.75 - 0.5) * Math.log(0.75 / 0.5)
  expect(stabilityIndex(reference, [1, 2, 3, 9])).toBeCloseTo(expected, 12)
})

test('the bins are the deciles of the reference', () => {
  const { edges, counts } = referenceBins(Float64Array.from({ length: 1_000 }, (_, i) => 999 - i))
  expect(edges).toEqual([99, 199, 299, 399, 499, 599, 699, 799, 899])
  expect(counts).toEqual([...new Array(10).fill(100), 0])
})

test('the same distribution comes to about what its χ² limit says, over a hundred draws', () => {
  const reference = referenceBins(normals(1, 4_000))
  const indexes = Array.from({ length: 100 }, (_, i) => stabilityIndex(reference, normals(i + 2, 1_000)))
  const mean = indexes.reduce((sum, index) => sum + index, 0) / indexes.length
  const expected = expectedStabilityIndex(reference, 1_000)
  expect(mean).toBeGreaterThan(expected * 0.7)
  expect(mean).toBeLessThan(expected * 1.3)
  expect(driftLevel(Math.max(...indexes))).toBe('STABLE')
})

test('a shift of the mean is seen: two fifths of a deviation is a warning, a whole one an alarm', () => {
  const reference = referenceBins(normals(1, 4_000))
  expect(driftLevel(stabilityIndex(reference, normals(7, 4_000, 0.4)))).toBe('WARNING')
  expect(driftLevel(stabilityIndex(reference, normals(7, 4_000, 1)))).toBe('ALARM')
})

test('values that stop being known are drift of their own', () => {
  const values = normals(3, 1_000)
  const gappy = values.map((value, i) => (i % 3 === 0 ? Number.NaN : value))
  expect(driftLevel(stabilityIndex(referenceBins(values), gappy))).toBe('ALARM')
  expect(stabilityIndex(referenceBins(gappy), gappy)).toBe(0)
})

test('a feature of few values, or of one, has fewer bins and no false drift', () => {
  const weekdays = Float64Array.from({ length: 700 }, (_, i) => i % 7)
  const reference = referenceBins(weekdays)
  expect(stabilityIndex(reference, weekdays.slice(0, 350))).toBe(0)
  expect(stabilityIndex(referenceBins(new Float64Array(50)), new Float64Array(20))).toBe(0)
})

test('of nothing there is no index', () => {
  expect(stabilityIndex(referenceBins([]), [1])).toBeNaN()
  expect(stabilityIndex(referenceBins([1]), [])).toBeNaN()
})
