import { calibrationOf } from '../evaluation/calibration.ts'
import { dieboldMariano } from '../statistics/diebold-mariano.ts'
import { mean, standardDeviation } from '../statistics/mean.ts'
import { rankArea } from '../statistics/measures.ts'
import { type Loss, lossOf } from './evaluation.ts'

/** Forecasts of two rivals of the same rows, and what came. In order of time; rows of several markets share a time. */
export interface PairedForecasts {
  readonly loss: Loss
  /** Rows of the time line that an outcome spans. */
  readonly horizonSteps: number
  readonly times: readonly number[]
  readonly forecasts: readonly number[]
  readonly rival: readonly number[]
  readonly outcomes: readonly number[]
}

/** Which of the two loses less. */
export interface Rivalry {
  /** Points of time: losses of one time are averaged, as they come of the same market moves. */
  readonly steps: number
  readonly meanLoss: number
  readonly rivalMeanLoss: number
  /** Diebold–Mariano; negative where the first is better. Null where there are too few points of time. */
  readonly statistic: number | null
  /** One-sided, against the first being no better; null like the statistic. */
  readonly pValue: number | null
}

export function compare(pairs: PairedForecasts): Rivalry {
  const first = lossesByTime(pairs, pairs.forecasts)
  const second = lossesByTime(pairs, pairs.rival)
  const test = first.length > 2 * pairs.horizonSteps ? dieboldMariano(first, second, pairs.horizonSteps) : null
  return {
    steps: first.length,
    meanLoss: mean(first),
    rivalMeanLoss: mean(second),
    statistic: test?.statistic ?? null,
    pValue: test?.pValueBetter ?? null,
  }
}

/** @returns the Diebold–Mariano statistic of each of `count` stretches of the time line, one after another, where it is long enough for one. */
export function statisticsOfStretches(pairs: PairedForecasts, count: number): number[] {
  const size = pairs.times.length
  return Array.from({ length: count }, (_, i) => {
    const [from, to] = [Math.floor((i * size) / count), Math.floor(((i + 1) * size) / count)]
    const part = (values: readonly number[]) => values.slice(from, to)
    const { times, forecasts, rival, outcomes } = pairs
    const cut = { times: part(times), forecasts: part(forecasts), rival: part(rival), outcomes: part(outcomes) }
    return compare({ ...pairs, ...cut }).statistic
  }).filter((statistic) => statistic !== null)
}

/** Area under the ROC curve of probabilities; null where all outcomes are the same. */
export function rankingOf(forecasts: readonly number[], outcomes: readonly number[]): number | null {
  const area = rankArea(forecasts, outcomes)
  return Number.isNaN(area) ? null : area
}

/**
 * How far forecasts are from what they say of themselves: of probabilities the expected calibration error over ten bins, of a quantile
 * the distance of its coverage, of expected values their bias in standard deviations of the outcome.
 */
export function calibrationErrorOf(loss: Loss, forecasts: readonly number[], outcomes: readonly number[]): number {
  if (loss.kind === 'LOG_LOSS')
    return calibrationOf(Float64Array.from(forecasts), Uint8Array.from(outcomes)).expectedCalibrationError
  if (loss.kind === 'PINBALL') {
    const below = outcomes.filter((outcome, i) => outcome < forecasts[i]!).length
    return Math.abs(below / outcomes.length - loss.quantile)
  }
  const centre = mean(outcomes)
  const deviation = standardDeviation(outcomes)
  return deviation === 0 ? 0 : Math.abs(mean(forecasts) - centre) / deviation
}

function lossesByTime({ loss, times, outcomes }: PairedForecasts, forecasts: readonly number[]): number[] {
  const losses: number[] = []
  for (let start = 0; start < times.length; ) {
    let end = start
    let sum = 0
    while (end < times.length && times[end] === times[start]) {
      sum += lossOf(loss, forecasts[end]!, outcomes[end]!)
      end++
    }
    losses.push(sum / (end - start))
    start = end
  }
  return losses
}
