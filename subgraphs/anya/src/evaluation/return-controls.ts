import { BAR_FEATURE_COUNT, BAR_FEATURES, type Bars, barFeatureTable, findLookahead } from '../bar-features/index.ts'
import { Binning, fitTrees, predictTrees } from '../learners/boosted-trees/index.ts'
import { pearson } from '../statistics/correlation.ts'
import { shuffled } from '../statistics/random.ts'
import { CREDIBLE_CORRELATION } from '../training/evidence.ts'
import { pickRows } from './bar-rows.ts'
import { withChangeAfter } from './planted.ts'
import type { Progress } from './progress.ts'
import { orNull, outcome, pooled, type ReturnProblem, SEEDS, TREES, testsOf, treeForecasts } from './return-models.ts'

const SHUFFLES = [1, 2, 3]
const SHUFFLED_ROUNDS = 100
const PREFIXES = 5
/** Standard errors from zero that chance may reach. */
export const CONTROL_ERRORS = 3

/** Learning from targets in a wrong order must forecast nothing. Nothing stops early: that would hide a leak. */
export function shuffledControl(problem: ReturnProblem, progress: Progress) {
  const tested = outcome(problem)
  const { patience: _, ...allRounds } = TREES
  const options = { ...allRounds, rounds: SHUFFLED_ROUNDS }
  const forecasts = problem.folds.map(({ train, test }, fold) => {
    const [known, unknown, binning] = [pickRows(problem.rows, train), pickRows(problem.rows, test), new Binning()]
    const targets = Float64Array.from(train, (row) => problem.target[row]!)
    const bySeed = SHUFFLES.map((seed) => {
      const labels = Float32Array.from(shuffled(targets, seed))
      return predictTrees(fitTrees({ ...known, labels }, { ...options, seed }, undefined, binning), unknown)
    })
    progress.at((fold + 1) / problem.folds.length)
    return bySeed
  })
  const correlations = SHUFFLES.map((_, i) => {
    const { value, standardError } = pearson(pooled(forecasts.map((bySeed) => bySeed[i]!)), tested)
    // Trees that found nothing to split by forecast nothing.
    return { value: orNull(value) ?? 0, standardError }
  })
  const errors = correlations.map(({ value, standardError }) => Math.abs(value) / standardError)
  return {
    informationCoefficients: correlations.map(({ value }) => value),
    largestInStandardErrors: Math.max(...errors),
    passes: errors.every((error) => error <= CONTROL_ERRORS),
  }
}

/** Whether a look into the future would be found: by recomputing on prefixes, and by forecasts too good to be true. */
export function leakControl(problem: ReturnProblem) {
  const { bars, folds } = problem
  const planted = (part: Bars) => withChangeAfter(barFeatureTable(part))
  const leaking = { ...problem, rows: planted(bars), folds: folds.slice(-1) }
  const { value } = pearson(testsOf(treeForecasts(leaking, SEEDS.slice(0, 1))), outcome(leaking))
  const flagged = findLookahead(bars, planted, PREFIXES)
  return {
    featuresThatLookAhead: flagged.flatMap((index) => BAR_FEATURES[index]?.name ?? []),
    plantedFuture: {
      foundByPrefixes: flagged.includes(BAR_FEATURE_COUNT),
      informationCoefficient: orNull(value),
      foundByCorrelation: value > CREDIBLE_CORRELATION,
    },
  }
}
