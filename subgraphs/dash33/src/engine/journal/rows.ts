import { createHash } from 'node:crypto'

/** The hash before the first batch. */
export const GENESIS_HASH: Uint8Array = new Uint8Array(32)

export interface JournalRow {
  readonly firstSequence: number
  readonly lastSequence: number
  readonly epoch: number
  /** In the form of `batch-format.ts`. */
  readonly payload: Uint8Array
  readonly digestBefore: string
  readonly previousHash: Uint8Array
  readonly hash: Uint8Array
}

export interface SnapshotRow {
  readonly sequence: number
  readonly state: Uint8Array
  readonly stateHash: string
  readonly journalHash: Uint8Array
}

export function hashRow(row: Omit<JournalRow, 'hash'>): Uint8Array {
  return createHash('sha256')
    .update(row.previousHash)
    .update(`${row.firstSequence}:${row.lastSequence}:${row.epoch}:${row.digestBefore}:`)
    .update(row.payload)
    .digest()
}
