import type { Clock } from '@opsource/kernel'
import type { ClientBase, Pool } from 'pg'
import type { EngineBatch } from '../engine/events.ts'
import { JournalDamagedError } from '../engine/journal/chain.ts'
import type { JournalReader } from '../engine/journal/reader.ts'
import { inTransaction } from '../transactions.ts'
import { PROJECTIONS } from './catalogue.ts'
import { type Checksum, checksumsOf } from './checksum.ts'
import type { Projection } from './projection.ts'
import { refold } from './refold.ts'
import type { RetentionRule } from './retention.ts'
import { projectionWriter } from './store.ts'
import { lowest, readWatermarks } from './watermarks.ts'

/** Why nothing was rebuilt, for people. */
export class RebuildRefused extends Error {
  override readonly name = 'RebuildRefused'
}

/** A table before and after. */
export interface RebuiltTable extends Checksum {
  readonly rowsBefore: number
  readonly equal: boolean
}

export interface RebuildOptions {
  readonly pool: Pool
  /** Nobody else may be writing it. */
  readonly journal: JournalReader
  /** Empty: every one that can be rebuilt. */
  readonly names: readonly string[]
  /** What is due for deletion goes before and after, as of one moment: so what is rebuilt can be compared with what was there. */
  readonly retention: (pool: Pool, clock: Clock) => readonly RetentionRule[]
  readonly clock: Clock
}

/**
 * Empties projections and folds them anew from the first command on. Others stay as they are, and events that have gone out do not go
 * out again. One that dies half-way leaves a watermark that the next start goes on from.
 * @throws RebuildRefused where a name is unknown, or where the journal does not lead from the first command to where the projections are; then
 * nothing was emptied.
 */
export async function rebuild({ pool, journal, names, retention, clock }: RebuildOptions): Promise<RebuiltTable[]> {
  const chosen = chosenProjections(names)
  await assertReachesBack(journal)
  const now = clock.now()
  const prune = async () => {
    for (const rule of retention(pool, { now: () => now })) await rule.run(new AbortController().signal)
  }
  const through = Math.max(...(await readWatermarks(pool)).map(({ engineSequence }) => engineSequence))
  await assertLeadsTo(journal, through)
  await prune()
  const before = await checksumsOf(pool, chosen)
  await inTransaction(pool, (client) => empty(client, chosen))
  const after = lowest(await readWatermarks(pool))
  if (through > after) await refold(journal, projectionWriter(pool), after, through)
  await prune()
  const rebuilt = await checksumsOf(pool, chosen)
  return rebuilt.map((table, i) => ({
    ...table,
    rowsBefore: before[i]!.rows,
    equal: table.hash === before[i]!.hash,
  }))
}

function chosenProjections(names: readonly string[]): Projection[] {
  const rebuildable = PROJECTIONS.filter(({ tables }) => tables.length > 0)
  const unknown = names.find((name) => !rebuildable.some((each) => each.name === name))
  if (unknown !== undefined) {
    throw new RebuildRefused(`there is no projection ${unknown}: ${rebuildable.map(({ name }) => name).join(', ')}`)
  }
  return rebuildable.filter(({ name }) => names.length === 0 || names.includes(name))
}

async function assertReachesBack(journal: JournalReader): Promise<void> {
  const first = await journal.firstSequence()
  if (first === 1 || (await journal.lastSequence()) === 0) return
  const begins = first === null ? 'is empty' : `begins at command ${first}`
  throw new RebuildRefused(
    `the journal ${begins}: what came before was not kept, so nothing can be folded anew from the beginning (an exchange with DASH33_JOURNAL=ALL keeps it)`,
  )
}

/** Follows the journal once for nothing: what is emptied can be folded anew. An engine of another version may have written its beginning. */
async function assertLeadsTo(journal: JournalReader, through: number): Promise<void> {
  let reached = 0
  const follow = async (batches: readonly EngineBatch[]) => {
    reached = batches.at(-1)!.lastSequence
  }
  try {
    await refold(journal, follow, 0, through)
  } catch (error) {
    if (!(error instanceof JournalDamagedError)) throw error
    throw new RebuildRefused(`the journal cannot be followed from its beginning: ${error.message}`)
  }
  if (reached < through)
    throw new RebuildRefused(`the journal leads to ${reached}, and the projections are at ${through}`)
}

/** Accounts stay, because the others name them by their numbers. */
async function empty(client: ClientBase, projections: readonly Projection[]): Promise<void> {
  for (const { name, tables } of projections) {
    for (const { table, guarded = false } of tables) {
      if (guarded) await client.query(`ALTER TABLE ${table} DISABLE TRIGGER USER`)
      await client.query(`TRUNCATE ${table}`)
      if (guarded) await client.query(`ALTER TABLE ${table} ENABLE TRIGGER USER`)
    }
    await client.query(`UPDATE watermark SET engine_sequence = 0, time = 'epoch' WHERE name = $1`, [name])
  }
}
