import { z } from 'zod'

/** The version under it serves. It moves through the gate, or back to what served before. */
export const CHAMPION = 'champion'
/** The version under it gets all that the champion gets; its forecasts are scored, not published. */
export const CHALLENGER = 'challenger'

/** One thing that the gate looks at. */
export const gateCheckSchema = z.object({
  name: z.enum([
    'EVALUATION',
    'FEATURES',
    'BEATS_BASELINE',
    'RANKS_BETTER',
    'STEADY',
    'BEATS_CHAMPION',
    'SHADOW',
    'CALIBRATION',
    'PARITY',
    'LATENCY',
    'CANARIES',
    'DRIFT',
  ]),
  /** Null where there is nothing to compare with a number. */
  threshold: z.number().nullable(),
  /** Null where it could not be observed. */
  observed: z.number().nullable(),
  passed: z.boolean(),
  /** One sentence: what was compared with what. */
  detail: z.string(),
})

export type GateCheck = z.infer<typeof gateCheckSchema>

export type ModelAction = 'REGISTERED' | 'PROMOTED' | 'REFUSED' | 'ROLLED_BACK' | 'ALIAS_SET' | 'ALIAS_DELETED'

/** Who did what with a model's versions, when and why. */
export interface Transition {
  readonly position: bigint
  readonly modelName: string
  readonly action: ModelAction
  readonly alias: string | null
  readonly fromVersion: number | null
  /** What was asked for: where the gate refused, `fromVersion` stayed. */
  readonly toVersion: number | null
  /** A user's id; null for the platform itself. */
  readonly by: string | null
  readonly reason: string
  readonly checks: readonly GateCheck[] | null
  readonly at: Date
}

export type TransitionDraft = Omit<Transition, 'position' | 'at' | 'checks'> & {
  readonly checks?: readonly GateCheck[]
}

/** Who asks, and why. */
export interface Wish {
  /** A user's id; null for the platform itself. */
  readonly by: string | null
  readonly reason: string
}

const ALIAS = /^[a-z][a-z0-9_-]{0,62}$/

/** MLflow keeps `latest` and `v1`, `v2`, … for itself: an alias that is exported means the same there. */
export const isAlias = (text: string) => ALIAS.test(text) && text !== 'latest' && !/^v\d+$/.test(text)
