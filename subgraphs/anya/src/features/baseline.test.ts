import { expect, test } from 'vitest'
import { baselineProbabilities } from './baseline.ts'
import { FEATURE_COUNT, TOP_IMBALANCE } from './vector.ts'

const rowOf = (imbalance: number) =>
  Float32Array.from({ length: FEATURE_COUNT }, (_, i) => (i === TOP_IMBALANCE ? imbalance : 9))

test('the rule says up towards a thin ask side, as surely as its coefficient was calibrated', () => {
  const rows = Float32Array.from([...rowOf(1), ...rowOf(0), ...rowOf(-0.5)])
  const [thinAsk, even, thinBid] = baselineProbabilities(rows, 2)
  expect(thinAsk).toBeCloseTo(1 / (1 + Math.exp(-2)), 12)
  expect(even).toBe(0.5)
  expect(thinBid).toBeCloseTo(1 / (1 + Math.exp(1)), 12)
})
