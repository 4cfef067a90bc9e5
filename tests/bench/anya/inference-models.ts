import { seededRandom } from '@opsource/kernel'
import type { Signature } from '../../../subgraphs/anya/src/inference/index.ts'
import { type ForeignModel, foreignModel } from '../../../subgraphs/anya/src/testing/foreign-model.ts'

const FEATURES = 64
const STEPS = 64
const CHANNELS = 16
const HIDDEN = 64
const CLASSES = 3
const TREES = 200
const DEPTH = 6

export interface BenchModel {
  readonly name: string
  readonly onnx: Uint8Array
  readonly signature: Signature
}

/** Models of the size that this is for, with weights drawn by lot: what they say is of no use, what they cost is. */
export function benchModels(): BenchModel[] {
  const seeded = seededRandom(1)
  const random = () => seeded.next()
  const draw = (count: number, scale = 0.1) => Float32Array.from({ length: count }, () => (random() * 2 - 1) * scale)
  const weights = (name: string, ...shape: number[]) => ({
    name,
    shape,
    values: draw(shape.reduce((product, axis) => product * axis, 1)),
  })
  return [
    named(`trees ${TREES} × depth ${DEPTH}`, [FEATURES], 1, { nodes: [treeNode(random, draw)] }),
    named(`MLP ${FEATURES}-64-${CLASSES}`, [FEATURES], CLASSES, {
      nodes: [
        { operator: 'Gemm', inputs: ['x', 'w1', 'b1'], outputs: ['h'] },
        { operator: 'Relu', inputs: ['h'], outputs: ['r'] },
        { operator: 'Gemm', inputs: ['r', 'w2', 'b2'], outputs: ['l'] },
        { operator: 'Softmax', inputs: ['l'], outputs: ['y'], attributes: { axis: -1 } },
      ],
      constants: [weights('w1', FEATURES, 64), weights('b1', 64), weights('w2', 64, CLASSES), weights('b2', CLASSES)],
    }),
    named(`GRU ${HIDDEN}, ${STEPS} steps of ${CHANNELS}`, [STEPS, CHANNELS], CLASSES, {
      nodes: [
        { operator: 'Transpose', inputs: ['x'], outputs: ['t'], attributes: { perm: [1, 0, 2] } },
        {
          operator: 'GRU',
          inputs: ['t', 'w', 'r', 'b'],
          outputs: ['', 'h'],
          attributes: { hidden_size: HIDDEN, linear_before_reset: 1 },
        },
        { operator: 'Squeeze', inputs: ['h', 'first'], outputs: ['s'] },
        { operator: 'Gemm', inputs: ['s', 'w2', 'b2'], outputs: ['l'] },
        { operator: 'Softmax', inputs: ['l'], outputs: ['y'], attributes: { axis: -1 } },
      ],
      constants: [
        weights('w', 1, 3 * HIDDEN, CHANNELS),
        weights('r', 1, 3 * HIDDEN, HIDDEN),
        weights('b', 1, 6 * HIDDEN),
        weights('w2', HIDDEN, CLASSES),
        weights('b2', CLASSES),
        { name: 'first', shape: [1], values: [0] },
      ],
    }),
  ]
}

function named(
  name: string,
  tail: readonly number[],
  outputs: number,
  graph: Pick<ForeignModel, 'nodes' | 'constants'>,
): BenchModel {
  const inputs = [{ name: 'x', shape: ['N', ...tail] }]
  const onnx = foreignModel({ ...graph, inputs, outputs: [{ name: 'y', shape: ['N', outputs] }] })
  return { name, onnx, signature: { input: { name: 'x', tail }, output: { name: 'y', tail: [outputs] } } }
}

/** Full trees: node n has the children 2n + 1 and 2n + 2. */
function treeNode(random: () => number, draw: (count: number, scale: number) => Float32Array) {
  const perTree = 2 ** (DEPTH + 1) - 1
  const nodes = Array.from({ length: TREES * perTree }, (_, i) => ({ tree: Math.floor(i / perTree), id: i % perTree }))
  const isLeaf = (id: number) => id >= 2 ** DEPTH - 1
  const ofBranch = (value: (id: number) => number) => nodes.map(({ id }) => (isLeaf(id) ? 0 : value(id)))
  const leaves = nodes.filter(({ id }) => isLeaf(id))
  return {
    operator: 'TreeEnsembleRegressor',
    domain: 'ai.onnx.ml',
    inputs: ['x'],
    outputs: ['y'],
    attributes: {
      n_targets: 1,
      nodes_treeids: nodes.map(({ tree }) => tree),
      nodes_nodeids: nodes.map(({ id }) => id),
      nodes_featureids: ofBranch(() => Math.floor(random() * FEATURES)),
      nodes_values: draw(nodes.length, 1),
      nodes_modes: nodes.map(({ id }) => (isLeaf(id) ? 'LEAF' : 'BRANCH_LEQ')),
      nodes_truenodeids: ofBranch((id) => 2 * id + 1),
      nodes_falsenodeids: ofBranch((id) => 2 * id + 2),
      target_treeids: leaves.map(({ tree }) => tree),
      target_nodeids: leaves.map(({ id }) => id),
      target_ids: leaves.map(() => 0),
      target_weights: draw(leaves.length, 0.05),
    },
  }
}
