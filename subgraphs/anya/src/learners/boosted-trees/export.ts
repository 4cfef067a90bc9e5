import { INPUT, type OnnxNode, OUTPUT, writeOnnx } from '../../onnx/writer.ts'
import type { Objective } from './loss.ts'
import type { BoostedModel } from './model.ts'
import type { Tree } from './tree.ts'

/** @returns an ONNX file from `features` [rows, width] to what `predictTrees` gives, [rows, outputs]. */
export function exportTrees(model: BoostedModel, name: string, metadata: Readonly<Record<string, string>>): Uint8Array {
  const link = linkOf(model.objective)
  const outputs = model.base.length
  const trees = model.trees.map((tree, t) => ({ tree, target: t % outputs, weight: 1 }))
  const ensemble = (output: string) => forestNode(model.base, trees, output)
  const nodes = link ? [ensemble('score'), { ...link, inputs: ['score'], outputs: [OUTPUT] }] : [ensemble(OUTPUT)]
  return writeOnnx({ name, width: model.width, outputs, nodes, constants: [], metadata })
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

/** Trees that add to the scores of a forest. */
export interface WeightedTree {
  readonly tree: Tree
  /** Which score. */
  readonly target: number
  /** Multiplies its leaf values. */
  readonly weight: number
}

/**
 * Score k is `base[k]` and the weighted leaf values of the trees with that target. One operator serves all objectives, and several
 * models at once, so that every file has one float output.
 * https://onnx.ai/onnx/operators/onnx_aionnxml_TreeEnsembleRegressor.html
 */
export function forestNode(base: Float32Array, weighted: readonly WeightedTree[], output: string): OnnxNode {
  // onnxruntime forgets the base of a score that no tree adds to.
  const bare = Array.from(base.keys()).filter((target) => weighted.every((tree) => tree.target !== target))
  const trees = [...weighted, ...bare.map((target) => ({ tree: NO_TREE, target, weight: 1 }))]
  const nodes = trees.flatMap(({ tree, target, weight }, treeId) =>
    Array.from(tree.feature, (feature, node) => ({
      treeId,
      target,
      node,
      isLeaf: feature < 0,
      feature: Math.max(0, feature),
      threshold: tree.threshold[node]!,
      missingLeft: tree.missingLeft[node]!,
      left: tree.left[node]!,
      right: tree.right[node]!,
      value: tree.value[node]! * weight,
    })),
  )
  const leaves = nodes.filter((node) => node.isLeaf)
  return {
    operator: 'TreeEnsembleRegressor',
    machineLearning: true,
    inputs: [INPUT],
    outputs: [output],
    attributes: {
      n_targets: { int: base.length },
      aggregate_function: { string: 'SUM' },
      post_transform: { string: 'NONE' },
      base_values: { floats: base },
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
      target_ids: { ints: leaves.map((leaf) => leaf.target) },
      target_weights: { floats: Float32Array.from(leaves, (leaf) => leaf.value) },
    },
  }
}
