import { seededRandom } from '@opsource/kernel'
import { expect, test } from 'vitest'
import { binColumns } from './bins.ts'
import { fitBoosting, predictBoosting } from './boosting.ts'
import type { Dataset } from './dataset.ts'
import { rankArea } from './measures.ts'
import { growTree, leafValue } from './tree.ts'

const LIMITS = { leaves: 2, depth: 1, minHessian: 0.1, penalty: 1, learningRate: 0.5 }

test('a stump on four rows splits where and as far as worked out by hand', () => {
  // x = 1, 2, 3, 4 with labels 0, 0, 1, 1 from p = 1/2: gradients ½, ½, -½, -½, hessians ¼ each.
  // The cut in the middle gains 1/1.5 + 1/1.5 = 4/3; the leaves are ∓1 / (½ + 1) × 0.5 = ∓1/3.
  const rows = Float32Array.from([1, 2, 3, 4])
  const derivatives = { gradient: Float64Array.from([0.5, 0.5, -0.5, -0.5]), hessian: new Float64Array(4).fill(0.25) }
  const tree = growTree(binColumns(rows, 1, 4), derivatives, [0, 1, 2, 3], [0], LIMITS)
  expect(tree.threshold[0]).toBe(2.5)
  expect([0, 1, 2, 3].map((i) => leafValue(tree, rows, i))).toEqual([-1, -1, 1, 1].map((s) => Math.fround(s / 3)))
})

test('a leaf without enough weight on both sides is not split', () => {
  const rows = Float32Array.from([1, 2, 3, 4])
  const derivatives = { gradient: Float64Array.from([0.5, 0.5, -0.5, -0.5]), hessian: new Float64Array(4).fill(0.25) }
  const tree = growTree(binColumns(rows, 1, 4), derivatives, [0, 1, 2, 3], [0], { ...LIMITS, minHessian: 0.6 })
  expect(tree.feature).toEqual(Int32Array.from([-1]))
})

test('bins end at float32 values that lie between the values they part', () => {
  const { edges, codes } = binColumns(Float32Array.from([5, 1, 3, 3, 9, 7]), 1, 3)
  expect([...edges[0]!]).toEqual([6])
  expect([...codes]).toEqual([0, 0, 0, 0, 1, 1])
})

function interaction(size: number): Dataset {
  const random = seededRandom(5)
  const rows = Float32Array.from({ length: size * 2 }, () => random.next() - 0.5)
  const labels = Uint8Array.from({ length: size }, (_, i) => (rows[i * 2]! * rows[i * 2 + 1]! > 0 ? 1 : 0))
  return { size, rows, labels, times: new Float64Array(size) }
}

test('trees learn an interaction that no linear model can, and the same seed gives the same trees', () => {
  const data = interaction(1_000)
  const options = { ...LIMITS, leaves: 8, depth: 4, rounds: 40, bins: 32, rowShare: 0.8, columnShare: 1, seed: 3 }
  const model = fitBoosting(data, options)
  expect(rankArea(predictBoosting(model, data.rows), data.labels)).toBeGreaterThan(0.95)
  expect(fitBoosting(data, options)).toEqual(model)
  expect(fitBoosting(data, { ...options, seed: 4 })).not.toEqual(model)
})
