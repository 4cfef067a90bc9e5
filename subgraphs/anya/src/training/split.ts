import { type Dataset, selectRows } from './dataset.ts'

export interface Fold {
  readonly train: Dataset
  readonly test: Dataset
}

/**
 * Expanding walk-forward over the part of the time line after `firstTestShare`: each fold is tested on a later stretch and trained on
 * all before it, less the rows whose label or features would reach into the test (purge = label horizon, embargo = memory of features).
 */
export function walkForward(
  dataset: Dataset,
  options: { folds: number; firstTestShare: number; purgeMs: number },
): Fold[] {
  const start = dataset.times[0] ?? 0
  const end = (dataset.times.at(-1) ?? 0) + 1
  const firstTest = start + (end - start) * options.firstTestShare
  const length = (end - firstTest) / options.folds
  return Array.from({ length: options.folds }, (_, k) => {
    const from = firstTest + k * length
    const to = from + length
    return {
      train: selectRows(dataset, (time) => time + options.purgeMs <= from),
      test: selectRows(dataset, (time) => time >= from && time < to),
    }
  })
}
