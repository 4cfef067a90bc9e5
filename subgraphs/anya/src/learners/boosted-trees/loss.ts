import { mean } from '../../statistics/mean.ts'

/** What the trees minimise, and what their sum means. */
export type Objective =
  /** Squared error; the sum is the mean. */
  | { readonly kind: 'SQUARED' }
  /** Log loss of labels 0 and 1; the sum is the logit of 1. */
  | { readonly kind: 'LOGISTIC' }
  /** Pinball loss; the sum is the quantile of that `level`. */
  | { readonly kind: 'QUANTILE'; readonly level: number }
  /** Log loss of labels 0 … classes - 1; the sums are their logits. */
  | { readonly kind: 'SOFTMAX'; readonly classes: number }
  /** Gamma deviance of positive labels, which is QLIKE for variances (Patton 2011); the sum is the mean's logarithm. */
  | { readonly kind: 'GAMMA' }

/** A loss with its derivatives. Scores and derivatives of output k of row i lie at `k * rows + i`. */
export interface Loss {
  readonly outputs: number
  /** Second derivatives are all one. */
  readonly isFlat: boolean
  /** The best constant scores, one an output. */
  base(labels: Float32Array): number[]
  derivatives(scores: Float64Array, labels: Float32Array, gradient: Float64Array, hessian: Float64Array): void
  /** The mean over the rows. */
  mean(scores: Float64Array, labels: Float32Array): number
  /** Why these labels cannot be learnt, or null. */
  refuses(label: number): string | null
  /** Quantiles: leaves hold that quantile of what is left, as their second derivatives know nothing. */
  readonly leafQuantile?: number
}

/** A vanishing second derivative would make a sure leaf's value run away. */
const MIN_HESSIAN = 1e-6
/** Keeps the base finite where all labels are alike. */
const MIN_SHARE = 1e-6

export const sigmoid = (x: number) => 1 / (1 + Math.exp(-x))

export function lossOf(objective: Objective): Loss {
  switch (objective.kind) {
    case 'SQUARED':
      return squared
    case 'LOGISTIC':
      return logistic
    case 'QUANTILE':
      return pinball(objective.level)
    case 'SOFTMAX':
      return softmax(objective.classes)
    case 'GAMMA':
      return gamma
  }
}

const squared: Loss = {
  outputs: 1,
  isFlat: true,
  base: (labels) => [mean(labels)],
  derivatives(scores, labels, gradient, hessian) {
    for (let i = 0; i < labels.length; i++) gradient[i] = scores[i]! - labels[i]!
    hessian.fill(1)
  },
  mean: (scores, labels) => labels.reduce((sum, label, i) => sum + (scores[i]! - label) ** 2, 0) / labels.length,
  refuses: () => null,
}

const logistic: Loss = {
  outputs: 1,
  isFlat: false,
  base(labels) {
    const share = Math.min(1 - MIN_SHARE, Math.max(MIN_SHARE, mean(labels)))
    return [Math.log(share / (1 - share))]
  },
  derivatives(scores, labels, gradient, hessian) {
    for (let i = 0; i < labels.length; i++) {
      const p = sigmoid(scores[i]!)
      gradient[i] = p - labels[i]!
      hessian[i] = Math.max(p * (1 - p), MIN_HESSIAN)
    }
  },
  mean(scores, labels) {
    let sum = 0
    for (let i = 0; i < labels.length; i++) sum += softplus(labels[i] === 1 ? -scores[i]! : scores[i]!)
    return sum / labels.length
  },
  refuses: (label) => (label === 0 || label === 1 ? null : 'labels must be 0 or 1'),
}

/** log(1 + exp(x)) that neither overflows nor loses small values. */
const softplus = (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))

/** Koenker and Bassett 1978. */
const pinball = (level: number): Loss => ({
  outputs: 1,
  isFlat: true,
  leafQuantile: level,
  base: (labels) => [quantile(Float64Array.from(labels), level)],
  derivatives(scores, labels, gradient, hessian) {
    for (let i = 0; i < labels.length; i++) gradient[i] = labels[i]! > scores[i]! ? -level : 1 - level
    hessian.fill(1)
  },
  mean(scores, labels) {
    let sum = 0
    for (let i = 0; i < labels.length; i++) {
      const rest = labels[i]! - scores[i]!
      sum += rest > 0 ? level * rest : (level - 1) * rest
    }
    return sum / labels.length
  },
  refuses: () => null,
})

/**
 * The value that is at the level's place in order; 0 of none. Puts `values` in another order. A leaf needs one place of thousands, so
 * they are parted about it instead of sorted (Hoare 1961, "Find").
 */
export function quantile(values: Float64Array, level: number): number {
  const place = Math.floor(level * (values.length - 1))
  let low = 0
  let high = values.length - 1
  while (low < high) {
    const pivot = values[(low + high) >> 1]!
    let left = low
    let right = high
    while (left <= right) {
      while (values[left]! < pivot) left++
      while (values[right]! > pivot) right--
      if (left > right) break
      const value = values[left]!
      values[left++] = values[right]!
      values[right--] = value
    }
    if (place <= right) high = right
    else if (place >= left) low = left
    else break
  }
  return values[place] ?? 0
}

const softmax = (classes: number): Loss => ({
  outputs: classes,
  isFlat: false,
  base(labels) {
    const counts = new Float64Array(classes)
    for (const label of labels) counts[label]!++
    return Array.from(counts, (count) => Math.log(Math.max(count / labels.length, MIN_SHARE)))
  },
  derivatives(scores, labels, gradient, hessian) {
    const size = labels.length
    const shares = new Float64Array(classes)
    for (let i = 0; i < size; i++) {
      softmaxShares(scores, size, i, shares)
      for (let k = 0; k < classes; k++) {
        const p = shares[k]!
        gradient[k * size + i] = p - (labels[i] === k ? 1 : 0)
        // Twice the diagonal, as xgboost takes it: the classes' trees of one round do not know of each other.
        hessian[k * size + i] = Math.max(2 * p * (1 - p), MIN_HESSIAN)
      }
    }
  },
  mean(scores, labels) {
    const shares = new Float64Array(classes)
    let sum = 0
    for (let i = 0; i < labels.length; i++) {
      softmaxShares(scores, labels.length, i, shares)
      sum -= Math.log(Math.max(shares[labels[i]!]!, Number.MIN_VALUE))
    }
    return sum / labels.length
  },
  refuses: (label) =>
    Number.isInteger(label) && label >= 0 && label < classes ? null : `labels must be 0 to ${classes - 1}`,
})

/** Writes the probabilities of the classes of one row into `shares`. */
export function softmaxShares(scores: Float64Array, size: number, row: number, shares: Float64Array): void {
  let top = Number.NEGATIVE_INFINITY
  for (let k = 0; k < shares.length; k++) top = Math.max(top, scores[k * size + row]!)
  let sum = 0
  for (let k = 0; k < shares.length; k++) {
    shares[k] = Math.exp(scores[k * size + row]! - top)
    sum += shares[k]!
  }
  for (let k = 0; k < shares.length; k++) shares[k]! /= sum
}

const gamma: Loss = {
  outputs: 1,
  isFlat: false,
  base: (labels) => [Math.log(mean(labels))],
  derivatives(scores, labels, gradient, hessian) {
    for (let i = 0; i < labels.length; i++) {
      const ratio = labels[i]! * Math.exp(-scores[i]!)
      gradient[i] = 1 - ratio
      hessian[i] = Math.max(ratio, MIN_HESSIAN)
    }
  },
  mean(scores, labels) {
    let sum = 0
    for (let i = 0; i < labels.length; i++) {
      const ratio = labels[i]! * Math.exp(-scores[i]!)
      sum += ratio - Math.log(ratio) - 1
    }
    return sum / labels.length
  },
  refuses: (label) => (label > 0 ? null : 'labels must be positive'),
}
