/** Rows by their indexes, each in order of time. */
export interface BarFold {
  readonly train: Int32Array
  /** The newest part of what is before the test, for early stopping and calibration. */
  readonly validation: Int32Array
  readonly test: Int32Array
}

export interface WalkForward {
  readonly folds: number
  /** The tests cover this share of the rows, the newest. */
  readonly testShare: number
  /** Share of the rows before a test that validate. */
  readonly validationShare: number
  /** Rows that a label reaches ahead: so many before a test are left out (purge). */
  readonly horizon: number
  /** Rows that features look back: so many more are left out (embargo). */
  readonly embargo: number
  /** The first row with complete features. */
  readonly first: number
}

/**
 * Expanding walk-forward: each fold is tested on a later stretch and trained on what is before it, with purge and embargo between
 * training and validation, and between validation and test (de Prado, Advances in Financial Machine Learning, ch. 7).
 * @param eligible which rows may be used at all.
 */
export function walkForwardBars(size: number, plan: WalkForward, eligible: (row: number) => boolean): BarFold[] {
  const apart = plan.horizon + plan.embargo
  const begin = Math.floor(size * (1 - plan.testShare))
  const usable = size - plan.horizon
  const length = (usable - begin) / plan.folds
  return Array.from({ length: plan.folds }, (_, k) => {
    const from = begin + Math.floor(k * length)
    const end = from - apart
    const split = plan.first + Math.floor((end - plan.first) * (1 - plan.validationShare))
    return {
      train: range(plan.first, split - apart, eligible),
      validation: range(split, end, eligible),
      test: range(from, k === plan.folds - 1 ? usable : begin + Math.floor((k + 1) * length), eligible),
    }
  })
}

function range(from: number, to: number, eligible: (row: number) => boolean): Int32Array {
  const rows: number[] = []
  for (let row = from; row < to; row++) if (eligible(row)) rows.push(row)
  return Int32Array.from(rows)
}
