import { hashState, readState, writeState } from '../canonical.ts'
import { Engine } from '../engine.ts'
import type { EngineBatch } from '../events.ts'
import { decodeCommands } from './command-codec.ts'
import { GENESIS_HASH, hashRow, type JournalRow, type JournalStore, type SnapshotRow } from './store.ts'

/** The journal does not lead to a state that can be trusted. */
export class JournalDamagedError extends Error {
  override readonly name = 'JournalDamagedError'
}

export interface Recovered {
  readonly engine: Engine
  /** Of the last batch. */
  readonly journalHash: Uint8Array
  readonly fromSnapshot: number
  readonly replayed: number
}

type Warn = (message: string, fields: Record<string, unknown>) => void

/**
 * Rebuilds the engine from the newest sound snapshot that the receiver of `emit` has passed, and the journal since.
 * Every row proves itself: contiguous, chained, unaltered, and standing on the state that it was written on.
 * @param emitAfter batches that end later are handed to `emit`.
 */
export async function recover(
  store: JournalStore,
  emitAfter: number,
  emit: (batch: EngineBatch) => void,
  warn: Warn,
): Promise<Recovered> {
  const start = await newestSound(store, emitAfter, warn)
  const { engine } = start
  const fromSnapshot = engine.state.sequence
  let journalHash = start.journalHash
  for await (const row of store.batchesAfter(fromSnapshot)) {
    const { batch } = replay(engine, row, journalHash)
    journalHash = row.hash
    if (batch.lastSequence > emitAfter) emit(batch)
  }
  const { sequence } = engine.state
  const expected = Math.max(emitAfter, await store.lastSequence())
  if (sequence < expected)
    throw new JournalDamagedError(`the journal leads to ${sequence}, but ${expected} has been seen`)
  return { engine, journalHash, fromSnapshot, replayed: sequence - fromSnapshot }
}

/** Applies one journaled batch. @throws JournalDamagedError where it does not follow from what came before. */
export function replay(engine: Engine, row: JournalRow, previousHash: Uint8Array): { batch: EngineBatch } {
  const { sequence, digest } = engine.state
  const at = `journal batch ${row.firstSequence}`
  if (row.firstSequence !== sequence + 1) throw new JournalDamagedError(`${at} does not follow ${sequence}`)
  if (!equal(row.previousHash, previousHash)) throw new JournalDamagedError(`${at} does not continue the chain`)
  if (!equal(row.hash, hashRow(row))) throw new JournalDamagedError(`${at} was altered`)
  if (row.digestBefore !== digest.hex()) throw new JournalDamagedError(`${at} was written on another state`)
  const { commands, time } = decodeCommands(row.payload)
  if (row.lastSequence !== sequence + commands.length) throw new JournalDamagedError(`${at} has a wrong length`)
  return engine.applyBatch(commands, time)
}

async function newestSound(store: JournalStore, through: number, warn: Warn) {
  for await (const snapshot of store.snapshotsThrough(through)) {
    const engine = new Engine()
    const fault = restoreFault(engine, snapshot)
    if (fault === null) return { engine, journalHash: snapshot.journalHash }
    warn('snapshot unusable: taking an older one', { sequence: snapshot.sequence, fault })
  }
  return { engine: new Engine(), journalHash: GENESIS_HASH }
}

function restoreFault(engine: Engine, snapshot: SnapshotRow): string | null {
  if (hashState(snapshot.state) !== snapshot.stateHash) return 'altered'
  try {
    readState(snapshot.state, engine)
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
  return hashState(writeState(engine.state)) === snapshot.stateHash ? null : 'restores to another state'
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}
