import { sigmoid } from '../learners/boosted-trees/index.ts'

const BINS = 10
const NEWTON_STEPS = 50
const CONVERGED = 1e-10
/** Keeps the slope finite where forecasts part the outcomes without error. */
const PENALTY = 1e-3

/** The probability of a positive outcome as a logistic curve of the forecast (Platt 1999). */
export interface ProbabilityCurve {
  readonly slope: number
  readonly intercept: number
}

export function fitCurve(forecasts: Float64Array, positive: Uint8Array): ProbabilityCurve {
  const scale = Math.sqrt(forecasts.reduce((sum, value) => sum + value * value, 0) / forecasts.length) || 1
  let slope = 0
  let intercept = 0
  for (let step = 0; step < NEWTON_STEPS; step++) {
    let [g0, g1, h00, h01, h11] = [-PENALTY * intercept, -PENALTY * slope, PENALTY, 0, PENALTY]
    for (let i = 0; i < forecasts.length; i++) {
      const x = forecasts[i]! / scale
      const p = sigmoid(intercept + slope * x)
      const rest = positive[i]! - p
      const weight = p * (1 - p)
      g0 += rest
      g1 += rest * x
      h00 += weight
      h01 += weight * x
      h11 += weight * x * x
    }
    const determinant = h00 * h11 - h01 * h01
    const change0 = (h11 * g0 - h01 * g1) / determinant
    const change1 = (h00 * g1 - h01 * g0) / determinant
    intercept += change0
    slope += change1
    if (Math.abs(change0) + Math.abs(change1) < CONVERGED) break
  }
  return { slope: slope / scale, intercept }
}

export const probabilityOf = ({ slope, intercept }: ProbabilityCurve, forecast: number) =>
  sigmoid(intercept + slope * forecast)

export interface Calibration {
  /** Mean squared error of the probability. */
  readonly brier: number
  /** Of always saying one half. */
  readonly brierOfHalf: number
  /** Mean distance of probability and frequency over the bins, weighted by their rows (Naeini et al. 2015). */
  readonly expectedCalibrationError: number
  /** Bins of equally many rows, by rising probability. */
  readonly reliability: readonly {
    readonly rows: number
    readonly meanProbability: number
    readonly frequency: number
  }[]
}

export function calibrationOf(probabilities: Float64Array, positive: Uint8Array): Calibration {
  const size = probabilities.length
  const order = Uint32Array.from({ length: size }, (_, i) => i).sort((a, b) => probabilities[a]! - probabilities[b]!)
  const reliability = Array.from({ length: BINS }, (_, bin) => {
    const rows = order.subarray(Math.floor((bin * size) / BINS), Math.floor(((bin + 1) * size) / BINS))
    const mean = (of: (row: number) => number) => rows.reduce((sum, row) => sum + of(row), 0) / rows.length
    return {
      rows: rows.length,
      meanProbability: mean((row) => probabilities[row]!),
      frequency: mean((row) => positive[row]!),
    }
  }).filter(({ rows }) => rows > 0)
  return {
    brier: probabilities.reduce((sum, p, i) => sum + (p - positive[i]!) ** 2, 0) / size,
    brierOfHalf: 0.25,
    expectedCalibrationError: reliability.reduce(
      (sum, bin) => sum + (Math.abs(bin.meanProbability - bin.frequency) * bin.rows) / size,
      0,
    ),
    reliability,
  }
}
