import type { BinnedRows, Matrix } from './bins.ts'
import type { BinnedTree, Tree } from './tree.ts'

/** No code of a bin. */
export const NONE = -1

/**
 * 1 where a code goes right, 0 where it goes left: beyond the last bin that goes left, and not the missing one where that does.
 * Calculated and not branched upon, as the processor cannot foresee it.
 * @param missing the bin of missing values where they go left, otherwise NONE.
 */
export function isRight(code: number, bin: number, missing: number): number {
  const apart = code ^ missing
  return ((bin - code) >>> 31) & ((apart | -apart) >>> 31)
}

/** The same for a value; `keepsMissing` is 0 where missing ones go left. */
function isBeyond(value: number, threshold: number, keepsMissing: number): number {
  return Number(value > threshold) | (Number(Number.isNaN(value)) & keepsMissing)
}

/** A tree in which whoever has come to a leaf stays there, so that every way is as long as the longest. */
interface Ways {
  readonly depth: number
  readonly feature: Int32Array
  /** The right child follows it. */
  readonly left: Int32Array
}

function waysOf(tree: Tree): Ways {
  const depths = new Uint32Array(tree.feature.length)
  let depth = 0
  tree.feature.forEach((feature, node) => {
    if (feature < 0) return
    depth = Math.max(depth, depths[node]! + 1)
    depths.fill(depths[node]! + 1, tree.left[node]!, tree.left[node]! + 2)
  })
  return {
    depth,
    feature: tree.feature.map((feature) => Math.max(0, feature)),
    left: tree.left.map((left, node) => (tree.feature[node]! < 0 ? node : left)),
  }
}

/**
 * Adds to `scores`, from `offset` on, the values of the leaves that all rows fall into. Four rows go through the tree side by side, as
 * each has to wait for its last step before the next.
 */
export function addLeafValues(tree: Tree, { values, width }: Matrix, scores: Float64Array, offset: number): void {
  const { depth, feature, left } = waysOf(tree)
  const limit = tree.threshold.map((threshold, node) =>
    tree.feature[node]! < 0 ? Number.POSITIVE_INFINITY : threshold,
  )
  const keeps = tree.missingLeft.map((isLeft, node) => (tree.feature[node]! < 0 ? 0 : 1 - isLeft))
  const size = values.length / width
  const last = (size - 1) * width
  for (let row = 0; row < size; row += 4) {
    const first = row * width
    // Where fewer than four are left, the last one stands in; what it comes to is not added.
    const [second, third, fourth] = [
      Math.min(last, first + width),
      Math.min(last, first + 2 * width),
      Math.min(last, first + 3 * width),
    ]
    let a = 0
    let b = 0
    let c = 0
    let d = 0
    for (let level = 0; level < depth; level++) {
      a = left[a]! + isBeyond(values[first + feature[a]!]!, limit[a]!, keeps[a]!)
      b = left[b]! + isBeyond(values[second + feature[b]!]!, limit[b]!, keeps[b]!)
      c = left[c]! + isBeyond(values[third + feature[c]!]!, limit[c]!, keeps[c]!)
      d = left[d]! + isBeyond(values[fourth + feature[d]!]!, limit[d]!, keeps[d]!)
    }
    const at = offset + row
    scores[at]! += tree.value[a]!
    if (row + 1 < size) scores[at + 1]! += tree.value[b]!
    if (row + 2 < size) scores[at + 2]! += tree.value[c]!
    if (row + 3 < size) scores[at + 3]! += tree.value[d]!
  }
}

/** The same of the listed rows, by their bins. */
export function addBinnedLeafValues(
  tree: BinnedTree,
  { codes, wordsPerRow }: BinnedRows,
  listed: Int32Array,
  scores: Float64Array,
  offset: number,
): void {
  const { depth, feature, left } = waysOf(tree)
  const bin = tree.bin.map((code, node) => (tree.feature[node]! < 0 ? 255 : code))
  const missing = Int32Array.from(tree.missing, (code, node) => (tree.missingLeft[node] === 1 ? code : NONE))
  const bytesPerRow = wordsPerRow * 4
  const last = listed.length - 1
  for (let k = 0; k < listed.length; k += 4) {
    const [first, second, third, fourth] = [
      listed[k]! * bytesPerRow,
      listed[Math.min(last, k + 1)]! * bytesPerRow,
      listed[Math.min(last, k + 2)]! * bytesPerRow,
      listed[Math.min(last, k + 3)]! * bytesPerRow,
    ]
    let a = 0
    let b = 0
    let c = 0
    let d = 0
    for (let level = 0; level < depth; level++) {
      a = left[a]! + isRight(codes[first + feature[a]!]!, bin[a]!, missing[a]!)
      b = left[b]! + isRight(codes[second + feature[b]!]!, bin[b]!, missing[b]!)
      c = left[c]! + isRight(codes[third + feature[c]!]!, bin[c]!, missing[c]!)
      d = left[d]! + isRight(codes[fourth + feature[d]!]!, bin[d]!, missing[d]!)
    }
    scores[offset + listed[k]!]! += tree.value[a]!
    if (k + 1 <= last) scores[offset + listed[k + 1]!]! += tree.value[b]!
    if (k + 2 <= last) scores[offset + listed[k + 2]!]! += tree.value[c]!
    if (k + 3 <= last) scores[offset + listed[k + 3]!]! += tree.value[d]!
  }
}
