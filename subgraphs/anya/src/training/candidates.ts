import { FEATURE_COUNT, FEATURES, TOP_IMBALANCE } from '../features/index.ts'
import { type BoostingOptions, fitTrees, predictTrees } from '../learners/boosted-trees/index.ts'
import { type Dataset, withMirrorImages } from './dataset.ts'
import type { FittedModel } from './export.ts'
import { fitLogistic, predictLogistic } from './logistic.ts'

/** A way to learn, with all its parameters. */
export interface Candidate {
  readonly name: string
  readonly parameters: Readonly<Record<string, number | string>>
  fit(data: Dataset, seed: number): FittedModel
}

const oddColumns = FEATURES.flatMap(({ symmetry }, i) => (symmetry === 'odd' ? [i] : []))
const bookColumns = FEATURES.flatMap(({ name }, i) => (name.startsWith('imbalance') ? [i] : []))

const logistic = (name: string, columns: readonly number[], penalty: number): Candidate => ({
  name,
  parameters: { learner: 'logistic', penalty, columns: columns.map((column) => FEATURES[column]!.name).join(',') },
  fit: (data) => fitLogistic(data, columns, { penalty }),
})

const boosting = (name: string, options: Omit<BoostingOptions, 'seed' | 'objective'>): Candidate => ({
  name,
  parameters: { learner: 'boosting', ...options },
  fit(data, seed) {
    const { rows, labels } = withMirrorImages(data)
    const labelled = { width: FEATURE_COUNT, values: rows, labels: Float32Array.from(labels) }
    return fitTrees(labelled, { ...options, objective: { kind: 'LOGISTIC' }, seed })
  },
})

const SMALL_TREES = {
  leaves: 6,
  depth: 3,
  minHessian: 10,
  penalty: 10,
  rounds: 60,
  learningRate: 0.05,
  bins: 32,
  rowShare: 0.7,
  columnShare: 0.6,
}
const STUMPS = { ...SMALL_TREES, leaves: 2, depth: 1, minHessian: 20, penalty: 20, rounds: 100 }

/** Written down before they were compared; minutes of data allow no more than small, strongly penalised models. */
export const CANDIDATES: readonly Candidate[] = [
  logistic('logistic-book', bookColumns, 30),
  logistic('logistic-all', oddColumns, 30),
  logistic('logistic-all-strong', oddColumns, 300),
  boosting('boosting-stumps', STUMPS),
  boosting('boosting-small', SMALL_TREES),
]

export function predict(model: FittedModel, rows: Float32Array): Float64Array {
  return model.kind === 'LOGISTIC'
    ? predictLogistic(model, rows)
    : predictTrees(model, { width: model.width, values: rows })
}

/**
 * The rule every model has to beat: the mid price goes towards the thinner side of the top of the book. Its probability is calibrated
 * by one coefficient on the training part; without an intercept the direction stays the rule's own.
 */
export function fitBaseline(data: Dataset): { readonly coefficient: number } {
  return { coefficient: Math.max(0, fitLogistic(data, [TOP_IMBALANCE], { penalty: 1 }).weights[TOP_IMBALANCE]!) }
}
