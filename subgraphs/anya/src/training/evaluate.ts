import { baselineProbabilities } from '../features/index.ts'
import { CANDIDATES, type Candidate, fitBaseline, predict } from './candidates.ts'
import type { Dataset } from './dataset.ts'
import { type Measures, measure } from './measures.ts'
import { type Fold, walkForward } from './split.ts'

const FOLDS = 5
/** The first fold trains on this share of the time line. */
const FIRST_TEST_SHARE = 0.4

export interface Evaluation {
  readonly candidate: Candidate
  readonly model: Measures
}

export interface Comparison {
  readonly testRows: number
  readonly baseline: Measures
  /** Best first, by log loss: a proper score, unlike the hit rate. */
  readonly evaluations: readonly Evaluation[]
}

/** Judges every candidate and the baseline on the same later stretches, pooled over the folds. */
export function compareCandidates(data: Dataset, options: { horizonMs: number; seed: number }): Comparison {
  const folds = walkForward(data, { folds: FOLDS, firstTestShare: FIRST_TEST_SHARE, purgeMs: options.horizonMs })
  const labels = folds.flatMap(({ test }) => [...test.labels])
  const judge = (forecast: (fold: Fold) => Float64Array) =>
    measure(
      folds.flatMap((fold) => [...forecast(fold)]),
      labels,
    )
  const evaluations = CANDIDATES.map((candidate) => ({
    candidate,
    model: judge(({ train, test }) => predict(candidate.fit(train, options.seed), test.rows)),
  }))
  return {
    testRows: labels.length,
    baseline: judge(({ train, test }) => baselineProbabilities(test.rows, fitBaseline(train).coefficient)),
    evaluations: evaluations.sort((a, b) => a.model.logLoss - b.model.logLoss),
  }
}
