import type { BinnedColumns } from './bins.ts'
import { MAX_BINS } from './bins.ts'

/** A binary tree as parallel arrays; `feature` is -1 at a leaf. A row goes left where its value is <= the threshold. */
export interface Tree {
  readonly feature: Int32Array
  readonly threshold: Float32Array
  readonly left: Int32Array
  readonly right: Int32Array
  readonly value: Float32Array
}

export interface TreeLimits {
  readonly leaves: number
  readonly depth: number
  /** Smallest sum of second derivatives on either side of a split. */
  readonly minHessian: number
  /** L2 penalty on leaf values. */
  readonly penalty: number
  readonly learningRate: number
}

/** First and second derivatives of the loss by row. */
export interface Derivatives {
  readonly gradient: Float64Array
  readonly hessian: Float64Array
}

interface Leaf {
  readonly node: number
  readonly rows: readonly number[]
  readonly depth: number
  readonly gradient: number
  readonly hessian: number
  readonly split: Split | null
}

interface Split {
  readonly feature: number
  readonly bin: number
  readonly gain: number
}

const MIN_GAIN = 1e-9

/** Grows a tree leaf by leaf, always where the second-order gain is largest (as LightGBM does), on histograms of the binned columns. */
export function growTree(
  binned: BinnedColumns,
  derivatives: Derivatives,
  rows: readonly number[],
  features: readonly number[],
  limits: TreeLimits,
): Tree {
  const width = binned.edges.length
  const nodes = { feature: [-1], threshold: [0], left: [0], right: [0], value: [0] }
  const makeLeaf = (node: number, members: readonly number[], depth: number): Leaf => {
    let gradient = 0
    let hessian = 0
    for (const row of members) {
      gradient += derivatives.gradient[row]!
      hessian += derivatives.hessian[row]!
    }
    const split = depth < limits.depth ? findSplit(binned, derivatives, members, features, limits) : null
    return { node, rows: members, depth, gradient, hessian, split }
  }
  const leaves = [makeLeaf(0, rows, 0)]
  while (leaves.length < limits.leaves) {
    const best = leaves.reduce((a, b) => ((b.split?.gain ?? 0) > (a.split?.gain ?? 0) ? b : a))
    if (!best.split) break
    const { feature, bin } = best.split
    const goesLeft = (row: number) => binned.codes[row * width + feature]! <= bin
    const left = nodes.feature.length
    for (const list of [nodes.threshold, nodes.left, nodes.right, nodes.value]) list.push(0, 0)
    nodes.feature.push(-1, -1)
    nodes.feature[best.node] = feature
    nodes.threshold[best.node] = binned.edges[feature]![bin]!
    nodes.left[best.node] = left
    nodes.right[best.node] = left + 1
    leaves.splice(
      leaves.indexOf(best),
      1,
      makeLeaf(left, best.rows.filter(goesLeft), best.depth + 1),
      makeLeaf(
        left + 1,
        best.rows.filter((row) => !goesLeft(row)),
        best.depth + 1,
      ),
    )
  }
  for (const leaf of leaves)
    nodes.value[leaf.node] = (-leaf.gradient / (leaf.hessian + limits.penalty)) * limits.learningRate
  return {
    feature: Int32Array.from(nodes.feature),
    threshold: Float32Array.from(nodes.threshold),
    left: Int32Array.from(nodes.left),
    right: Int32Array.from(nodes.right),
    value: Float32Array.from(nodes.value),
  }
}

function findSplit(
  binned: BinnedColumns,
  derivatives: Derivatives,
  rows: readonly number[],
  features: readonly number[],
  limits: TreeLimits,
): Split | null {
  const width = binned.edges.length
  const gradients = new Float64Array(MAX_BINS)
  const hessians = new Float64Array(MAX_BINS)
  const worth = (gradient: number, hessian: number) => (gradient * gradient) / (hessian + limits.penalty)
  let best: Split | null = null
  for (const feature of features) {
    gradients.fill(0)
    hessians.fill(0)
    let gradient = 0
    let hessian = 0
    for (const row of rows) {
      const code = binned.codes[row * width + feature]!
      gradients[code]! += derivatives.gradient[row]!
      hessians[code]! += derivatives.hessian[row]!
      gradient += derivatives.gradient[row]!
      hessian += derivatives.hessian[row]!
    }
    let leftGradient = 0
    let leftHessian = 0
    for (let bin = 0; bin < binned.edges[feature]!.length; bin++) {
      leftGradient += gradients[bin]!
      leftHessian += hessians[bin]!
      if (leftHessian < limits.minHessian || hessian - leftHessian < limits.minHessian) continue
      const gain =
        worth(leftGradient, leftHessian) +
        worth(gradient - leftGradient, hessian - leftHessian) -
        worth(gradient, hessian)
      if (gain > (best?.gain ?? MIN_GAIN)) best = { feature, bin, gain }
    }
  }
  return best
}

/** @returns the value of the leaf that the row at `offset` falls into. */
export function leafValue(tree: Tree, rows: Float32Array, offset: number): number {
  let node = 0
  for (let feature = tree.feature[0]!; feature >= 0; feature = tree.feature[node]!) {
    node = rows[offset + feature]! <= tree.threshold[node]! ? tree.left[node]! : tree.right[node]!
  }
  return tree.value[node]!
}
