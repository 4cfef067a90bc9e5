import { hashState, writeState } from '../engine/canonical.ts'
import { commandsOf, decodeBatch } from '../engine/journal/batch-format.ts'
import { JournalDamagedError } from '../engine/journal/chain.ts'
import type { JournalReader } from '../engine/journal/reader.ts'
import { newestSound, pass, replay, type Warn } from '../engine/journal/recovery.ts'
import type { JournalRow } from '../engine/journal/rows.ts'

/** Engine sequences, both included; `to` null: the last one. */
export interface SequenceRange {
  readonly from: number
  readonly to: number | null
}

export interface ReplayReport {
  readonly from: number
  readonly to: number
  /** Of the snapshot that it began with; 0: the beginning. */
  readonly startedAfter: number
  /** Applied from there on, in so many milliseconds: reading, proving, decoding and applying. */
  readonly applied: number
  readonly elapsedMs: number
  /** How many of each kind there are in the range. */
  readonly commands: ReadonlyMap<string, number>
  readonly events: ReadonlyMap<string, number>
  /** As of `to`. */
  readonly digest: string
  readonly stateHash: string
}

const RANGE = /^(\d{1,15})\.\.(\d{1,15})?$/

/** @returns null where the text is no `FROM..TO` or `FROM..` with 1 ≤ FROM ≤ TO. */
export function parseRange(text: string): SequenceRange | null {
  const match = RANGE.exec(text)
  if (!match) return null
  const from = Number(match[1])
  const to = match[2] === undefined ? null : Number(match[2])
  return from >= 1 && (to === null || to >= from) ? { from, to } : null
}

/**
 * Applies the journal again from the newest snapshot before the range, proving each row, and counts what is in the range.
 * @throws JournalDamagedError where it is damaged; Error where it does not hold the range.
 */
export async function replayRange(journal: JournalReader, range: SequenceRange, warn: Warn): Promise<ReplayReport> {
  const begun = performance.now()
  const last = await journal.lastSequence()
  const to = range.to ?? last
  if (to > last || range.from > last) throw new Error(`the journal ends with ${last}`)
  const { engine, journalHash } = await newestSound(journal, range.from - 1, warn)
  const startedAfter = engine.state.sequence
  await assertReaches(journal, startedAfter, range.from)
  const commands = new Map<string, number>()
  const events = new Map<string, number>()
  for await (const row of journal.batchesAfter(startedAfter, journalHash)) {
    if (engine.state.sequence >= to) break
    // What comes before the range costs a recovery and no more.
    if (row.lastSequence < range.from) {
      pass(engine, row)
      continue
    }
    const { batch } = replay(engine, row, to)
    count(commands, commandsWithin(row, range.from, to))
    count(
      events,
      batch.events.flatMap(({ type, engineSequence }) => (engineSequence >= range.from ? [type] : [])),
    )
  }
  const { sequence, digest } = engine.state
  if (sequence !== to) throw new JournalDamagedError(`the journal leads to ${sequence}, but ${to} has been seen`)
  return {
    from: range.from,
    to,
    startedAfter,
    applied: sequence - startedAfter,
    elapsedMs: performance.now() - begun,
    commands,
    events,
    digest: digest.hex(),
    stateHash: hashState(writeState(engine.state)),
  }
}

async function assertReaches(journal: JournalReader, startedAfter: number, from: number): Promise<void> {
  const first = await journal.firstSequence()
  if (first === null || first <= startedAfter + 1) return
  throw new Error(
    `the journal no longer reaches back to ${from}: it begins with ${first}, and no snapshot before ${from} leads there`,
  )
}

function commandsWithin(row: JournalRow, from: number, to: number): string[] {
  return commandsOf(decodeBatch(row.payload)).flatMap(({ kind }, i) => {
    const sequence = row.firstSequence + i
    return sequence >= from && sequence <= to ? [kind] : []
  })
}

function count(counts: Map<string, number>, names: readonly string[]): void {
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
}
