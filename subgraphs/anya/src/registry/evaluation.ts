import { z } from 'zod'

/** Rows that one evaluation may hold: the last years of hourly bars, or a day of seconds. */
export const MAX_HELD_OUT_ROWS = 50_000
/** Rows of the sample batch. */
const MAX_SAMPLE_ROWS = 1_000
/** Twice the tenths that a feature's range is told by. */
const MAX_BINS = 20

const numbers = (limit: number) => z.array(z.number()).max(limit)

/** How a forecast is held against what came: which of the proper scores judges it. */
const lossSchema = z.discriminatedUnion('kind', [
  /** Of a probability; outcomes are 0 or 1. */
  z.object({ kind: z.literal('LOG_LOSS') }),
  /** Of an expected value. */
  z.object({ kind: z.literal('SQUARED_ERROR') }),
  /** Of a variance (Patton 2011); forecasts and outcomes are positive. */
  z.object({ kind: z.literal('QLIKE') }),
  /** Of a quantile. */
  z.object({ kind: z.literal('PINBALL'), quantile: z.number().gt(0).lt(1) }),
])

const heldOutSchema = z
  .object({
    /** Of the rows and their outcomes: two versions with the same one were judged on the same rows. */
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
    /** Rows of the time line that an outcome spans: losses as near as that depend on each other. */
    horizonSteps: z.number().int().min(1).max(10_000),
    /** Milliseconds since the Unix epoch, in order; several markets share a time. */
    times: numbers(MAX_HELD_OUT_ROWS).min(1),
    /** What the model said of rows that it was not trained on. */
    forecasts: numbers(MAX_HELD_OUT_ROWS),
    /** What the best baseline said of the same rows. */
    baseline: numbers(MAX_HELD_OUT_ROWS),
    outcomes: numbers(MAX_HELD_OUT_ROWS),
  })
  .refine(
    ({ times, forecasts, baseline, outcomes }) =>
      [forecasts, baseline, outcomes].every(({ length }) => length === times.length) &&
      times.every((time, i) => i === 0 || time >= times[i - 1]!),
    'a forecast, a baseline and an outcome for each time, in order of time',
  )

/** What promotion is judged by: given at registration, kept with the version, never changed. */
export const evaluationSchema = z.object({
  loss: lossSchema,
  /** The name of the baseline, such as `imbalance` or `HAR`. */
  baseline: z.string().min(1).max(64),
  heldOut: heldOutSchema,
  /** What the trainer itself gives for some rows of features. */
  sample: z
    .object({ rows: z.array(numbers(10_000).min(1)).min(1).max(MAX_SAMPLE_ROWS), expected: z.array(numbers(1_000)) })
    .refine(({ rows, expected }) => rows.length === expected.length, 'an answer for each row'),
  /** Attempts to find a leak of the future, each with a figure that stays within the threshold where there is none. */
  canaries: z.array(z.object({ name: z.string().min(1).max(64), observed: z.number(), threshold: z.number() })).max(32),
  /** The distribution of each feature in training, in bins as `statistics/psi.ts` makes them. */
  reference: z
    .array(z.object({ feature: z.string(), edges: numbers(MAX_BINS), counts: numbers(MAX_BINS + 2).min(2) }))
    .max(10_000),
})

export type Evaluation = z.infer<typeof evaluationSchema>
export type Loss = Evaluation['loss']

/** Probabilities are kept this far from 0 and 1, so that one sure mistake does not cost an infinite loss. */
const PROBABILITY_FLOOR = 1e-6
const VARIANCE_FLOOR = 1e-12

/** What one forecast costs; smaller is better. */
export function lossOf(loss: Loss, forecast: number, outcome: number): number {
  switch (loss.kind) {
    case 'LOG_LOSS':
      return -Math.log(Math.max(PROBABILITY_FLOOR, outcome === 1 ? forecast : 1 - forecast))
    case 'SQUARED_ERROR':
      return (forecast - outcome) ** 2
    case 'QLIKE': {
      const ratio = Math.max(VARIANCE_FLOOR, outcome) / Math.max(VARIANCE_FLOOR, forecast)
      return ratio - Math.log(ratio) - 1
    }
    case 'PINBALL':
      return (outcome - forecast) * (loss.quantile - (outcome < forecast ? 1 : 0))
  }
}
