import { hash } from 'node:crypto'
import type { Spelled } from './spelled-batch.ts'

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
  /** Its commands, where somebody has spelled them out already. */
  readonly spelled?: Spelled | undefined
}

export interface SnapshotRow {
  readonly sequence: number
  readonly state: Uint8Array
  readonly stateHash: string
  readonly journalHash: Uint8Array
}

const HEAD_BYTES = 256
/** Where a row is laid out in one piece: most are short, and three updates of a hash would cost more than the hash. */
let laidOut = Buffer.allocUnsafe(65_536)

export function hashRow(row: Omit<JournalRow, 'hash' | 'spelled'>): Uint8Array {
  const { previousHash, payload } = row
  if (laidOut.length < HEAD_BYTES + payload.length) laidOut = Buffer.allocUnsafe(2 * (HEAD_BYTES + payload.length))
  laidOut.set(previousHash)
  let length = previousHash.length
  const head = `${row.firstSequence}:${row.lastSequence}:${row.epoch}:${row.digestBefore}:`
  length += laidOut.write(head, length, 'latin1')
  laidOut.set(payload, length)
  return hash('sha256', laidOut.subarray(0, length + payload.length), 'buffer')
}
