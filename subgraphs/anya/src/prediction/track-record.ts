import { z } from 'zod'
import { lossOf } from '../registry/index.ts'
import { type Direction, directionOf, type Forecast, QUANTILE_LEVELS, upOf } from './forecast.ts'
import { addLosses, rivalrySchema } from './rivalry.ts'

/** Bins of the calibration curve, equally wide from 0 to 1. */
export const BINS = 10

const count = z.number().int().nonnegative().default(0)
const sum = z.number().default(0)
const binSchema = z.object({ count, forecasts: sum, ups: count })

/** What a forecaster's answers add up to: its own, or the baseline's of the same moments. */
const partSchema = z.object({
  /** Directions that count: out of sample, and the price moved. */
  count,
  hits: count,
  /** Of the probability of `UP`. */
  squaredErrors: sum,
  logLosses: sum,
  /** By the probability of `UP`; what was scored before there were bins is in none of them, nor in `logLosses`. */
  bins: z
    .array(binSchema)
    .length(BINS)
    .default(() => Array.from({ length: BINS }, () => ({ count: 0, forecasts: 0, ups: 0 }))),
  /** Expected returns f beside returns r. */
  returns: z.object({ count, f: sum, ff: sum, r: sum, rr: sum, fr: sum }).prefault({}),
  quantiles: z
    .object({
      count,
      /** Returns below each level's quantile; one that equals it counts half. */
      below: z
        .array(z.number())
        .length(QUANTILE_LEVELS.length)
        .default(() => QUANTILE_LEVELS.map(() => 0)),
      /** Mean pinball loss of the levels. */
      losses: sum,
    })
    .prefault({}),
  /** Variance v forecast, x measured: Σ x/v, and Σ ln v + x/v, which is QLIKE but for what no forecast changes. */
  volatility: z.object({ count, ratios: sum, losses: sum }).prefault({}),
})

/** All that is kept of a version's forecasts of a market over a horizon. */
export const trackSumsSchema = z.object({
  /** With an outcome, and left out: the model or the market had seen what was playing. */
  inSample: count,
  /** Out of sample, and without a direction to be right about, as the price did not move. */
  unmoved: count,
  /** When the first and the newest forecast was made that counts, in milliseconds since the Unix epoch. */
  since: z.number().nullable().default(null),
  until: z.number().nullable().default(null),
  /** Horizons with a forecast that counts, counted so that none overlaps another. */
  windows: count,
  forecast: partSchema.prefault({}),
  baseline: partSchema.prefault({}),
  rivalry: rivalrySchema.prefault({}),
})

export type TrackSums = z.infer<typeof trackSumsSchema>
export type PartSums = z.infer<typeof partSchema>

/** Which bin of the calibration curve a probability belongs to. */
const binOf = (up: number) => Math.min(BINS - 1, Math.floor(up * BINS))

/** @returns the sums with a forecast more, whose outcome is known. Those of one market come in order of time. */
export function withOutcome(sums: TrackSums, forecast: Forecast): TrackSums {
  const { returnBps, madeAt, horizonMs } = forecast
  if (returnBps === null) return sums
  if (forecast.inSample) return { ...sums, inSample: sums.inSample + 1 }
  const went = directionOf(returnBps)
  const isDirected = forecast.direction !== null
  const isNewWindow = Math.floor(madeAt / horizonMs) > Math.floor((sums.until ?? -horizonMs) / horizonMs)
  const own = saidByModel(forecast)
  const rival = saidByBaseline(forecast)
  const losses = lossesOf(own, rival, went, measuredVariance(forecast))
  return {
    inSample: sums.inSample,
    unmoved: sums.unmoved + (isDirected && went === null ? 1 : 0),
    since: sums.since ?? madeAt,
    until: Math.max(sums.until ?? madeAt, madeAt),
    windows: sums.windows + (isNewWindow ? 1 : 0),
    forecast: withPart(sums.forecast, own, went, forecast),
    baseline: withPart(sums.baseline, rival, went, forecast),
    rivalry: losses === null ? sums.rivalry : addLosses(sums.rivalry, losses, madeAt, horizonMs),
  }
}

interface Said {
  readonly up: number | null
  readonly returnBps: number | null
  readonly quantilesBps: readonly number[] | null
  readonly volatilityBps: number | null
}

const saidByModel = (forecast: Forecast): Said => ({
  up: upOf(forecast.direction, forecast.probability),
  returnBps: forecast.expectedReturnBps,
  quantilesBps: forecast.quantilesBps,
  volatilityBps: forecast.volatilityBps,
})

const saidByBaseline = (forecast: Forecast): Said => ({
  up: upOf(forecast.baselineDirection, forecast.baselineProbability),
  returnBps: forecast.baselineReturnBps,
  quantilesBps: forecast.baselineQuantilesBps,
  volatilityBps: forecast.baselineVolatilityBps,
})

/** Where nothing was measured within the horizon, the square of its return: as good on average, and noisier. */
const measuredVariance = ({ realisedVolatilityBps, returnBps }: Forecast) =>
  (realisedVolatilityBps ?? returnBps ?? 0) ** 2

/** What both lose: by their probabilities, or by their volatilities where the model knows no direction. Null where it does not count. */
function lossesOf(own: Said, rival: Said, went: Direction | null, variance: number): [number, number] | null {
  if (own.up !== null) {
    if (rival.up === null || went === null) return null
    return [logLoss(own.up, went), logLoss(rival.up, went)]
  }
  if (own.volatilityBps === null || rival.volatilityBps === null) return null
  return [varianceLoss(own.volatilityBps ** 2, variance), varianceLoss(rival.volatilityBps ** 2, variance)]
}

const logLoss = (up: number, went: Direction) => lossOf({ kind: 'LOG_LOSS' }, up, went === 'UP' ? 1 : 0)
const varianceLoss = (forecast: number, measured: number) => Math.log(forecast) + measured / forecast

function withPart(sums: PartSums, said: Said, went: Direction | null, forecast: Forecast): PartSums {
  const returnBps = forecast.returnBps!
  return {
    ...(said.up === null || went === null ? directionsOf(sums) : withDirection(sums, said.up, went)),
    returns: said.returnBps === null ? sums.returns : withReturn(sums.returns, said.returnBps, returnBps),
    quantiles:
      said.quantilesBps === null ? sums.quantiles : withQuantiles(sums.quantiles, said.quantilesBps, returnBps),
    volatility:
      said.volatilityBps === null
        ? sums.volatility
        : withVariance(sums.volatility, said.volatilityBps ** 2, measuredVariance(forecast)),
  }
}

type Directions = Pick<PartSums, 'count' | 'hits' | 'squaredErrors' | 'logLosses' | 'bins'>

const directionsOf = ({ count, hits, squaredErrors, logLosses, bins }: PartSums): Directions => ({
  count,
  hits,
  squaredErrors,
  logLosses,
  bins,
})

function withDirection(sums: PartSums, up: number, went: Direction): Directions {
  const rose = went === 'UP' ? 1 : 0
  const own = binOf(up)
  return {
    count: sums.count + 1,
    hits: sums.hits + (up >= 0.5 === (rose === 1) ? 1 : 0),
    squaredErrors: sums.squaredErrors + (up - rose) ** 2,
    logLosses: sums.logLosses + logLoss(up, went),
    bins: sums.bins.map((bin, i) =>
      i === own ? { count: bin.count + 1, forecasts: bin.forecasts + up, ups: bin.ups + rose } : bin,
    ),
  }
}

function withReturn(sums: PartSums['returns'], f: number, r: number): PartSums['returns'] {
  return {
    count: sums.count + 1,
    f: sums.f + f,
    ff: sums.ff + f * f,
    r: sums.r + r,
    rr: sums.rr + r * r,
    fr: sums.fr + f * r,
  }
}

function withQuantiles(sums: PartSums['quantiles'], said: readonly number[], r: number): PartSums['quantiles'] {
  const losses = said.map((value, i) => lossOf({ kind: 'PINBALL', quantile: QUANTILE_LEVELS[i]! }, value, r))
  return {
    count: sums.count + 1,
    below: sums.below.map((below, i) => below + (r < said[i]! ? 1 : r === said[i] ? 0.5 : 0)),
    losses: sums.losses + losses.reduce((total, loss) => total + loss, 0) / losses.length,
  }
}

function withVariance(sums: PartSums['volatility'], forecast: number, measured: number): PartSums['volatility'] {
  return {
    count: sums.count + 1,
    ratios: sums.ratios + measured / forecast,
    losses: sums.losses + varianceLoss(forecast, measured),
  }
}
