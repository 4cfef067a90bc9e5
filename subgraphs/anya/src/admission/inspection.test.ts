import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { INPUT, OUTPUT, writeOnnx } from '../onnx/writer.ts'
import { type ForeignModel, type ForeignNode, foreignModel } from '../testing/foreign-model.ts'
import { inspectModel } from './inspection.ts'

const signature = { input: { name: 'x', tail: [2] }, output: { name: 'y', tail: [1] } }
const weights = { name: 'w', shape: [2, 1], values: Float32Array.of(0.5, -0.25) }
const sound: ForeignModel = {
  inputs: [{ name: 'x', shape: ['N', 2] }],
  outputs: [{ name: 'y', shape: ['N', 1] }],
  constants: [weights],
  nodes: [
    { operator: 'MatMul', inputs: ['x', 'w'], outputs: ['z'] },
    { operator: 'Sigmoid', inputs: ['z'], outputs: ['y'] },
  ],
}
const [product, sigmoid] = sound.nodes as [ForeignNode, ForeignNode]

const inspected = (changes: Partial<ForeignModel>) => inspectModel(foreignModel({ ...sound, ...changes }), signature)
const rejected = (check: string, message: string) => ({
  ok: false,
  error: { check, message: expect.stringContaining(message) },
})

/** One tree of three nodes: feature 0 below 0.5, or not. */
const trees = {
  nodes_treeids: [0, 0, 0],
  nodes_nodeids: [0, 1, 2],
  nodes_modes: ['BRANCH_LEQ', 'LEAF', 'LEAF'],
  nodes_featureids: [0, 0, 0],
  nodes_values: Float32Array.of(0.5, 0, 0),
  nodes_truenodeids: [1, 0, 0],
  nodes_falsenodeids: [2, 0, 0],
  target_treeids: [0, 0],
  target_nodeids: [1, 2],
  target_ids: [0, 0],
  target_weights: Float32Array.of(0.25, 0.75),
  n_targets: 1,
}
const treeNode = (changes: Partial<typeof trees> = {}): ForeignNode => ({
  operator: 'TreeEnsembleRegressor',
  domain: 'ai.onnx.ml',
  inputs: ['x'],
  outputs: ['y'],
  attributes: { ...trees, ...changes },
})

test('a sound model is described', () => {
  const inspection = inspected({})
  if (!inspection.ok) throw new Error(inspection.error.message)
  expect(inspection.value.graph.nodes.map(({ operator }) => operator)).toEqual(['MatMul', 'Sigmoid'])
  expect(inspection.value.operatorSets).toEqual(new Map(Object.entries({ '': 17, 'ai.onnx.ml': 3 })))
})

test('an ensemble of sound trees is taken, scaled features too', () => {
  expect(inspected({ nodes: [treeNode()] })).toMatchObject({ ok: true })
  const scaler = { operator: 'Scaler', domain: 'ai.onnx.ml', inputs: ['x'], outputs: ['s'] }
  expect(inspected({ nodes: [scaler, { ...treeNode(), inputs: ['s'] }] })).toMatchObject({ ok: true })
})

test('a file as our own trainings write it is taken, with a number for a constant and what is missing counted as that', () => {
  const onnx = writeOnnx({
    name: 'own',
    width: 1,
    nodes: [
      { operator: 'IsNaN', inputs: [INPUT], outputs: ['missing'] },
      { operator: 'Where', inputs: ['missing', 'zero', INPUT], outputs: [OUTPUT] },
    ],
    constants: [{ name: 'zero', shape: [], values: Float32Array.of(0) }],
    metadata: {},
  })
  const own = { input: { name: INPUT, tail: [1] }, output: { name: OUTPUT, tail: [1] } }
  expect(inspectModel(onnx, own)).toMatchObject({ ok: true })
})

test('tensors may be as large as there are rows', () => {
  const nodes = [
    { operator: 'Shape', inputs: ['x'], outputs: ['s'] },
    { operator: 'ConstantOfShape', inputs: ['s'], outputs: ['zeros'] },
    { operator: 'Add', inputs: ['x', 'zeros'], outputs: ['same'] },
    { ...product, inputs: ['same', 'w'] },
    sigmoid,
  ]
  expect(inspected({ nodes })).toMatchObject({ ok: true })
})

test.each([
  ['ConstantOfShape', ['n']],
  ['Expand', ['x', 'n']],
  ['Pad', ['x', 'n']],
  ['Range', ['w', 'n', 'w']],
])('none is as large as the values of the features say, as by %s', (operator, inputs) => {
  const cast = { operator: 'Cast', inputs: ['x'], outputs: ['n'], attributes: { to: 7 } }
  const nodes = [cast, { operator, inputs, outputs: ['large'] }, product, sigmoid]
  expect(inspected({ nodes })).toEqual(rejected('GRAPH', `${operator} gives as many numbers as the features say.`))
})

describe('a file is refused that', () => {
  test.each<[string, Partial<ForeignModel>, string, string]>([
    ['is of another time', { irVersion: 99 }, 'FORMAT', 'IR version 99'],
    ['uses too new an operator set', { operatorSets: { '': 99 } }, 'OPERATOR_SET', 'ai.onnx 99'],
    ['uses too old an operator set', { operatorSets: { '': 6 } }, 'OPERATOR_SET', 'ai.onnx 6'],
    ['brings a domain of its own', { operatorSets: { '': 17, 'com.evil': 1 } }, 'OPERATOR_SET', 'com.evil'],
    ['uses an unknown operator', { nodes: [product, { ...sigmoid, operator: 'Shell' }] }, 'OPERATOR', 'Shell'],
    ['draws by chance', { nodes: [product, { ...sigmoid, operator: 'RandomNormalLike' }] }, 'OPERATOR', 'RandomNormal'],
    [
      'uses an operator of a domain it does not name',
      { nodes: [product, { ...sigmoid, domain: 'com.evil' }] },
      'OPERATOR_SET',
      'com.evil.Sigmoid',
    ],
    [
      'hides a graph in an attribute',
      { nodes: [product, { ...sigmoid, attributes: { body: { graph: sound } } }] },
      'OPERATOR',
      'a graph of its own',
    ],
    [
      'has a cycle',
      { nodes: [{ ...product, inputs: ['y', 'w'] }, sigmoid] },
      'GRAPH',
      'takes y, which comes after it: the graph has a cycle',
    ],
    ['lacks a part', { nodes: [sigmoid] }, 'GRAPH', 'takes z, which nothing gives'],
    ['gives a value twice', { nodes: [product, product, sigmoid] }, 'GRAPH', 'z is given twice'],
    ['has no nodes', { nodes: [] }, 'GRAPH', 'no nodes'],
    ['has more nodes than may be', { nodes: Array(5_001).fill(product) }, 'GRAPH', 'too many nodes'],
    ['refers to other files', { constants: [{ ...weights, location: '/etc/passwd' }] }, 'EXTERNAL_DATA', 'w lies in'],
    [
      'announces weights that it does not bring',
      { constants: [{ ...weights, shape: [2 ** 62, 1] }] },
      'FORMAT',
      'w has no',
    ],
    [
      'announces more weights than it brings',
      { constants: [{ ...weights, shape: [1_000_000, 1] }] },
      'FORMAT',
      'and brings 2',
    ],
    ['has weights of a negative size', { constants: [{ ...weights, shape: [-2, -1] }] }, 'FORMAT', 'no possible shape'],
    ['takes another input', { inputs: [{ name: 'z', shape: ['N', 2] }] }, 'GRAPH', 'takes x'],
    [
      'takes a second input',
      { inputs: [...sound.inputs, { name: 'more', shape: ['N'] }] },
      'SIGNATURE',
      'does not take x alone',
    ],
    [
      'takes rows of another width',
      { inputs: [{ name: 'x', shape: ['N', 3] }] },
      'SIGNATURE',
      'x is ?×3 instead of ?×2',
    ],
    ['takes a fixed number of rows', { inputs: [{ name: 'x', shape: [8, 2] }] }, 'SIGNATURE', 'has to be dynamic'],
    ['takes doubles', { inputs: [{ name: 'x', shape: ['N', 2], type: 11 }] }, 'SIGNATURE', 'x is no float32'],
    ['gives whole numbers', { outputs: [{ name: 'y', shape: ['N', 1], type: 7 }] }, 'SIGNATURE', 'y is no float32'],
    ['gives rows of another width', { outputs: [{ name: 'y', shape: ['N', 2] }] }, 'SIGNATURE', 'y is ?×2'],
    ['gives something else', { outputs: [{ name: 'z', shape: ['N', 1] }] }, 'SIGNATURE', 'does not give y'],
  ])('%s', (_, changes, check, message) => {
    expect(inspected(changes)).toMatchObject(rejected(check, message))
  })

  test.each<[string, Partial<typeof trees>, string]>([
    ['leads back to its root', { nodes_falsenodeids: [0, 0, 0] }, 'a tree leads back to itself'],
    ['leads to one node twice', { nodes_falsenodeids: [1, 0, 0] }, 'leads to its node 1 twice'],
    ['leads nowhere', { nodes_falsenodeids: [7, 0, 0] }, 'node 7 of tree 0 is missing'],
    ['looks at features that there are not', { nodes_featureids: [2, 0, 0] }, 'feature 2 of 2'],
    ['looks before the features', { nodes_featureids: [-1, 0, 0] }, 'feature -1 of 2'],
    ['counts for outputs that there are not', { target_ids: [0, 1] }, 'output 1 of 1'],
    ['has weights on its branches', { target_nodeids: [0, 2] }, 'node 0 of tree 0 is no leaf'],
    ['has two nodes of one number', { nodes_nodeids: [0, 1, 1] }, 'the same number'],
    ['is cut off', { nodes_values: Float32Array.of(0.5) }, 'a node has no threshold'],
    ['is described unevenly', { nodes_treeids: [0, 0] }, 'not described alike'],
  ])('has a tree that %s', (_, changes, message) => {
    expect(inspected({ nodes: [treeNode(changes)] })).toMatchObject(rejected('TREES', message))
  })

  test('has trees that look at something other than the features', () => {
    const nodes = [product, { ...treeNode(), inputs: ['z'] }]
    expect(inspected({ nodes })).toMatchObject(rejected('TREES', 'does not take the features themselves'))
  })

  test('is cut off anywhere, or no model at all', () => {
    const whole = foreignModel(sound)
    for (let length = 0; length < whole.length - 16; length++) {
      expect(inspectModel(whole.subarray(0, length), signature)).toMatchObject({ ok: false })
    }
  })
})

test('whatever the bytes are, they are taken or refused, and nothing is thrown', () => {
  const whole = foreignModel({ ...sound, nodes: [treeNode()] })
  const edits = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 })
  fc.assert(
    fc.property(edits, (changes) => {
      const damaged = Uint8Array.from(whole)
      for (const [at, value] of changes) damaged[at] = value
      expect(inspectModel(damaged, signature)).toHaveProperty('ok')
    }),
    { numRuns: 2_000 },
  )
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void inspectModel(bytes, signature)))
})
