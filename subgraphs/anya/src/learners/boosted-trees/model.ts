import type { Matrix } from './bins.ts'
import { type Objective, sigmoid, softmaxShares } from './loss.ts'
import type { Tree } from './tree.ts'
import { addLeafValues } from './walk.ts'

/** Boosted trees: score k is `base[k]` and the leaf values of the trees t with t mod outputs = k. */
export interface BoostedModel {
  readonly kind: 'BOOSTED_TREES'
  readonly objective: Objective
  readonly width: number
  /** One an output. */
  readonly base: Float32Array
  readonly trees: readonly Tree[]
  /** How much each column's splits lowered the loss's second-order model, in sum. */
  readonly gains: Float64Array
}

/** @returns the raw scores; output k of row i at `k * rows + i`. */
export function scoreTrees(model: BoostedModel, { values, width }: Matrix): Float64Array {
  const size = values.length / width
  const outputs = model.base.length
  const scores = new Float64Array(size * outputs)
  for (let k = 0; k < outputs; k++) scores.fill(model.base[k]!, k * size, (k + 1) * size)
  model.trees.forEach((tree, t) => {
    addLeafValues(tree, { values, width }, scores, (t % outputs) * size)
  })
  return scores
}

/**
 * @returns what the objective forecasts, row by row: the mean, the quantile or the probability of 1; for classes their probabilities,
 * row-major.
 */
export function predictTrees(model: BoostedModel, rows: Matrix): Float64Array {
  const scores = scoreTrees(model, rows)
  switch (model.objective.kind) {
    case 'SQUARED':
    case 'QUANTILE':
      return scores
    case 'LOGISTIC':
      return scores.map(sigmoid)
    case 'GAMMA':
      return scores.map(Math.exp)
    case 'SOFTMAX': {
      const { classes } = model.objective
      const size = scores.length / classes
      const shares = new Float64Array(scores.length)
      for (let row = 0; row < size; row++) {
        softmaxShares(scores, size, row, shares.subarray(row * classes, (row + 1) * classes))
      }
      return shares
    }
  }
}

/** @returns each column's share of all gain; zeros where nothing was split. */
export function importance({ gains }: BoostedModel): Float64Array {
  const sum = gains.reduce((total, gain) => total + gain, 0)
  return sum === 0 ? gains : gains.map((gain) => gain / sum)
}
