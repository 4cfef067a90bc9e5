import { seededRandom } from '@opsource/kernel'
import { describe, expect, test } from 'vitest'
import { OUTPUT, writeOnnx } from '../../onnx/writer.ts'
import { rankArea } from '../../statistics/measures.ts'
import { exportDifference } from '../../training/parity.ts'
import {
  Binning,
  type BoostingOptions,
  exportTrees,
  fitTrees,
  forestNode,
  InvalidTraining,
  importance,
  type Labelled,
  type Objective,
  predictTrees,
  scoreTrees,
} from './index.ts'

const OPTIONS: BoostingOptions = {
  objective: { kind: 'SQUARED' },
  rounds: 40,
  learningRate: 0.3,
  leaves: 8,
  depth: 4,
  minHessian: 1,
  penalty: 1,
  bins: 64,
  rowShare: 1,
  columnShare: 1,
  seed: 3,
}

/** Rows in [-½, ½) with every tenth value missing, and labels of them. */
function sampled(
  size: number,
  width: number,
  labelOf: (row: Float32Array, noise: number) => number,
  seed = 5,
): Labelled {
  const random = seededRandom(seed)
  const values = Float32Array.from({ length: size * width }, () =>
    random.next() < 0.1 ? Number.NaN : random.next() - 0.5,
  )
  const row = (i: number) => values.subarray(i * width, (i + 1) * width)
  return { width, values, labels: Float32Array.from({ length: size }, (_, i) => labelOf(row(i), random.next())) }
}

const column = (values: number[], labels: number[]): Labelled => ({
  width: 1,
  values: Float32Array.from(values),
  labels: Float32Array.from(labels),
})

test('a stump on four rows splits where and as far as worked out by hand', () => {
  // x = 1, 2, 3, 4 with labels 0, 0, 1, 1 from p = 1/2: gradients ½, ½, -½, -½, hessians ¼ each.
  // The cut in the middle gains 1/1.5 + 1/1.5 = 4/3; the leaves are ∓1 / (½ + 1) × 0.5 = ∓1/3.
  const rows = column([1, 2, 3, 4], [0, 0, 1, 1])
  const stump = {
    ...OPTIONS,
    objective: { kind: 'LOGISTIC' },
    rounds: 1,
    depth: 1,
    minHessian: 0.1,
    learningRate: 0.5,
  } as const
  const { trees, gains } = fitTrees(rows, stump)
  expect(trees[0]!.threshold[0]).toBe(2.5)
  expect([...trees[0]!.value]).toEqual([0, Math.fround(-1 / 3), Math.fround(1 / 3)])
  expect(gains[0]).toBeCloseTo(4 / 3, 6)
  expect(fitTrees(rows, { ...stump, minHessian: 0.6 }).trees[0]!.feature).toEqual(Int32Array.of(-1))
})

test('missing values go where they lower the loss: aside, with the small or with the large', () => {
  const stump = { ...OPTIONS, rounds: 1, learningRate: 1, penalty: 0, depth: 1 }
  const fitted = (labels: number[]) => [
    ...predictTrees(fitTrees(column([Number.NaN, Number.NaN, 1, 1, 2, 2], labels), stump), {
      width: 1,
      values: Float32Array.of(Number.NaN, 1, 2),
    }).map(Math.fround),
  ]
  expect(fitted([5, 5, 0, 0, 0, 0])).toEqual([5, 0, 0])
  expect(fitted([5, 5, 5, 5, 0, 0])).toEqual([5, 5, 0])
  expect(fitted([5, 5, 0, 0, 5, 5])).toEqual([5, 0, 5])
})

test('trees learn an interaction that no linear model can, and say which columns it is of', () => {
  const data = sampled(2_000, 3, ([a = 0, b = 0]) => (a * b > 0 ? 1 : 0))
  const model = fitTrees(data, { ...OPTIONS, objective: { kind: 'LOGISTIC' } })
  expect(rankArea(predictTrees(model, data), data.labels)).toBeGreaterThan(0.95)
  const [first = 0, second = 0, noise = 1] = importance(model)
  expect(first + second).toBeGreaterThan(0.9)
  expect(noise).toBeLessThan(0.1)
})

test('a quantile is exceeded as seldom as it says', () => {
  const data = sampled(4_000, 2, ([a = 0], noise) => (a || 0) + (1 + (a || 0)) * noise)
  const model = fitTrees(data, {
    ...OPTIONS,
    objective: { kind: 'QUANTILE', level: 0.9 },
    minHessian: 50,
    learningRate: 0.1,
  })
  const quantiles = predictTrees(model, data)
  const above = data.labels.filter((label, i) => label > quantiles[i]!).length / data.labels.length
  expect(above).toBeGreaterThan(0.08)
  expect(above).toBeLessThan(0.12)
})

test('classes get probabilities that sum to one and name the class', () => {
  const data = sampled(2_000, 2, ([a = 0, b = 0]) => (a > 0.2 ? 2 : b > 0 ? 1 : 0))
  const shares = predictTrees(fitTrees(data, { ...OPTIONS, objective: { kind: 'SOFTMAX', classes: 3 } }), data)
  let right = 0
  for (let i = 0; i < data.labels.length; i++) {
    const row = shares.subarray(i * 3, i * 3 + 3)
    expect(row.reduce((sum, share) => sum + share)).toBeCloseTo(1, 12)
    if (row.indexOf(Math.max(...row)) === data.labels[i]) right++
  }
  expect(right / data.labels.length).toBeGreaterThan(0.98)
})

const OBJECTIVES: Objective[] = [
  { kind: 'SQUARED' },
  { kind: 'LOGISTIC' },
  { kind: 'QUANTILE', level: 0.1 },
  { kind: 'SOFTMAX', classes: 3 },
  { kind: 'GAMMA' },
]
const labelsFor = (kind: Objective['kind']) =>
  sampled(1_500, 5, ([a = 0, b = 0], noise) => {
    const signal = (a || 0) + (b > 0.1 ? 0.5 : 0) + noise
    if (kind === 'LOGISTIC') return signal > 0.5 ? 1 : 0
    if (kind === 'SOFTMAX') return signal > 1 ? 2 : signal > 0.3 ? 1 : 0
    return kind === 'GAMMA' ? Math.exp(signal) : signal
  })

describe.each(OBJECTIVES)('of $kind', (objective) => {
  const data = labelsFor(objective.kind)
  const options = { ...OPTIONS, objective, rowShare: 0.7, columnShare: 0.6 }
  const model = fitTrees(data, options)

  test('onnxruntime gives what the trainer gives, on rows with missing and infinite values too', async () => {
    const rows = labelsFor(objective.kind).values.map((value, i) =>
      i % 97 === 0 ? (i % 2 ? 1 : -1) * Number.POSITIVE_INFINITY : value,
    )
    const expected = predictTrees(model, { width: 5, values: rows })
    expect(await exportDifference(exportTrees(model, 'parity', {}), rows, 5, expected)).toBeLessThanOrEqual(1e-5)
  })

  test('the same seed gives the same file, another seed another', () => {
    expect(exportTrees(fitTrees(data, options), 'same', {})).toEqual(exportTrees(model, 'same', {}))
    expect(exportTrees(fitTrees(data, { ...options, seed: 4 }), 'same', {})).not.toEqual(exportTrees(model, 'same', {}))
  })
})

describe('early stopping', () => {
  const noisy = (seed: number, share: number) => sampled(600, 2, ([a = 0], noise) => share * (a || 0) + noise, seed)
  const options = { ...OPTIONS, rounds: 200, patience: 10 }

  test('keeps the rounds up to the best on rows that no tree saw', () => {
    const model = fitTrees(noisy(1, 3), options, noisy(2, 3))
    expect(model.trees.length).toBeGreaterThan(3)
    expect(model.trees.length).toBeLessThan(100)
    expect(model.trees).toEqual(
      fitTrees(noisy(1, 3), { ...options, rounds: model.trees.length, patience: 200 }, noisy(2, 3)).trees,
    )
  })

  test('leaves nothing but the mean where there is nothing to learn, and that is exported too', async () => {
    const data = noisy(1, 0)
    const opposite = { ...data, labels: data.labels.map((label) => 1 - label) }
    const model = fitTrees(data, options, opposite)
    expect(model.trees).toEqual([])
    const expected = predictTrees(model, data)
    expect(await exportDifference(exportTrees(model, 'flat', {}), data.values, 2, expected)).toBeLessThanOrEqual(1e-6)
  })
})

test('models that share how rows are binned are those that do not, also of another seed and other validation rows', () => {
  const binning = new Binning()
  const [rows, other] = [sampled(3_000, 3, ([a = 0], noise) => (a || 0) + noise), sampled(400, 3, () => 1, 6)]
  for (const seed of [1, 2]) {
    for (const judged of [rows, other]) {
      const options = { ...OPTIONS, bins: 4, patience: 5, seed }
      expect(fitTrees(rows, options, judged, binning)).toEqual(fitTrees(rows, options, judged))
    }
  }
})

test('scores that no tree adds to keep their base in the file', async () => {
  const model = fitTrees(column([1, 2, 3, 4], [0, 0, 1, 1]), { ...OPTIONS, minHessian: 1 })
  const trees = model.trees.map((tree) => ({ tree, target: 1, weight: 0.5 }))
  const nodes = [forestNode(Float32Array.of(7, 1, -3), trees, OUTPUT)]
  const onnx = writeOnnx({ name: 'forest', width: 1, outputs: 3, nodes, constants: [], metadata: {} })
  const rows = Float32Array.of(1, 4)
  const halves = scoreTrees(model, { width: 1, values: rows }).map((score) => 1 + (score - model.base[0]!) / 2)
  expect(await exportDifference(onnx, rows, 1, [7, halves[0]!, -3, 7, halves[1]!, -3])).toBeLessThanOrEqual(1e-6)
})

test.each<[string, Partial<BoostingOptions>, Labelled]>([
  ['bins must be 2 to 255', { bins: 256 }, column([1], [1])],
  ['rowShare must be above 0', { rowShare: 0 }, column([1], [1])],
  ['patience needs validation rows', { patience: 5 }, column([1], [1])],
  ['no rows', {}, column([], [])],
  ['row 1: labels must be finite', {}, column([1, 2], [0, Number.NaN])],
  ['row 1: labels must be 0 or 1', { objective: { kind: 'LOGISTIC' } }, column([1, 2], [0, 2])],
  ['row 0: labels must be positive', { objective: { kind: 'GAMMA' } }, column([1], [0])],
  ['row 0: labels must be 0 to 2', { objective: { kind: 'SOFTMAX', classes: 3 } }, column([1], [3])],
  ['2 labels do not go with 3 values in 1 columns', {}, column([1, 2, 3], [1, 2])],
])('what cannot be learnt is refused: %s', (why, change, rows) => {
  expect(() => fitTrees(rows, { ...OPTIONS, ...change })).toThrow(InvalidTraining)
  expect(() => fitTrees(rows, { ...OPTIONS, ...change })).toThrow(why)
})
