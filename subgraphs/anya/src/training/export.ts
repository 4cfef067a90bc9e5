import type { BoostedModel } from './boosting.ts'
import type { LogisticModel } from './logistic.ts'
import { INPUT, type OnnxNode, OUTPUT, writeOnnx } from './onnx.ts'

export type FittedModel = LogisticModel | BoostedModel

/** @returns an ONNX file that gives the model's probability of `UP` for rows of features. */
export function exportModel(model: FittedModel, name: string, metadata: Readonly<Record<string, string>>): Uint8Array {
  const sigmoid: OnnxNode = { operator: 'Sigmoid', inputs: ['logit'], outputs: [OUTPUT] }
  if (model.kind === 'LOGISTIC') {
    const width = model.weights.length
    const product: OnnxNode = { operator: 'MatMul', inputs: [INPUT, 'weights'], outputs: ['logit'] }
    const constants = [{ name: 'weights', shape: [width, 1], values: model.weights }]
    return writeOnnx({ name, width, nodes: [product, sigmoid], constants, metadata })
  }
  return writeOnnx({ name, width: model.width, nodes: [treeEnsemble(model), sigmoid], constants: [], metadata })
}

/** https://onnx.ai/onnx/operators/onnx_aionnxml_TreeEnsembleRegressor.html */
function treeEnsemble(model: BoostedModel): OnnxNode {
  const nodes = model.trees.flatMap((tree, treeId) =>
    Array.from(tree.feature, (feature, node) => ({
      treeId,
      node,
      isLeaf: feature < 0,
      feature: Math.max(0, feature),
      threshold: tree.threshold[node]!,
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
    outputs: ['logit'],
    attributes: {
      n_targets: { int: 1 },
      aggregate_function: { string: 'SUM' },
      post_transform: { string: 'NONE' },
      nodes_treeids: { ints: nodes.map((node) => node.treeId) },
      nodes_nodeids: { ints: nodes.map((node) => node.node) },
      nodes_featureids: { ints: nodes.map((node) => node.feature) },
      nodes_modes: { strings: nodes.map((node) => (node.isLeaf ? 'LEAF' : 'BRANCH_LEQ')) },
      nodes_values: { floats: Float32Array.from(nodes, (node) => node.threshold) },
      nodes_truenodeids: { ints: nodes.map((node) => node.left) },
      nodes_falsenodeids: { ints: nodes.map((node) => node.right) },
      target_treeids: { ints: leaves.map((leaf) => leaf.treeId) },
      target_nodeids: { ints: leaves.map((leaf) => leaf.node) },
      target_ids: { ints: leaves.map(() => 0) },
      target_weights: { floats: Float32Array.from(leaves, (leaf) => leaf.value) },
    },
  }
}
