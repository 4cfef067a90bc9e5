import type { Recording } from '@opsource/bus/contracts'
import { z } from 'zod'

/** The levels at which a return's distribution is told. */
export const QUANTILE_LEVELS = [0.05, 0.25, 0.5, 0.75, 0.95] as const

const direction = z.enum(['UP', 'DOWN'])
const probability = z.number().min(0.5).max(1)
const quantiles = z.array(z.number()).length(QUANTILE_LEVELS.length)

/** A forecast as it was made. Never rewritten; `returnBps` is added when the horizon has passed. What nothing gives is null. */
export const forecastSchema = z.object({
  id: z.string(),
  symbol: z.string(),
  /** Number of the time step that it belongs to: of a market and a horizon one forecast is kept. */
  tick: z.number().int(),
  /** Milliseconds since the Unix epoch. */
  madeAt: z.number().int(),
  modelName: z.string(),
  modelVersion: z.number().int(),
  /** One of HORIZONS. */
  horizonMs: z.number().int(),
  direction: direction.nullable(),
  /** Of that direction, where the price moves; null with it. */
  probability: probability.nullable(),
  baselineDirection: direction.nullable(),
  baselineProbability: probability.nullable(),
  /** Of the mid price over the horizon, in basis points; so all that ends in `Bps`. */
  expectedReturnBps: z.number().nullable(),
  /** Of that return, one a level of QUANTILE_LEVELS, in order. */
  quantilesBps: quantiles.nullable(),
  /** Standard deviation of that return. */
  volatilityBps: z.number().positive().nullable(),
  baselineReturnBps: z.number().nullable(),
  baselineQuantilesBps: quantiles.nullable(),
  baselineVolatilityBps: z.number().positive().nullable(),
  /** What the model was given, as `keepVector` keeps it. */
  vector: z.string().nullable(),
  vectorHash: z.string().nullable(),
  /** What the features rest on: of what time, in milliseconds since the Unix epoch, and how many updates of the book or bars. */
  dataFrom: z.number().int().nullable(),
  dataTo: z.number().int().nullable(),
  dataRows: z.number().int().nullable(),
  inSample: z.boolean(),
  /** Return of the mid price over the horizon; null until then, and for good where it was not watched. */
  returnBps: z.number().nullable(),
  /** Volatility over the horizon as it was measured within it, added with the return; null where it was not. */
  realisedVolatilityBps: z.number().nullable(),
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

/** @returns the probability that the mid price rises where it moves; null where there is no direction. */
export function upOf(direction: Direction | null, probability: number | null): number | null {
  if (direction === null || probability === null) return null
  return direction === 'UP' ? probability : 1 - probability
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
