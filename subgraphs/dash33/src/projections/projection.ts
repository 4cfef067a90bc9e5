import type { EngineBatch } from '../engine/events.ts'
import type { Statements } from '../statements.ts'
import type { WriterMemory } from './memory.ts'

/** Writes what was folded, in the transaction that the statements belong to. */
export type WriteChanges = (statements: Statements, memory: WriterMemory) => Promise<void>

/** A table that a projection alone writes. */
export interface ProjectedTable {
  readonly table: string
  /** Columns that order its rows, first to last. */
  readonly key: string
  /** Columns with numbers of accounts, which a checksum replaces by their ids. */
  readonly accounts: readonly string[]
  /** Whether a trigger keeps its rows from changing. */
  readonly guarded?: boolean
}

/** A view of what the engine did, with a watermark of its own. */
export interface Projection {
  readonly name: string
  /** Emptied by a rebuild. None: what it wrote is gone to others, and is never written again. */
  readonly tables: readonly ProjectedTable[]
  /** Folds batches, which follow those that it has, at once; what it returns writes them. */
  readonly fold: (batches: readonly EngineBatch[]) => WriteChanges
}

/** @param write is handed what `fold` made of some batches. */
export function projection<T>(
  name: string,
  tables: readonly ProjectedTable[],
  fold: (batches: readonly EngineBatch[]) => T,
  write: (statements: Statements, changes: T, memory: WriterMemory) => Promise<void>,
): Projection {
  return {
    name,
    tables,
    fold: (batches) => {
      const changes = fold(batches)
      return (statements, memory) => write(statements, changes, memory)
    },
  }
}
