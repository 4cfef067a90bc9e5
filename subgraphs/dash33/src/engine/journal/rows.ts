import { hash } from 'node:crypto'

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
  const head = `${row.firstSequence}:${row.lastSequence}:${row.epoch}:${row.digestBefore}:`
  // In one piece: most rows are short, and three updates would cost more than the hash.
  return hash('sha256', Buffer.concat([row.previousHash, Buffer.from(head, 'latin1'), row.payload]), 'buffer')
}
