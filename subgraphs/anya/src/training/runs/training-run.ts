import type { Metrics, TrainingInput } from '../recipe.ts'
import type { Progress, Stage } from '../run.ts'

export type TrainingStatus = 'QUEUED' | 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'CANCELLED'
export type TrainingStage = Stage | 'REGISTER'

/**
 * Why a training failed. `CRASHED`: its process died again and again. `REGISTRY`: what was trained could not be registered. `FAULT`: a
 * bug of ours.
 */
export const failureCodes = [
  'DISK_FULL',
  'OUT_OF_MEMORY',
  'INVALID_DATA',
  'PARITY_BROKEN',
  'TIMED_OUT',
  'CRASHED',
  'REGISTRY',
  'FAULT',
] as const
export type FailureCode = (typeof failureCodes)[number]

export interface Failure {
  readonly code: FailureCode
  /** For people. */
  readonly message: string
}

/** A training that was asked for, and how far it is. */
export interface TrainingRun extends TrainingInput, Omit<Progress, 'stage'> {
  /** `trn_…` */
  readonly id: string
  readonly status: TrainingStatus
  /** Null before it starts. */
  readonly stage: TrainingStage | null
  readonly metrics: Metrics
  /** How often it was begun. */
  readonly attempts: number
  /** How long its processes have run, all together, in milliseconds. */
  readonly spentMs: number
  readonly failure: Failure | null
  /** The version that it registered. */
  readonly modelVersion: number | null
  /** A user's id. */
  readonly requestedBy: string
  readonly createdAt: Date
  readonly startedAt: Date | null
  readonly endedAt: Date | null
}

export const hasEnded = ({ status }: Pick<TrainingRun, 'status'>) => status !== 'QUEUED' && status !== 'RUNNING'

/** What could be an id. Anything else is unknown before PostgreSQL, which takes no NUL, is asked. */
export const isRunId = (text: string) => /^trn_[0-9a-z]{1,32}$/.test(text)
