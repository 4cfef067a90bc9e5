/** Probabilities are kept this far from 0 and 1, so that one sure mistake does not cost an infinite log loss. */
const PROBABILITY_FLOOR = 1e-6

export interface Measures {
  /** Share of (up, down) pairs that are ranked rightly, ties half (Mann–Whitney). */
  readonly auc: number
  /** Mean squared error of the probability. */
  readonly brier: number
  /** Mean negative log likelihood, natural logarithm. */
  readonly logLoss: number
  /** Share of right directions at the threshold of one half; exactly one half counts as up. */
  readonly hitRate: number
}

/** Judges probabilities of label 1 against the labels. */
export function measure(probabilities: ArrayLike<number>, labels: ArrayLike<number>): Measures {
  const n = labels.length
  let squared = 0
  let likelihood = 0
  let hits = 0
  for (let i = 0; i < n; i++) {
    const p = probabilities[i]!
    const label = labels[i]!
    squared += (p - label) ** 2
    likelihood -= Math.log(Math.max(PROBABILITY_FLOOR, label === 1 ? p : 1 - p))
    if (p >= 0.5 === (label === 1)) hits++
  }
  return { auc: rankArea(probabilities, labels), brier: squared / n, logLoss: likelihood / n, hitRate: hits / n }
}

/** Area under the ROC curve by the rank sum, with average ranks for ties; NaN where only one label occurs, or a score is no number. */
export function rankArea(scores: ArrayLike<number>, labels: ArrayLike<number>): number {
  for (let i = 0; i < labels.length; i++) if (Number.isNaN(scores[i])) return Number.NaN
  const order = Array.from({ length: labels.length }, (_, i) => i).sort((a, b) => scores[a]! - scores[b]!)
  let rankSum = 0
  let positives = 0
  for (let start = 0; start < order.length; ) {
    let end = start
    while (end < order.length && scores[order[end]!] === scores[order[start]!]) end++
    for (let k = start; k < end; k++) {
      if (labels[order[k]!] !== 1) continue
      rankSum += (start + end + 1) / 2
      positives++
    }
    start = end
  }
  const negatives = order.length - positives
  return positives === 0 || negatives === 0
    ? Number.NaN
    : (rankSum - (positives * (positives + 1)) / 2) / (positives * negatives)
}
