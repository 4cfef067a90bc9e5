import { FEATURE_COUNT, FEATURE_HASH } from '../features/index.ts'
import { widthOf } from '../inference/index.ts'
import type { ServedLine } from '../registry/index.ts'

/** The line of models that forecasts live markets. */
export const DIRECTION_MODEL = 'mid-direction'

/** Forecasts are scored, and a challenger's held beside the champion's, by the price so many milliseconds later. */
const HORIZON_MS = 10_000

/** What a version of the line is fed with, and must answer: a market's features, one probability of `UP`. */
export function directionLine(stepMs: number, live: ServedLine['live']): ServedLine {
  return {
    stepMs,
    live,
    misfit({ manifest, signature }) {
      if (manifest.featureHash !== FEATURE_HASH) return 'It was trained on other features than are computed.'
      if (manifest.horizonMs !== HORIZON_MS) return `It does not look ${HORIZON_MS} ms ahead.`
      if (widthOf(signature.input) !== FEATURE_COUNT) return `It does not take rows of ${FEATURE_COUNT} features.`
      return widthOf(signature.output) === 1 ? null : 'It does not give one probability a row.'
    },
  }
}
