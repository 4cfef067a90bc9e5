import { type Random, seededRandom } from '@opsource/kernel'
import { Binning } from './binning.ts'
import type { BinnedRows, Matrix } from './bins.ts'
import { type GrownTree, TreeGrower } from './growth.ts'
import { type Loss, lossOf, quantile } from './loss.ts'
import type { BoostedModel } from './model.ts'
import { type BoostingOptions, checkOptions, InvalidTraining } from './options.ts'
import { MAX_ROWS, packDerivatives } from './packed.ts'
import type { BinnedTree, Tree } from './tree.ts'
import { addBinnedLeafValues } from './walk.ts'

/** Rows and what they should give. */
export interface Labelled extends Matrix {
  readonly labels: Float32Array
}

/**
 * Fits boosted trees. The same rows, options and seed give the same trees, bit by bit, on one machine.
 * @param validation judges each round where `patience` is given; it never enters a tree.
 * @param binning keeps what is the same for other models of these rows.
 * @throws InvalidTraining where options are out of range, or rows and labels do not go together.
 */
export function fitTrees(
  train: Labelled,
  options: BoostingOptions,
  validation?: Labelled,
  binning = new Binning(),
): BoostedModel {
  checkOptions(options)
  const loss = lossOf(options.objective)
  checkRows(train, train.width, loss)
  if (validation) checkRows(validation, train.width, loss)
  if (options.patience !== undefined && !validation) throw new InvalidTraining('patience needs validation rows')
  const binned = binning.of(train, validation, options)
  const base = Float32Array.from(loss.base(train.labels))
  const training = new Training(binned.train, train.labels, loss, base, options)
  const judging = validation && binned.validation && new Judging(binned.validation, validation.labels, loss, base)
  const grower = new TreeGrower(training.rows, binned.edges, options)
  const random = seededRandom(options.seed)
  const trees: Tree[] = []
  const gains = new Float64Array(train.width)
  for (let round = 0; round < options.rounds; round++) {
    training.differentiate()
    const count = training.sample(random, options.rowShare)
    for (let output = 0; output < loss.outputs; output++) {
      const columns = sampleColumns(train.width, options.columnShare, random)
      const tree = training.addTree(grower, output, count, columns, gains)
      judging?.addTree(tree, output)
      trees.push(withoutBins(tree))
    }
    if (judging && options.patience !== undefined && judging.round() >= options.patience) break
  }
  if (judging && options.patience !== undefined) trees.length = judging.best * loss.outputs
  return { kind: 'BOOSTED_TREES', objective: options.objective, width: train.width, base, trees, gains }
}

function checkRows({ values, width, labels }: Labelled, expected: number, loss: Loss): void {
  if (width !== expected || width < 1) throw new InvalidTraining(`rows have ${width} columns, not ${expected}`)
  if (labels.length === 0) throw new InvalidTraining('no rows')
  if (labels.length > MAX_ROWS) throw new InvalidTraining(`more than ${MAX_ROWS} rows`)
  if (values.length !== labels.length * width) {
    throw new InvalidTraining(`${labels.length} labels do not go with ${values.length} values in ${width} columns`)
  }
  labels.forEach((label, row) => {
    const why = Number.isFinite(label) ? loss.refuses(label) : 'labels must be finite'
    if (why !== null) throw new InvalidTraining(`row ${row}: ${why}`)
  })
}

function sampleColumns(width: number, share: number, random: Random): number[] {
  const all = Array.from({ length: width }, (_, column) => column)
  if (share >= 1) return all
  const picked = all.filter(() => random.next() < share)
  return picked.length > 0 ? picked : [Math.floor(random.next() * width)]
}

const withoutBins = ({ bin: _, missing: __, ...tree }: BinnedTree): Tree => tree

/** The scores of the training rows and what the next tree needs of them. */
class Training {
  readonly rows: BinnedRows
  readonly #labels: Float32Array
  readonly #loss: Loss
  readonly #options: BoostingOptions
  readonly #scores: Float64Array
  readonly #gradient: Float64Array
  readonly #hessian: Float64Array
  readonly #packed: Float64Array
  /** The rows that this round sees, in order from the first place on, and the others. */
  readonly #sampled: Int32Array
  readonly #unseen: Int32Array
  readonly #rests: Float64Array
  readonly #order: Int32Array

  constructor(rows: BinnedRows, labels: Float32Array, loss: Loss, base: Float32Array, options: BoostingOptions) {
    this.rows = rows
    this.#labels = labels
    this.#loss = loss
    this.#options = options
    this.#scores = scoresOf(base, rows.size)
    this.#gradient = new Float64Array(this.#scores.length)
    this.#hessian = new Float64Array(this.#scores.length)
    this.#packed = new Float64Array(rows.size)
    this.#sampled = new Int32Array(rows.size)
    this.#unseen = new Int32Array(rows.size)
    this.#rests = new Float64Array(rows.size)
    this.#order = new Int32Array(rows.size)
  }

  differentiate(): void {
    this.#loss.derivatives(this.#scores, this.#labels, this.#gradient, this.#hessian)
  }

  /** @returns how many rows this round sees: all its trees see the same. */
  sample(random: Random, share: number): number {
    const { size } = this.rows
    const [sampled, unseen] = [this.#sampled, this.#unseen]
    if (share >= 1) {
      for (let row = 0; row < size; row++) sampled[row] = row
      return size
    }
    let count = 0
    // Written to both and counted where it belongs: the processor cannot foresee what is drawn.
    for (let row = 0; row < size; row++) {
      const isSeen = Number(random.next() < share)
      sampled[count] = row
      unseen[row - count] = row
      count += isSeen
    }
    // Where none is drawn, the last row was written to the first place.
    return Math.max(count, 1)
  }

  addTree(
    grower: TreeGrower,
    output: number,
    count: number,
    columns: readonly number[],
    gains: Float64Array,
  ): BinnedTree {
    const offset = output * this.rows.size
    const source = { gradient: this.#gradient, hessian: this.#hessian, offset, isFlat: this.#loss.isFlat }
    const packed = packDerivatives(source, this.#sampled, count, this.#packed)
    this.#order.set(this.#sampled)
    const grown = grower.grow(packed, this.#order, count, columns, gains)
    this.#setLeafValues(grown, offset)
    this.#addLeaves(grown, offset)
    const unseen = this.#unseen.subarray(0, this.rows.size - count)
    addBinnedLeafValues(grown.tree, this.rows, unseen, this.#scores, offset)
    return grown.tree
  }

  /** Leaf values come of the unrounded derivatives; the rounded ones only choose the splits. */
  #setLeafValues({ tree, leaves }: GrownTree, offset: number): void {
    const { learningRate, penalty } = this.#options
    const { leafQuantile } = this.#loss
    for (const { node, start, end } of leaves) {
      tree.value[node] =
        learningRate *
        (leafQuantile === undefined
          ? this.#step(start, end, offset, penalty)
          : quantile(this.#restsOf(start, end, offset), leafQuantile))
    }
  }

  /** Newton's, of the rows `order[start … end)`. */
  #step(start: number, end: number, offset: number, penalty: number): number {
    const [order, gradients, hessians] = [this.#order, this.#gradient, this.#hessian]
    let gradient = 0
    let hessian = 0
    for (let k = start; k < end; k++) {
      const at = offset + order[k]!
      gradient += gradients[at]!
      hessian += hessians[at]!
    }
    return -gradient / (hessian + penalty)
  }

  /** What is left of the labels of the rows `order[start … end)`. */
  #restsOf(start: number, end: number, offset: number): Float64Array {
    const [order, labels, scores] = [this.#order, this.#labels, this.#scores]
    const rests = this.#rests.subarray(0, end - start)
    for (let k = start; k < end; k++) rests[k - start] = labels[order[k]!]! - scores[offset + order[k]!]!
    return rests
  }

  #addLeaves({ tree, leaves }: GrownTree, offset: number): void {
    for (const { node, start, end } of leaves) {
      const value = tree.value[node]!
      for (let k = start; k < end; k++) this.#scores[offset + this.#order[k]!]! += value
    }
  }
}

/** Follows the loss on rows that no tree sees. */
class Judging {
  readonly #rows: BinnedRows
  readonly #labels: Float32Array
  readonly #loss: Loss
  readonly #scores: Float64Array
  readonly #all: Int32Array
  #rounds = 0
  #lowest: number
  /** The number of rounds with the lowest loss; 0 where no tree is better than the base. */
  best = 0

  constructor(rows: BinnedRows, labels: Float32Array, loss: Loss, base: Float32Array) {
    this.#rows = rows
    this.#labels = labels
    this.#loss = loss
    this.#scores = scoresOf(base, rows.size)
    this.#all = Int32Array.from({ length: rows.size }, (_, row) => row)
    this.#lowest = loss.mean(this.#scores, labels)
  }

  addTree(tree: BinnedTree, output: number): void {
    addBinnedLeafValues(tree, this.#rows, this.#all, this.#scores, output * this.#rows.size)
  }

  /** Ends a round. @returns how many rounds ago the loss was lowest. */
  round(): number {
    this.#rounds++
    const loss = this.#loss.mean(this.#scores, this.#labels)
    if (loss < this.#lowest) {
      this.#lowest = loss
      this.best = this.#rounds
    }
    return this.#rounds - this.best
  }
}

function scoresOf(base: Float32Array, size: number): Float64Array {
  const scores = new Float64Array(size * base.length)
  base.forEach((value, output) => {
    scores.fill(value, output * size, (output + 1) * size)
  })
  return scores
}
