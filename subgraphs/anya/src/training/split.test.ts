import { expect, test } from 'vitest'
import { FEATURE_COUNT } from '../features/index.ts'
import { walkForward } from './split.ts'

const size = 100
const data = {
  size,
  rows: new Float32Array(size * FEATURE_COUNT),
  labels: new Uint8Array(size),
  times: Float64Array.from({ length: size }, (_, i) => i * 1_000),
}

test('no training label reaches into its test, and every later row is tested once', () => {
  const folds = walkForward(data, { folds: 5, firstTestShare: 0.5, purgeMs: 10_000 })
  expect(folds).toHaveLength(5)
  for (const { train, test } of folds) {
    expect(train.times.at(-1)! + 10_000).toBeLessThanOrEqual(test.times[0]!)
    expect(train.times[0]).toBe(0)
  }
  expect(folds.flatMap(({ test }) => [...test.times])).toEqual([...data.times.slice(50)])
})
