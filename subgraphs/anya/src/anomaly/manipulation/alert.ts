import { z } from 'zod'
import { evidenceSchema } from './evidence.ts'
import type { Suspicion } from './order-flow.ts'

export const MANIPULATION_KINDS = ['SPOOFING', 'LAYERING', 'WASH_TRADING', 'QUOTE_STUFFING'] as const
/** Who quotes all day in one way would be told of all day. */
const TOLD_AGAIN_MS = 600_000

const increment = z.object({ units: z.number(), scale: z.number() })

/** A suspicion as it is kept: times in milliseconds since the Unix epoch. */
export const alertSchema = z.object({
  id: z.string(),
  kind: z.enum(MANIPULATION_KINDS),
  symbol: z.string(),
  accountIds: z.array(z.string()),
  from: z.number(),
  to: z.number(),
  explanation: z.string(),
  /** What ticks and lots are worth: units × 10^-scale. */
  evidence: evidenceSchema.extend({ tick: increment, lot: increment }),
  detectedAt: z.number(),
})

export type SurveillanceAlert = z.infer<typeof alertSchema>

/** The same for what is the same within ten minutes of engine time, on every instance. */
export function fingerprintOf({
  kind,
  symbol,
  accountIds,
  to,
}: Pick<Suspicion, 'kind' | 'symbol' | 'accountIds' | 'to'>) {
  return [kind, symbol, Math.floor(to / TOLD_AGAIN_MS), ...[...accountIds].sort()].join(' ')
}
