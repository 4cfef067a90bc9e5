import { MAX_BINS } from './bins.ts'
import type { TreeLimits } from './growth.ts'
import type { Objective } from './loss.ts'

export interface BoostingOptions extends TreeLimits {
  readonly objective: Objective
  readonly rounds: number
  readonly learningRate: number
  /** At most this many bins a column, 2 to 255; one more holds its missing values. */
  readonly bins: number
  /** Share of rows that each round sees. */
  readonly rowShare: number
  /** Share of columns that each tree sees. */
  readonly columnShare: number
  readonly seed: number
  /** Stop where the validation loss has not fallen for so many rounds, and keep the rounds up to the best. */
  readonly patience?: number
}

/** Options or rows that nothing can be learnt with. */
export class InvalidTraining extends Error {}

const between = (value: number, low: number, high: number) => value >= low && value <= high

/** @throws InvalidTraining naming the first option out of range. */
export function checkOptions(options: BoostingOptions): void {
  const { objective } = options
  const rules: readonly [string, boolean][] = [
    ['rounds must be a whole number from 1', Number.isInteger(options.rounds) && options.rounds >= 1],
    ['learningRate must be above 0, at most 1', options.learningRate > 0 && options.learningRate <= 1],
    [`bins must be 2 to ${MAX_BINS}`, Number.isInteger(options.bins) && between(options.bins, 2, MAX_BINS)],
    ['leaves must be a whole number from 1', Number.isInteger(options.leaves) && options.leaves >= 1],
    ['depth must not be negative', options.depth >= 0],
    ['minHessian must not be negative', options.minHessian >= 0],
    ['penalty must not be negative', options.penalty >= 0],
    ['rowShare must be above 0, at most 1', options.rowShare > 0 && options.rowShare <= 1],
    ['columnShare must be above 0, at most 1', options.columnShare > 0 && options.columnShare <= 1],
    ['level must lie between 0 and 1', objective.kind !== 'QUANTILE' || (objective.level > 0 && objective.level < 1)],
    ['classes must be 2 to 100', objective.kind !== 'SOFTMAX' || between(objective.classes, 2, 100)],
  ]
  const broken = rules.find(([, holds]) => !holds)
  if (broken) throw new InvalidTraining(broken[0])
}
