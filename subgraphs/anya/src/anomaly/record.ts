import { z } from 'zod'
import { MARKET_MEASURES } from './market-watch.ts'
import { PLATFORM_MEASURES } from './platform-sampler.ts'

export const SEVERITIES = ['LOW', 'MEDIUM', 'HIGH'] as const

/** An anomaly as it is kept and told. */
export const anomalySchema = z.object({
  id: z.string(),
  /** Null of the platform itself. */
  symbol: z.string().nullable(),
  measure: z.enum([...MARKET_MEASURES, ...PLATFORM_MEASURES]),
  value: z.number(),
  score: z.number(),
  severity: z.enum(SEVERITIES),
  usualFrom: z.number(),
  usualTo: z.number(),
  explanation: z.string(),
  /** Milliseconds since the Unix epoch. */
  detectedAt: z.number(),
})

export type DetectedAnomaly = z.infer<typeof anomalySchema>

/** Those severities that are at least this. */
export const severitiesFrom = (least: DetectedAnomaly['severity']) => SEVERITIES.slice(SEVERITIES.indexOf(least))
