import { QUANTILE_LEVELS } from './forecast.ts'
import { BINS, type PartSums, type TrackSums } from './track-record.ts'

/** How a forecaster's answers turned out; null where none says it. */
export interface TrackedFigures {
  readonly hitRate: number | null
  readonly brier: number | null
  readonly logLoss: number | null
  readonly calibration: CalibrationBin[]
  readonly calibrationError: number | null
  readonly informationCoefficient: number | null
  readonly informationCoefficientError: number | null
  readonly returns: number
  readonly quantiles: { readonly level: number; readonly observed: number | null; readonly count: number }[]
  readonly pinballLoss: number | null
  readonly varianceRatio: number | null
  readonly varianceLoss: number | null
}

interface CalibrationBin {
  readonly from: number
  readonly to: number
  readonly count: number
  readonly meanForecast: number | null
  readonly observedRate: number | null
}

const meanOf = (sum: number, count: number) => (count === 0 ? null : sum / count)

/** @param windows horizons that do not overlap: of so many returns the correlation's error is told. */
export function figuresOf(part: PartSums, { windows }: Pick<TrackSums, 'windows'>): TrackedFigures {
  const { bins, returns, quantiles, volatility } = part
  const binned = bins.reduce((sum, { count }) => sum + count, 0)
  const distances = bins.reduce((sum, { forecasts, ups }) => sum + Math.abs(forecasts - ups), 0)
  const correlation = correlationOf(returns)
  return {
    hitRate: meanOf(part.hits, part.count),
    brier: meanOf(part.squaredErrors, part.count),
    logLoss: meanOf(part.logLosses, binned),
    calibration: bins.map(({ count, forecasts, ups }, i) => ({
      from: i / BINS,
      to: (i + 1) / BINS,
      count,
      meanForecast: meanOf(forecasts, count),
      observedRate: meanOf(ups, count),
    })),
    calibrationError: meanOf(distances, binned),
    informationCoefficient: correlation,
    informationCoefficientError:
      correlation === null || windows < 2 ? null : 1 / Math.sqrt(Math.min(windows, returns.count) - 1),
    returns: returns.count,
    quantiles: QUANTILE_LEVELS.map((level, i) => ({
      level,
      observed: meanOf(quantiles.below[i]!, quantiles.count),
      count: quantiles.count,
    })),
    pinballLoss: meanOf(quantiles.losses, quantiles.count),
    varianceRatio: meanOf(volatility.ratios, volatility.count),
    varianceLoss: meanOf(volatility.losses, volatility.count),
  }
}

/** Pearson's, from sums; null where one side does not vary. */
function correlationOf({ count, f, ff, r, rr, fr }: PartSums['returns']): number | null {
  if (count < 2) return null
  const varianceF = ff - (f * f) / count
  const varianceR = rr - (r * r) / count
  if (varianceF <= 0 || varianceR <= 0) return null
  return Math.max(-1, Math.min(1, (fr - (f * r) / count) / Math.sqrt(varianceF * varianceR)))
}

/** The few figures of `ModelVersion.score`. */
export function scoreOf({ forecast, baseline }: TrackSums) {
  return {
    count: forecast.count,
    hitRate: meanOf(forecast.hits, forecast.count),
    brier: meanOf(forecast.squaredErrors, forecast.count),
    baselineHitRate: meanOf(baseline.hits, baseline.count),
    baselineBrier: meanOf(baseline.squaredErrors, baseline.count),
  }
}
