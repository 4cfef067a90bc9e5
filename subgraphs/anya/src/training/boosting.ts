import { seededRandom } from '@opsource/kernel'
import { binColumns } from './bins.ts'
import type { Dataset } from './dataset.ts'
import { sigmoid } from './logistic.ts'
import { growTree, leafValue, type Tree, type TreeLimits } from './tree.ts'

export interface BoostingOptions extends TreeLimits {
  readonly rounds: number
  readonly bins: number
  /** Share of rows that each tree sees. */
  readonly rowShare: number
  /** Share of columns that each tree sees. */
  readonly columnShare: number
  readonly seed: number
}

/** Boosted trees for the log loss: the logit is the sum of the trees' leaf values. */
export interface BoostedModel {
  readonly kind: 'BOOSTED_TREES'
  readonly width: number
  readonly trees: readonly Tree[]
}

/** A flat second derivative would make a sure leaf's value run away. */
const MIN_ROW_HESSIAN = 1e-6

/** Fits boosted trees. The same data, options and seed give the same trees, bit by bit, on one machine. */
export function fitBoosting(data: Dataset, options: BoostingOptions): BoostedModel {
  const width = data.rows.length / data.size
  const binned = binColumns(data.rows, width, options.bins)
  const random = seededRandom(options.seed)
  const pick = (count: number, share: number) => {
    const picked = Array.from({ length: count }, (_, i) => i).filter(() => share >= 1 || random.next() < share)
    return picked.length > 0 ? picked : [Math.floor(random.next() * count)]
  }
  const logits = new Float64Array(data.size)
  const trees: Tree[] = []
  for (let round = 0; round < options.rounds; round++) {
    const probabilities = logits.map(sigmoid)
    const derivatives = {
      gradient: probabilities.map((p, i) => p - data.labels[i]!),
      hessian: probabilities.map((p) => Math.max(p * (1 - p), MIN_ROW_HESSIAN)),
    }
    const tree = growTree(
      binned,
      derivatives,
      pick(data.size, options.rowShare),
      pick(width, options.columnShare),
      options,
    )
    trees.push(tree)
    for (let i = 0; i < data.size; i++) logits[i]! += leafValue(tree, data.rows, i * width)
  }
  return { kind: 'BOOSTED_TREES', width, trees }
}

/** @returns the probability of label 1 for each row. */
export function predictBoosting(model: BoostedModel, rows: Float32Array): Float64Array {
  return Float64Array.from({ length: rows.length / model.width }, (_, i) =>
    sigmoid(model.trees.reduce((sum, tree) => sum + leafValue(tree, rows, i * model.width), 0)),
  )
}
