import type { Ack } from '../acks.ts'
import { hashState, isCurrentState, readState, writeState } from '../canonical.ts'
import { Engine } from '../engine.ts'
import type { EngineBatch } from '../events.ts'
import { ENGINE_VERSION } from '../version.ts'
import { commandsOf, decodeBatch, type Segment } from './batch-format.ts'
import { damaged, JournalDamagedError } from './chain.ts'
import { openBatch } from './opened-batch.ts'
import type { JournalReader } from './reader.ts'
import { GENESIS_HASH, type JournalRow, type SnapshotRow } from './rows.ts'

export interface Recovered {
  readonly engine: Engine
  /** Of the last batch. */
  readonly journalHash: Uint8Array
  readonly fromSnapshot: number
  readonly replayed: number
}

/** One batch as it is applied again. */
export interface Replayed {
  readonly batch: EngineBatch
  readonly acks: readonly Ack[]
  readonly segments: readonly Segment[]
}

export type Warn = (message: string, fields: Record<string, unknown>) => void

/**
 * Rebuilds the engine from the newest sound snapshot that the receiver of `emit` has passed, and the journal since.
 * Every row proves itself: contiguous, chained, unaltered, and standing on the state that it was written on.
 * @param emitAfter batches that end later are handed to `emit`.
 */
export async function recover(
  journal: JournalReader,
  emitAfter: number,
  emit: (replayed: Replayed) => void,
  warn: Warn,
): Promise<Recovered> {
  const { engine, journalHash: start } = await newestSound(journal, emitAfter, warn)
  const fromSnapshot = engine.state.sequence
  const journalHash = await catchUp(journal, engine, start, emit, emitAfter)
  const { sequence } = engine.state
  return { engine, journalHash, fromSnapshot, replayed: sequence - fromSnapshot }
}

/** @throws JournalDamagedError where commands were seen that the journal does not lead to. Nobody else may be writing it. */
export async function assertComplete(journal: JournalReader, engine: Engine, seen: number): Promise<void> {
  const expected = Math.max(seen, await journal.lastSequence())
  const { sequence } = engine.state
  if (sequence < expected) {
    throw new JournalDamagedError(`the journal leads to ${sequence}, but ${expected} has been seen`)
  }
}

/**
 * Applies what the journal holds beyond the engine.
 * @param emitAfter batches that end later are handed to `emit`; of the others no more than the state is made.
 * @returns the hash of the last batch.
 */
export async function catchUp(
  journal: Pick<JournalReader, 'pagesAfter'>,
  engine: Engine,
  journalHash: Uint8Array,
  emit: (replayed: Replayed) => void,
  emitAfter = 0,
): Promise<Uint8Array> {
  let hash = journalHash
  for await (const rows of journal.pagesAfter(engine.state.sequence, journalHash)) {
    for (const row of rows) {
      if (row.lastSequence > emitAfter) emit(replay(engine, row))
      else pass(engine, row)
    }
    hash = rows.at(-1)?.hash ?? hash
  }
  return hash
}

/**
 * Applies one batch of those that are proved, or only its commands up to `through`.
 * @throws JournalDamagedError where the engine is not the one that it was written by.
 */
export function replay(engine: Engine, row: JournalRow, through = row.lastSequence): Replayed {
  const journaled = decodeBatch(row.payload)
  assertFits(engine, row, journaled.engineVersion)
  const { sequence } = engine.state
  const commands = commandsOf(journaled)
  if (row.lastSequence !== sequence + commands.length) throw damaged(row, 'has a wrong length')
  const wanted = through < row.lastSequence ? commands.slice(0, through - sequence) : commands
  const { batch, acks } = engine.applyBatch(wanted, journaled.time)
  return { batch, acks, segments: journaled.segments }
}

/** The same of a whole batch where nobody reads what comes of it: the engine cannot be used any more where this throws. */
export function pass(engine: Engine, row: JournalRow): void {
  const opened = openBatch(row.payload, row.spelled)
  // Nothing of the first format can be replayed: `replay` says so.
  if (opened === null) return void replay(engine, row)
  assertFits(engine, row, opened.engineVersion)
  engine.applyUnheard(opened.commands, opened.time)
  if (row.lastSequence !== engine.state.sequence) throw damaged(row, 'has a wrong length')
}

/** Holds a batch against the engine that is to apply it. */
function assertFits(engine: Engine, row: JournalRow, engineVersion: number): void {
  if (engineVersion !== ENGINE_VERSION) {
    throw damaged(
      row,
      `is of engine version ${engineVersion}, and this is ${ENGINE_VERSION}: let the old engine close, so that its snapshot holds all`,
    )
  }
  if (!engine.state.digest.is(row.digestBefore)) throw damaged(row, 'was written on another state')
}

/** The newest snapshot no later than `through` that restores to what it says, or the beginning. */
export async function newestSound(journal: JournalReader, through: number, warn: Warn) {
  for await (const snapshot of journal.snapshotsThrough(through)) {
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
  // One that an older form wrote is written anew in this one: its hash proves only that it is unaltered.
  if (!isCurrentState(snapshot.state)) return null
  return hashState(writeState(engine.state)) === snapshot.stateHash ? null : 'restores to another state'
}
