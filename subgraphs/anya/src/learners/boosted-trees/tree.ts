/**
 * A binary tree as parallel arrays, the root first; `feature` is -1 at a leaf. A row goes left where its value is <= the threshold,
 * or where it is missing and `missingLeft` is 1.
 */
export interface Tree {
  readonly feature: Int32Array
  readonly threshold: Float32Array
  readonly missingLeft: Uint8Array
  readonly left: Int32Array
  readonly right: Int32Array
  readonly value: Float32Array
}

/** The same way through a tree by bins, for rows that are binned anyhow. */
export interface BinnedTree extends Tree {
  /** The last bin that goes left. */
  readonly bin: Uint8Array
  /** The bin of missing values of the node's column. */
  readonly missing: Uint8Array
}

/** @returns the value of the leaf that the row at `offset` falls into. */
export function leafValue(tree: Tree, values: Float32Array, offset: number): number {
  let node = 0
  for (let feature = tree.feature[0]!; feature >= 0; feature = tree.feature[node]!) {
    const value = values[offset + feature]!
    const goesLeft = Number.isNaN(value) ? tree.missingLeft[node] === 1 : value <= tree.threshold[node]!
    node = goesLeft ? tree.left[node]! : tree.right[node]!
  }
  return tree.value[node]!
}
