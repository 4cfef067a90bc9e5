import { FEATURE_COUNT, TOP_IMBALANCE } from './vector.ts'

/**
 * The top-of-book imbalance rule as a probability that the mid price rises: `1 / (1 + exp(-coefficient × imbalance))`.
 * @param rows row-major features.
 * @param coefficient calibrated on the training part, not negative.
 */
export function baselineProbabilities(rows: Float32Array, coefficient: number): Float64Array {
  return Float64Array.from({ length: rows.length / FEATURE_COUNT }, (_, i) => {
    const imbalance = rows[i * FEATURE_COUNT + TOP_IMBALANCE]!
    return 1 / (1 + Math.exp(-coefficient * imbalance))
  })
}
