import { seededRandom } from '@opsource/kernel'
import { expect, test } from 'vitest'
import { sigmoid } from '../learners/boosted-trees/index.ts'
import type { Dataset } from './dataset.ts'
import { fitLogistic, predictLogistic } from './logistic.ts'

function drawn(size: number, weights: readonly number[]): Dataset {
  const random = seededRandom(11)
  const rows = Float32Array.from({ length: size * weights.length }, () => random.next() * 4 - 2)
  const labels = Uint8Array.from({ length: size }, (_, i) => {
    const logit = weights.reduce((sum, weight, j) => sum + weight * rows[i * weights.length + j]!, 0)
    return random.next() < sigmoid(logit) ? 1 : 0
  })
  return { size, rows, labels, times: new Float64Array(size) }
}

test('the weights that drew the labels are found again', () => {
  const { weights } = fitLogistic(drawn(20_000, [1, -0.5, 0]), [0, 1, 2], { penalty: 1 })
  expect(weights[0]).toBeCloseTo(1, 1)
  expect(weights[1]).toBeCloseTo(-0.5, 1)
  expect(weights[2]).toBeCloseTo(0, 1)
})

test('columns that are left out have no say, and a row of zeros gives one half', () => {
  const model = fitLogistic(drawn(500, [1, -0.5]), [1], { penalty: 1 })
  expect(model.weights[0]).toBe(0)
  expect(predictLogistic(model, Float32Array.from([9, 0]))[0]).toBe(0.5)
})
