import { BAR_FEATURE_COUNT, BAR_FEATURE_HASH, BAR_FEATURES, LARGEST_LOOKBACK } from '../bar-features/index.ts'
import { HORIZON, LONGEST_MEMORY } from '../evaluation/variance-models.ts'
import { widthOf } from '../inference/index.ts'
import { directed, type Forecast, HORIZONS, type Horizon, probabilityIn, QUANTILE_LEVELS } from '../prediction/index.ts'
import type { ServedLine } from '../registry/index.ts'
import { hourlyReturn } from '../training/hourly-return.ts'
import { FEATURE_HASH, FEATURES, hourlyVolatility } from '../training/hourly-volatility.ts'
import { RETURN_OUTPUTS } from '../training/return-trees.ts'

export const HOUR_MS = 3_600_000
const BPS = 10_000

/** What a forecast of hours says, of the model or of the rule beside it. */
export type Said = Pick<Forecast, 'direction' | 'probability' | 'expectedReturnBps' | 'quantilesBps' | 'volatilityBps'>

/** A line of models that forecasts from hour bars. */
export interface HourlyLine {
  readonly modelName: string
  readonly horizon: Horizon
  readonly features: readonly string[]
  readonly featureHash: string
  /** What a file of the line gives for a row, number by number. */
  readonly outputs: readonly string[]
  /** Bars before which some feature is not known yet. */
  readonly lookback: number
  /**
   * @param answer what a file gave for a row.
   * @param volatility standard deviation of an hour's change of the logarithm, as it was known then.
   * @returns null where that is no forecast: a foreign file may give anything.
   */
  readonly read: (answer: ArrayLike<number>, volatility: number) => Said | null
}

/** Nothing goes so far, or so little, in hours: a file that says so is wrong, and sums over what it says would overflow. */
const [MIN_VOLATILITY_BPS, MAX_BPS] = [1e-6, 1e6]

/** From a change of the logarithm to the return. */
const inBps = (change: number) => Math.expm1(change) * BPS

/** `mean, quantiles, probability of a rise`, all but the last in units of current volatility. */
function readReturn(answer: ArrayLike<number>, volatility: number): Said | null {
  const [expectedReturnBps = Number.NaN, ...quantilesBps] = Array.from({ length: 1 + QUANTILE_LEVELS.length }, (_, i) =>
    inBps(answer[i]! * volatility),
  )
  const up = probabilityIn(answer[1 + QUANTILE_LEVELS.length]!)
  if (up === null || ![expectedReturnBps, ...quantilesBps].every((value) => Math.abs(value) <= MAX_BPS)) return null
  if (quantilesBps.some((value, i) => i > 0 && value < quantilesBps[i - 1]!)) return null
  return { ...directed(up), expectedReturnBps, quantilesBps, volatilityBps: null }
}

/** The logarithm of an hour's variance over the horizon. */
function readVariance(answer: ArrayLike<number>): Said | null {
  const volatilityBps = Math.sqrt(HORIZON * Math.exp(answer[0]!)) * BPS
  if (!(volatilityBps >= MIN_VOLATILITY_BPS && volatilityBps <= MAX_BPS)) return null
  return { direction: null, probability: null, expectedReturnBps: null, quantilesBps: null, volatilityBps }
}

export const RETURN_LINE: HourlyLine = {
  modelName: hourlyReturn.name,
  horizon: 'H1',
  features: BAR_FEATURES.map(({ name }) => name),
  featureHash: BAR_FEATURE_HASH,
  outputs: RETURN_OUTPUTS,
  lookback: LARGEST_LOOKBACK,
  read: readReturn,
}

export const VOLATILITY_LINE: HourlyLine = {
  modelName: hourlyVolatility.name,
  horizon: 'H6',
  features: FEATURES,
  featureHash: FEATURE_HASH,
  outputs: ['log_variance'],
  lookback: LONGEST_MEMORY,
  read: readVariance,
}

export const HOURLY_LINES: readonly HourlyLine[] = [RETURN_LINE, VOLATILITY_LINE]

/** Where the logarithms of past variances begin among the features of the volatility. */
export const FIRST_MEMORY = BAR_FEATURE_COUNT

/** What a version of the line is fed with, and must answer. */
export function hourlyServedLine(line: HourlyLine): ServedLine {
  return {
    stepMs: HOUR_MS,
    // An hour brings a row, and features remember weeks: of a hundred days of EUR-USD the worst index is an alarm one time in two, held
    // against all the years before, where nothing is wrong. Whoever wants it asks `featureDrift`.
    live: () => new Map(),
    misfit({ manifest, signature }) {
      if (manifest.featureHash !== line.featureHash) return 'It was trained on other features than are computed.'
      if (manifest.horizonMs !== HORIZONS[line.horizon]) return `It does not look ${HORIZONS[line.horizon]} ms ahead.`
      if (widthOf(signature.input) !== line.features.length)
        return `It does not take rows of ${line.features.length} features.`
      const { length } = line.outputs
      return widthOf(signature.output) === length ? null : `It does not give ${length} numbers a row.`
    },
  }
}
