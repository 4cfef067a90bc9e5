import { z } from 'zod'

const figuresSchema = z.object({
  brier: z.number().nullable(),
  logLoss: z.number().nullable(),
  calibration: z.array(z.object({ count: z.number() })).length(10),
  quantiles: z.array(z.object({ level: z.number(), observed: z.number().nullable(), count: z.number() })).length(5),
})
/** What RECORD is answered with. */
export const recordSchema = z.object({
  scored: z.number(),
  inSample: z.number(),
  horizon: z.string(),
  since: z.string().nullable(),
  market: z.object({ symbol: z.string() }).nullable(),
  forecast: figuresSchema,
  baseline: figuresSchema,
  comparison: z.object({ pValue: z.number() }).nullable(),
})
/** What came of a version's forecasts, beside the baseline's. */
export const RECORD = `query ($market: String) { predictionTrackRecord(model: "mid-direction", market: $market) {
  scored inSample horizon since market { symbol } comparison { pValue }
  forecast { ...Figures } baseline { ...Figures }
} }
fragment Figures on TrackedFigures { brier logLoss calibration { count } quantiles { level observed count } }`

/** What is read of a prediction that says why, and maybe how far. */
export const forecastSchema = z.object({
  upProbability: z.number(),
  downProbability: z.number(),
  expectedReturnBps: z.number().nullable(),
  expectedVolatilityBps: z.number().nullable(),
  returnQuantiles: z.array(z.object({ level: z.number(), returnBps: z.number() })).nullable(),
  explanation: z.object({
    scale: z.string(),
    base: z.number(),
    total: z.number(),
    contributions: z.array(z.object({ feature: z.string(), contribution: z.number() })),
  }),
})
