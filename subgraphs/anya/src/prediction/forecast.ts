import type { Recording } from '@opsource/bus/contracts'
import { z } from 'zod'

const direction = z.enum(['UP', 'DOWN'])
const probability = z.number().min(0.5).max(1)

/** A forecast as it was made. Never rewritten; `returnBps` is added when the horizon has passed. */
export const forecastSchema = z.object({
  id: z.string(),
  symbol: z.string(),
  /** Number of the time step that it belongs to. */
  tick: z.number().int(),
  /** Milliseconds since the Unix epoch. */
  madeAt: z.number().int(),
  modelName: z.string(),
  modelVersion: z.number().int(),
  horizonMs: z.number().int(),
  direction,
  /** Of that direction. */
  probability,
  baselineDirection: direction,
  baselineProbability: probability,
  inSample: z.boolean(),
  /** Return of the mid price over the horizon in basis points; null until then, and for good where it was not watched. */
  returnBps: z.number().nullable(),
})

export type Forecast = z.infer<typeof forecastSchema>
export type Direction = z.infer<typeof direction>

/** What could be an id of ours. Anything else is unknown before PostgreSQL, which takes no NUL, is asked. */
export const isForecastId = (text: string) => /^prd_[0-9A-Za-z_-]{1,64}$/.test(text)

/** What float32 may round a sure forecast to beyond 0 and 1. */
const ROUNDING = 1e-6

/** @returns what a model said as a probability, or null where it is none: a foreign file may give anything of rows that it was not tried on. */
export function probabilityIn(said: number): number | null {
  return said >= -ROUNDING && said <= 1 + ROUNDING ? Math.min(1, Math.max(0, said)) : null
}

/** @param up the probability that the mid price rises. */
export function directed(up: number): { direction: Direction; probability: number } {
  return up >= 0.5 ? { direction: 'UP', probability: up } : { direction: 'DOWN', probability: 1 - up }
}

/** Whether the model has seen what is playing, or the market plays it again: then the forecast is not scored. */
export function isInSample(recording: Recording, trainedOn: readonly { readonly segment: string }[]): boolean {
  if (recording === null) return false
  return recording.pass > 1 || trainedOn.some(({ segment }) => segment === recording.segment)
}

/** Where the mid price went, or null where it did not move. */
export function directionOf(returnBps: number): Direction | null {
  if (returnBps === 0) return null
  return returnBps > 0 ? 'UP' : 'DOWN'
}

export interface ScorePart {
  readonly hit: 0 | 1
  /** Squared error of the probability of `UP`. */
  readonly squaredError: number
  readonly baselineHit: 0 | 1
  readonly baselineSquaredError: number
}

/** What a forecast adds to its version's score; null where it does not count: in sample, unknown outcome, or no move. */
export function scoreOf(forecast: Forecast): ScorePart | null {
  const went = forecast.returnBps === null ? null : directionOf(forecast.returnBps)
  if (forecast.inSample || went === null) return null
  const hit = (said: Direction) => (said === went ? 1 : 0)
  // The distance of the probability of UP from what came is the distance of the said direction's from its being right.
  const squaredError = (said: Direction, probability: number) => (hit(said) - probability) ** 2
  return {
    hit: hit(forecast.direction),
    squaredError: squaredError(forecast.direction, forecast.probability),
    baselineHit: hit(forecast.baselineDirection),
    baselineSquaredError: squaredError(forecast.baselineDirection, forecast.baselineProbability),
  }
}
