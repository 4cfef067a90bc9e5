import { createHash } from 'node:crypto'
import { type BarHistory, VOLATILITY_SPAN } from './history.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** 1 January 1970 was the fourth day after a Sunday. */
const FIRST_WEEKDAY = 4

/** Raise it when a feature's meaning changes under the same name. */
const DEFINITION_VERSION = 1

/** One number about the market at the close of a bar. */
export interface BarFeature {
  readonly name: string
  /** How many bars it looks back; of smoothed values their span, which holds 86 % of the weight. */
  readonly window: number
  /** How many bars before the newest one its window ends. */
  readonly lag: number
  /** NaN where it is not known yet, or has no meaning. */
  readonly of: (history: BarHistory) => number
}

const feature = (name: string, window: number, of: BarFeature['of'], lag = 0): BarFeature => ({ name, window, lag, of })

/** In units of what is usual now: the same model reads calm and wild markets, and markets of any price. */
const scaled = (change: number, history: BarHistory, bars = 1) => change / (history.volatility * Math.sqrt(bars))

const hourAngle = (history: BarHistory) => (2 * Math.PI * (history.bar.time % DAY_MS)) / DAY_MS

const returns = [1, 2, 3, 6, 12, 24, 48, 96].map((bars) =>
  feature(`return_${bars}`, bars, (history) => scaled(history.changeOver(bars), history, bars)),
)

const laggedReturns = [1, 2, 3, 4].map((lag) =>
  feature(`return_lag_${lag}`, 1, (history) => scaled(history.changes.at(lag), history), lag),
)

const trends = ([8, 24, 96] as const).map((span) =>
  feature(`trend_gap_${span}`, span, (history) => scaled(history.levels.at(0) - history.smoothedLevel(span), history)),
)

const extremes = [24, 96].flatMap((bars) => [
  feature(`below_high_${bars}`, bars, (history) =>
    scaled(history.levels.at(0) - history.highs.highest(bars + 1), history, bars),
  ),
  feature(`above_low_${bars}`, bars, (history) =>
    scaled(history.levels.at(0) - history.lows.lowest(bars + 1), history, bars),
  ),
])

/** What a model sees of a market's bars, in order. All are free of the market's price. */
export const BAR_FEATURES: readonly BarFeature[] = [
  ...returns,
  ...laggedReturns,
  ...trends,
  feature('variance_ratio_8_64', VOLATILITY_SPAN, (history) => Math.log(history.variance(8) / history.variance(64))),
  feature('variance_ratio_64_256', 256, (history) => Math.log(history.variance(64) / history.variance(256))),
  feature('close_in_range', 1, ({ bar }) => (2 * bar.close - bar.high - bar.low) / (bar.high - bar.low)),
  feature('range', 1, (history) => scaled(Math.log(history.bar.high / history.bar.low), history)),
  feature('body', 1, (history) => scaled(Math.log(history.bar.close / history.bar.open), history)),
  feature('opening_gap', 1, (history) => scaled(history.openingChange, history)),
  feature('relative_strength', 27, ({ gains, losses }) => gains.value / (gains.value + losses.value) - 0.5),
  feature('trend_acceleration', 26, (history) =>
    scaled(history.smoothedLevel(12) - history.smoothedLevel(26) - history.signal.value, history),
  ),
  feature('volume_surprise', VOLATILITY_SPAN, ({ bar, logVolume }) => Math.log1p(bar.volume) - logVolume.value),
  feature('hour_sine', 1, (history) => Math.sin(hourAngle(history))),
  feature('hour_cosine', 1, (history) => Math.cos(hourAngle(history))),
  feature('weekday', 1, ({ bar }) => (Math.floor(bar.time / DAY_MS) + FIRST_WEEKDAY) % 7),
  ...extremes,
  feature('autocorrelation', VOLATILITY_SPAN, (history) => history.product.value / history.variance(64)),
  feature('skewness', VOLATILITY_SPAN, (history) => history.cube.value / history.variance(64) ** 1.5),
]

export const BAR_FEATURE_COUNT = BAR_FEATURES.length
/** Bars before which some feature is not itself yet. */
export const LARGEST_LOOKBACK = Math.max(...BAR_FEATURES.map(({ window, lag }) => window + lag))

/** A model serves only features of the hash it was trained on. */
export const BAR_FEATURE_HASH = createHash('sha256')
  .update(JSON.stringify({ version: DEFINITION_VERSION, features: BAR_FEATURES }))
  .digest('hex')
