import { INPUT, type OnnxNode, OUTPUT, writeOnnx } from '../../training/onnx.ts'
import type { Objective } from './loss.ts'
import type { BoostedModel } from './model.ts'
import type { Tree } from './tree.ts'

/** @returns an ONNX file from `features` [rows, width] to what `predictTrees` gives, [rows, outputs]. */
export function exportTrees(model: BoostedModel, name: string, metadata: Readonly<Record<string, string>>): Uint8Array {
  const link = linkOf(model.objective)
  const nodes = link
    ? [treeEnsemble(model, 'score'), { ...link, inputs: ['score'], outputs: [OUTPUT] }]
    : [treeEnsemble(model, OUTPUT)]
  return writeOnnx({ name, width: model.width, outputs: model.base.length, nodes, constants: [], metadata })
}

function linkOf({ kind }: Objective): Pick<OnnxNode, 'operator' | 'attributes'> | null {
  if (kind === 'LOGISTIC') return { operator: 'Sigmoid' }
  if (kind === 'GAMMA') return { operator: 'Exp' }
  return kind === 'SOFTMAX' ? { operator: 'Softmax', attributes: { axis: { int: 1 } } } : null
}

/** The operator needs a tree, also where training found none that helps. */
const NO_TREE: Tree = {
  feature: Int32Array.of(-1),
  threshold: Float32Array.of(0),
  missingLeft: Uint8Array.of(0),
  left: Int32Array.of(0),
  right: Int32Array.of(0),
  value: Float32Array.of(0),
}

/**
 * The scores; one operator serves all objectives, classes by as many targets, so that every model has one float output.
 * https://onnx.ai/onnx/operators/onnx_aionnxml_TreeEnsembleRegressor.html
 */
function treeEnsemble(model: BoostedModel, output: string): OnnxNode {
  const outputs = model.base.length
  const trees = model.trees.length > 0 ? model.trees : [NO_TREE]
  const nodes = trees.flatMap((tree, treeId) =>
    Array.from(tree.feature, (feature, node) => ({
      treeId,
      node,
      isLeaf: feature < 0,
      feature: Math.max(0, feature),
      threshold: tree.threshold[node]!,
      missingLeft: tree.missingLeft[node]!,
      left: tree.left[node]!,
      right: tree.right[node]!,
      value: tree.value[node]!,
    })),
  )
  const leaves = nodes.filter((node) => node.isLeaf)
  return {
    operator: 'TreeEnsembleRegressor',
    machineLearning: true,
    inputs: [INPUT],
    outputs: [output],
    attributes: {
      n_targets: { int: outputs },
      aggregate_function: { string: 'SUM' },
      post_transform: { string: 'NONE' },
      base_values: { floats: model.base },
      nodes_treeids: { ints: nodes.map((node) => node.treeId) },
      nodes_nodeids: { ints: nodes.map((node) => node.node) },
      nodes_featureids: { ints: nodes.map((node) => node.feature) },
      nodes_modes: { strings: nodes.map((node) => (node.isLeaf ? 'LEAF' : 'BRANCH_LEQ')) },
      nodes_values: { floats: Float32Array.from(nodes, (node) => node.threshold) },
      nodes_missing_value_tracks_true: { ints: nodes.map((node) => node.missingLeft) },
      nodes_truenodeids: { ints: nodes.map((node) => node.left) },
      nodes_falsenodeids: { ints: nodes.map((node) => node.right) },
      target_treeids: { ints: leaves.map((leaf) => leaf.treeId) },
      target_nodeids: { ints: leaves.map((leaf) => leaf.node) },
      target_ids: { ints: leaves.map((leaf) => leaf.treeId % outputs) },
      target_weights: { floats: Float32Array.from(leaves, (leaf) => leaf.value) },
    },
  }
}
