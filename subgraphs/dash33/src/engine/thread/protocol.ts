import type { ClientConfig } from 'pg'
import type { Ack, Refusal } from '../acks.ts'
import type { BookSnapshot } from '../client.ts'
import type { Command } from '../commands.ts'
import type { EngineBatch } from '../events.ts'

/** What the engine's thread is started with. */
export interface EngineThreadData {
  readonly database: ClientConfig
  /** Batches that end later are handed out while it starts. */
  readonly emitAfter: number
  /** The projections' watermark: nothing later is pruned. At most `emitAfter`. */
  readonly projectedThrough: number
}

export interface Submission {
  readonly id: number
  readonly commands: readonly Command[]
}

export interface Answer {
  readonly id: number
  readonly acks: readonly Ack[]
}

export type ToEngine =
  | { readonly kind: 'SUBMIT'; readonly time: number; readonly submissions: readonly Submission[] }
  | { readonly kind: 'PROJECTED'; readonly sequence: number }
  | { readonly kind: 'BOOK'; readonly id: number; readonly symbol: string }
  | { readonly kind: 'STATE_HASH'; readonly id: number }
  | { readonly kind: 'CLOSE' }

export interface StateHash {
  readonly sequence: number
  readonly hash: string
}

export type FromEngine =
  | { readonly kind: 'STARTED'; readonly sequence: number; readonly epoch: number; readonly replayed: number }
  | { readonly kind: 'BATCH'; readonly batch: EngineBatch; readonly answers: readonly Answer[] }
  | { readonly kind: 'BOOK'; readonly id: number; readonly book: BookSnapshot | null }
  | { readonly kind: 'STATE_HASH'; readonly id: number; readonly stateHash: StateHash }
  | { readonly kind: 'WARNING'; readonly message: string; readonly fields: Record<string, unknown> }
  /** The thread is about to end. `code` answers the submissions of `ids`, or all where it is null; any other was not begun. */
  | {
      readonly kind: 'FAILED'
      readonly reason: string
      readonly ids: readonly number[] | null
      readonly code: FailureCode
    }
  | { readonly kind: 'CLOSED' }

export type FailureCode = Extract<Refusal['code'], 'ENGINE_UNAVAILABLE' | 'OUTCOME_UNKNOWN'>
