import type { ClientConfig } from 'pg'
import type { BookSnapshot } from '../client.ts'
import type { JournalKeep } from '../journal/store.ts'

/** From where on what has been committed is handed out. */
export interface Handover {
  /** Batches that end later are handed out while the engine starts. */
  readonly emitAfter: number
  /** The projections' watermark: nothing later is pruned. At most `emitAfter`. */
  readonly projectedThrough: number
  /** Milliseconds since the Unix epoch, now. */
  readonly time: number
}

/** What the engine's thread is started with. */
export interface EngineThreadData {
  readonly database: ClientConfig
  /** Names this process's submissions in the journal: those found there while it starts are answered. */
  readonly origin: number
  readonly keep: JournalKeep
  /** Null: it follows another engine's journal, and asks for one once it leads. */
  readonly handover: Handover | null
  /** The epoch of the thread before it: a newer one of another engine ends this one for good. Null for the first. */
  readonly epoch: number | null
}

export type ToEngine =
  /** Segments in the journal's form, transferred. */
  | { readonly kind: 'SUBMIT'; readonly time: number; readonly segments: readonly Uint8Array<ArrayBuffer>[] }
  | { readonly kind: 'LEAD'; readonly handover: Handover }
  | { readonly kind: 'PROJECTED'; readonly sequence: number }
  | { readonly kind: 'BOOK'; readonly id: number; readonly symbol: string }
  | { readonly kind: 'STATE_HASH'; readonly id: number }
  | { readonly kind: 'CLOSE' }

export interface StateHash {
  readonly sequence: number
  readonly hash: string
}

export type FromEngine =
  /** A standby is warm. */
  | { readonly kind: 'FOLLOWING'; readonly sequence: number }
  /** A standby holds the lock: nobody else writes any more. */
  | { readonly kind: 'LEADING'; readonly sequence: number; readonly epoch: number }
  | { readonly kind: 'STARTED'; readonly sequence: number; readonly epoch: number; readonly replayed: number }
  /** An `Outcome`, transferred: see `outcome-codec.ts`. */
  | { readonly kind: 'OUTCOME'; readonly written: ArrayBuffer }
  | { readonly kind: 'BOOK'; readonly id: number; readonly book: BookSnapshot | null }
  | { readonly kind: 'STATE_HASH'; readonly id: number; readonly stateHash: StateHash }
  | { readonly kind: 'WARNING'; readonly message: string; readonly fields: Record<string, unknown> }
  /** The thread is about to end. */
  | {
      readonly kind: 'FAILED'
      readonly reason: string
      /** Submissions whose commit may have happened; whatever else was submitted was surely not carried out. */
      readonly doubtful: readonly number[]
      /** Another engine has taken over: this one must not start again. */
      readonly fenced: boolean
    }
  | { readonly kind: 'CLOSED' }
