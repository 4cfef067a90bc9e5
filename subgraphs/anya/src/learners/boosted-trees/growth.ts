import { type BinnedRows, type Edges, missingBin } from './bins.ts'
import { addRows, findSplit, type Histogram, type Split, type SplitLimits } from './histogram.ts'
import type { PackedDerivatives } from './packed.ts'
import type { BinnedTree } from './tree.ts'
import { isRight, NONE } from './walk.ts'

export interface TreeLimits extends SplitLimits {
  readonly leaves: number
  readonly depth: number
}

/** A tree whose leaves have no values yet, and the rows of each: `order[start … end)`. */
export interface GrownTree {
  readonly tree: BinnedTree
  readonly leaves: readonly { readonly node: number; readonly start: number; readonly end: number }[]
}

interface Leaf {
  readonly node: number
  readonly start: number
  readonly end: number
  readonly depth: number
  /** Packed sum of the derivatives. */
  readonly total: number
  readonly histogram: Histogram | null
  readonly split: Split | null
}

/** Grows trees over the same rows: holds the memory that they share. */
export class TreeGrower {
  readonly #rows: BinnedRows
  readonly #edges: Edges
  readonly #limits: TreeLimits
  readonly #stride: number
  readonly #free: Histogram[] = []
  readonly #aside: Int32Array

  constructor(rows: BinnedRows, edges: Edges, limits: TreeLimits) {
    this.#rows = rows
    this.#edges = edges
    this.#limits = limits
    this.#stride = Math.max(...edges.map(missingBin)) + 1
    this.#aside = new Int32Array(rows.size)
  }

  /**
   * Grows a tree leaf by leaf, always where the gain is largest (as LightGBM does). A leaf's histogram is its parent's less its
   * sibling's, so that only the smaller one of two is built from rows.
   * @param order the rows of the tree; sorted into leaves here.
   * @param gains what each column gained is added here.
   */
  grow(
    packed: PackedDerivatives,
    order: Int32Array,
    count: number,
    columns: readonly number[],
    gains: Float64Array,
  ): GrownTree {
    const nodes = new NodeLists()
    let total = 0
    for (let k = 0; k < count; k++) total += packed.values[order[k]!]!
    const leaves = [
      this.#leaf(packed, columns, { node: 0, start: 0, end: count, depth: 0, total }, () =>
        this.#build(packed, order, 0, count),
      ),
    ]
    while (leaves.length < this.#limits.leaves) {
      const index = bestLeaf(leaves)
      const leaf = leaves[index]!
      const { split } = leaf
      if (!split || !leaf.histogram) break
      gains[split.feature]! += split.gain
      const left = nodes.split(leaf.node, split, this.#edges[split.feature]!)
      const middle = this.#partition(order, leaf, split)
      const depth = leaf.depth + 1
      const sides = [
        { node: left, start: leaf.start, end: middle, depth, total: split.left },
        { node: left + 1, start: middle, end: leaf.end, depth, total: leaf.total - split.left },
      ] as const
      const smaller = middle - leaf.start <= leaf.end - middle ? 0 : 1
      const { histogram } = leaf
      let built: Histogram | null = null
      const smallLeaf = this.#leaf(packed, columns, sides[smaller], () => {
        built = this.#build(packed, order, sides[smaller].start, sides[smaller].end)
        return built
      })
      const rest = this.#leaf(packed, columns, sides[1 - smaller]!, () => {
        const other = built ?? this.#build(packed, order, sides[smaller].start, sides[smaller].end)
        for (let i = 0; i < histogram.length; i++) histogram[i]! -= other[i]!
        if (!built) this.#free.push(other)
        return histogram
      })
      if (rest.histogram === null) this.#free.push(histogram)
      leaves[index] = smaller === 0 ? smallLeaf : rest
      leaves.push(smaller === 0 ? rest : smallLeaf)
    }
    for (const { histogram } of leaves) if (histogram) this.#free.push(histogram)
    return { tree: nodes.finish(), leaves }
  }

  /** A leaf that can be split no further needs no histogram. */
  #leaf(
    packed: PackedDerivatives,
    columns: readonly number[],
    leaf: Omit<Leaf, 'histogram' | 'split'>,
    histogramOf: () => Histogram,
  ): Leaf {
    const hessian = leaf.total - Math.floor(leaf.total / packed.shift) * packed.shift
    const isFinal =
      leaf.depth >= this.#limits.depth ||
      hessian < 2 * this.#limits.minHessian * packed.hessianScale ||
      leaf.end - leaf.start < 2
    if (isFinal) return { ...leaf, histogram: null, split: null }
    const histogram = histogramOf()
    const split = findSplit(histogram, this.#stride, this.#edges, columns, packed, leaf.total, this.#limits)
    return { ...leaf, histogram, split }
  }

  #build(packed: PackedDerivatives, order: Int32Array, start: number, end: number): Histogram {
    const length = this.#rows.wordsPerRow * 4 * this.#stride
    const histogram = this.#free.pop()?.fill(0) ?? new Float64Array(length)
    addRows(histogram, this.#stride, this.#rows, packed.values, order, start, end)
    return histogram
  }

  /** Moves the rows that go left to the front of the leaf's, keeping their order. @returns where those that go right begin. */
  #partition(order: Int32Array, leaf: Leaf, { feature, bin, missingLeft }: Split): number {
    const { columns, size } = this.#rows
    const column = columns.subarray(feature * size, (feature + 1) * size)
    const missing = missingLeft ? missingBin(this.#edges[feature]!) : NONE
    const aside = this.#aside
    let front = leaf.start
    let back = 0
    // Which way a row goes cannot be foreseen: it is written to both, and counted where it belongs.
    for (let k = leaf.start; k < leaf.end; k++) {
      const row = order[k]!
      const goesRight = isRight(column[row]!, bin, missing)
      order[front] = row
      aside[back] = row
      front += 1 - goesRight
      back += goesRight
    }
    order.set(aside.subarray(0, back), front)
    return front
  }
}

function bestLeaf(leaves: readonly Leaf[]): number {
  let best = 0
  for (let i = 1; i < leaves.length; i++) {
    if ((leaves[i]!.split?.gain ?? 0) > (leaves[best]!.split?.gain ?? 0)) best = i
  }
  return best
}

/** The nodes of a tree as they come. */
class NodeLists {
  readonly #feature = [-1]
  readonly #threshold = [0]
  readonly #missingLeft = [0]
  readonly #bin = [0]
  readonly #missing = [0]
  readonly #left = [0]
  readonly #right = [0]

  /** @returns the number of the left child; the right one follows it. */
  split(node: number, split: Split, edges: Float32Array): number {
    const left = this.#feature.length
    this.#feature.push(-1, -1)
    for (const list of [this.#threshold, this.#missingLeft, this.#bin, this.#missing, this.#left, this.#right]) {
      list.push(0, 0)
    }
    this.#feature[node] = split.feature
    this.#threshold[node] = edges[split.bin] ?? Number.POSITIVE_INFINITY
    this.#missingLeft[node] = split.missingLeft ? 1 : 0
    this.#bin[node] = split.bin
    this.#missing[node] = missingBin(edges)
    this.#left[node] = left
    this.#right[node] = left + 1
    return left
  }

  finish(): BinnedTree {
    return {
      feature: Int32Array.from(this.#feature),
      threshold: Float32Array.from(this.#threshold),
      missingLeft: Uint8Array.from(this.#missingLeft),
      bin: Uint8Array.from(this.#bin),
      missing: Uint8Array.from(this.#missing),
      left: Int32Array.from(this.#left),
      right: Int32Array.from(this.#right),
      value: new Float32Array(this.#feature.length),
    }
  }
}
