import { seededRandom } from '@opsource/kernel'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ModelSession } from '../inference/session.ts'
import { type BoostingOptions, exportTrees, fitTrees, forestNode } from '../learners/boosted-trees/index.ts'
import { leafValue, type Tree } from '../learners/boosted-trees/tree.ts'
import { exportNetwork, fitNetwork } from '../learners/networks/index.ts'
import { INPUT, OUTPUT, writeOnnx } from '../onnx/writer.ts'
import { readModel } from '../registry/index.ts'
import { MODELS_DIRECTORY } from '../registry/model-file.ts'
import { foreignModel } from '../testing/foreign-model.ts'
import { type ExplainedFile, type Explainer, explainerOf, topContributions } from './explainer.ts'

const WIDTH = 4
const VALUES = [-1, -0.5, 0, 0.5, 1, Number.NaN]

type Shape =
  | { readonly value: number }
  | {
      readonly feature: number
      readonly threshold: number
      readonly missingLeft: boolean
      readonly left: Shape
      readonly right: Shape
    }

const { shape: anyShape } = fc.letrec<{ shape: Shape }>((tie) => ({
  shape: fc.oneof(
    { depthSize: 'small', maxDepth: 5 },
    fc.record({ value: fc.integer({ min: -8, max: 8 }) }),
    fc.record({
      feature: fc.nat(WIDTH - 1),
      threshold: fc.constantFrom(-0.75, -0.25, 0.25, 0.75),
      missingLeft: fc.boolean(),
      left: tie('shape'),
      right: tie('shape'),
    }),
  ),
}))
const anyRow = fc.array(fc.constantFrom(...VALUES), { minLength: WIDTH, maxLength: WIDTH })

function treeOf(shape: Shape): Tree {
  const nodes: { feature: number; threshold: number; missing: number; left: number; right: number; value: number }[] =
    []
  const add = (each: Shape): number => {
    const at = nodes.push({ feature: -1, threshold: 0, missing: 0, left: 0, right: 0, value: 0 }) - 1
    const node = nodes[at]!
    if ('value' in each) node.value = each.value
    else {
      Object.assign(node, { feature: each.feature, threshold: each.threshold, missing: Number(each.missingLeft) })
      node.left = add(each.left)
      node.right = add(each.right)
    }
    return at
  }
  add(shape)
  return {
    feature: Int32Array.from(nodes, (node) => node.feature),
    threshold: Float32Array.from(nodes, (node) => node.threshold),
    missingLeft: Uint8Array.from(nodes, (node) => node.missing),
    left: Int32Array.from(nodes, (node) => node.left),
    right: Int32Array.from(nodes, (node) => node.right),
    value: Float32Array.from(nodes, (node) => node.value),
  }
}

/** By their definition: a feature's mean difference over all orders in which the features could be learnt (Shapley 1953). */
function shapley(model: (row: Float32Array) => number, row: readonly number[], reference: readonly number[][]) {
  const gain = (known: number) =>
    reference.reduce((sum, other) => {
      const mixed = row.map((value, feature) => (known & (1 << feature) ? value : other[feature]!))
      return sum + model(Float32Array.from(mixed))
    }, 0) / reference.length
  const factorial = (n: number): number => (n < 2 ? 1 : n * factorial(n - 1))
  const size = (set: number) => set.toString(2).replaceAll('0', '').length
  const contributions = row.map((_, feature) => {
    let sum = 0
    for (let set = 0; set < 1 << row.length; set++) {
      if (set & (1 << feature)) continue
      const weight = (factorial(size(set)) * factorial(row.length - size(set) - 1)) / factorial(row.length)
      sum += weight * (gain(set | (1 << feature)) - gain(set))
    }
    return sum
  })
  return { base: gain(0), contributions }
}

const signatureOf = (width: number, outputs = 1) => ({
  input: { name: INPUT, tail: [width] },
  output: { name: OUTPUT, tail: [outputs] },
})

function opened(file: ExplainedFile): Explainer {
  const explainer = explainerOf(file)
  if (!explainer.ok) throw new Error(explainer.error)
  return explainer.value
}

describe('of trees', () => {
  test('the contributions are the Shapley values by their definition, whatever the trees, also where values are missing', () => {
    fc.assert(
      fc.property(
        fc.array(anyShape, { minLength: 1, maxLength: 3 }),
        anyRow,
        fc.array(anyRow, { minLength: 1, maxLength: 5 }),
        (shapes, row, reference) => {
          const trees = shapes.map(treeOf)
          const weighted = trees.map((tree, i) => ({ tree, target: i % 2, weight: 1 }))
          const forest = forestNode(Float32Array.of(0.5, -2), weighted, OUTPUT)
          const onnx = writeOnnx({ name: 'f', width: WIDTH, outputs: 2, nodes: [forest], constants: [], metadata: {} })
          const explained = opened({ onnx, signature: signatureOf(WIDTH, 2), reference }).explain(
            Float32Array.from(row),
          )
          explained.forEach(({ base, contributions, total }, target) => {
            const own = trees.filter((_, i) => i % 2 === target)
            const model = (values: Float32Array) =>
              own.reduce((sum, tree) => sum + leafValue(tree, values, 0), target === 0 ? 0.5 : -2)
            const expected = shapley(model, row, reference)
            expect(base).toBeCloseTo(expected.base, 9)
            expected.contributions.forEach((value, feature) => {
              expect(contributions[feature]).toBeCloseTo(value, 9)
            })
            expect(total).toBeCloseTo(model(Float32Array.from(row)), 9)
          })
        },
      ),
      { numRuns: 200 },
    )
  })

  const OPTIONS: BoostingOptions = {
    objective: { kind: 'LOGISTIC' },
    rounds: 25,
    learningRate: 0.3,
    leaves: 15,
    depth: 6,
    minHessian: 1,
    penalty: 1,
    bins: 64,
    rowShare: 0.8,
    columnShare: 1,
    seed: 3,
  }
  const random = seededRandom(5)
  const values = Float32Array.from({ length: 400 * WIDTH }, () => (random.next() < 0.05 ? Number.NaN : random.next()))
  const labelOf = (row: Float32Array) => (row[0]! + (row[1]! > 0.5 ? row[2]! : -row[3]!) > 0.5 ? 1 : 0)
  const rowOf = (i: number) => values.subarray(i * WIDTH, (i + 1) * WIDTH)
  const labels = Float32Array.from({ length: 400 }, (_, i) => labelOf(rowOf(i)))
  const reference = Array.from({ length: 100 }, (_, i) => [...rowOf(i)])

  test.each([
    ['LOGISTIC', 'LOG_ODDS', (total: number) => 1 / (1 + Math.exp(-total))],
    ['SQUARED', 'VALUE', (total: number) => total],
    ['GAMMA', 'LOGARITHM', Math.exp],
  ] as const)(
    'base and contributions of %s add up to what onnxruntime gives for every row',
    async (kind, scale, linked) => {
      const positive = labels.map((label) => label + 0.5)
      const trained = { width: WIDTH, values, labels: kind === 'GAMMA' ? positive : labels }
      const onnx = exportTrees(fitTrees(trained, { ...OPTIONS, objective: { kind } }), 'trees', {})
      const session = await ModelSession.open(onnx, signatureOf(WIDTH))
      const answers = await session.run(values.slice())
      const explainer = opened({ onnx, signature: signatureOf(WIDTH), reference })
      answers.forEach((answer, i) => {
        const [explained] = explainer.explain(rowOf(i))
        expect(explained?.scale).toBe(scale)
        expect(Math.abs(linked(explained!.total) - answer)).toBeLessThan(1e-5)
      })
      await session.release()
    },
  )

  test('there is no explanation without rows to compare with', () => {
    const onnx = exportTrees(fitTrees({ width: WIDTH, values, labels }, OPTIONS), 'trees', {})
    expect(explainerOf({ onnx, signature: signatureOf(WIDTH) })).toMatchObject({ ok: false })
  })
})

test('the model that comes with the code is told exactly, against the mean of its training rows and against nothing', async () => {
  const { onnx, manifest, evaluation } = await readModel(MODELS_DIRECTORY)
  const signature = signatureOf(manifest.features.length)
  const { rows, expected } = evaluation!.sample
  for (const reference of [rows, []]) {
    const explainer = opened({ onnx, signature, reference })
    rows.forEach((row, i) => {
      const [explained] = explainer.explain(Float32Array.from(row))
      expect(1 / (1 + Math.exp(-explained!.total))).toBeCloseTo(expected[i]![0]!, 5)
    })
  }
  const [alone] = opened({ onnx, signature }).explain(Float32Array.from(rows[0]!))
  expect(alone?.base).toBe(0)
  const top = topContributions(alone!, Float32Array.from(rows[0]!), { features: manifest.features, count: 3 })
  expect(top.map(({ feature }) => feature).every((feature) => feature.startsWith('imbalance_'))).toBe(true)
  expect(top).toHaveLength(3)
})

test('a linear model of another framework, scaled and limited first, is told by what each feature adds', () => {
  const onnx = foreignModel({
    inputs: [{ name: 'x', shape: ['n', 2] }],
    outputs: [{ name: 'y', shape: ['n', 1] }],
    nodes: [
      { operator: 'Sub', inputs: ['x', 'mean'], outputs: ['centred'] },
      { operator: 'Clip', inputs: ['centred', '', 'two'], outputs: ['limited'] },
      {
        operator: 'Gemm',
        inputs: ['limited', 'weights', 'shift'],
        outputs: ['sum'],
        attributes: { transB: 1 },
      },
      { operator: 'Mul', inputs: ['ten', 'sum'], outputs: ['y'] },
    ],
    constants: [
      { name: 'mean', shape: [2], values: Float32Array.of(1, 2) },
      { name: 'two', shape: [], values: Float32Array.of(2) },
      { name: 'weights', shape: [1, 2], values: Float32Array.of(3, -1) },
      { name: 'shift', shape: [1], values: Float32Array.of(7) },
      { name: 'ten', shape: [1], values: Float32Array.of(10) },
    ],
  })
  const signature = { input: { name: 'x', tail: [2] }, output: { name: 'y', tail: [1] } }
  const [explained] = opened({ onnx, signature }).explain(Float32Array.of(2, 9))
  expect(explained).toEqual({
    name: 'y',
    scale: 'VALUE',
    base: 70,
    contributions: Float64Array.of(30, -20),
    total: 80,
  })
})

test('a network has no exact explanation: it is said why', async () => {
  const labels = Float32Array.of(0, 1, 1, 0, 1, 0, 0, 1)
  const values = Float32Array.from({ length: labels.length * 2 }, (_, i) => Math.sin(i))
  const model = await fitNetwork(
    { width: 2, values, labels },
    {
      architecture: { kind: 'MLP', hidden: [3] },
      objective: { kind: 'LOGISTIC' },
      epochs: 1,
      batch: 8,
      learningRate: 0.01,
      weightDecay: 0,
      seed: 1,
    },
  )
  const explained = explainerOf({ onnx: exportNetwork(model, 'network', {}), signature: signatureOf(2) })
  expect(explained).toMatchObject({ ok: false, error: expect.stringMatching(/./) })
})

test('bytes that are no model have no explanation', () => {
  expect(explainerOf({ onnx: Uint8Array.of(10, 200), signature: signatureOf(1) })).toMatchObject({ ok: false })
})
