import { poolConfig } from '@opsource/database'
import type { Pool } from 'pg'
import { JournalReader } from '../engine/journal/reader.ts'
import { JournalStore } from '../engine/journal/store.ts'
import { LIMITS } from '../engine/limits.ts'
import type { BatchWriter } from './projector.ts'
import { refold } from './refold.ts'
import { readWatermark } from './store.ts'

export interface CatchUpOptions {
  readonly pool: Pool
  readonly databaseUrl: string
  readonly write: BatchWriter
  /** Whether this process holds the journal already, as a standby that has taken over does. */
  readonly leads: boolean
  /** An engine that starts hands out so many commands again, all of which wait in memory; from more than that the journal is read at the projections' pace. */
  readonly atOnce?: number
}

/** Brings projections that are far behind near the journal's end, before the engine starts. @returns where all of them are. */
export async function catchUpProjections(options: CatchUpOptions): Promise<number> {
  const { pool, databaseUrl, write, leads, atOnce = LIMITS.unprojectedCommands } = options
  const watermark = await readWatermark(pool)
  const journal = new JournalReader(pool)
  if ((await journal.lastSequence()) - watermark <= atOnce) return watermark
  if (leads) return catchUp(journal, write, pool)
  // Whoever writes the journal also projects it, and two must not.
  const store = await JournalStore.connect(poolConfig(databaseUrl), () => {})
  try {
    if (!(await store.tryLead())) return watermark
    return await catchUp(store.journal, write, pool)
  } finally {
    await store.close()
  }
}

async function catchUp(journal: JournalReader, write: BatchWriter, pool: Pool): Promise<number> {
  await refold(journal, write, await readWatermark(pool), await journal.lastSequence())
  return readWatermark(pool)
}
