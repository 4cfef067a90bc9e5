import type { Pool } from 'pg'
import type { EngineBatch } from '../engine/events.ts'
import { allDone, Statements } from '../statements.ts'
import { inTransaction } from '../transactions.ts'
import { PROJECTIONS } from './catalogue.ts'
import { WriterMemory } from './memory.ts'
import { type BatchWriter, WatermarkMoved } from './projector.ts'
import { lockWatermarks, lowest, moveWatermarks, readWatermarks, type Watermark } from './watermarks.ts'

/** @returns the last engine sequence that every projection contains. */
export async function readWatermark(pool: Pool): Promise<number> {
  return lowest(await readWatermarks(pool))
}

/**
 * Every projection, the events for other domains and the watermarks, in one transaction; each projection takes what it does not have yet. Two writers
 * of one journal, such as a leader that was fenced and its successor, do each other no harm.
 */
export function projectionWriter(pool: Pool): BatchWriter {
  const memory = new WriterMemory()
  /** Where each projection stands, as far as this writer knows. */
  let known = new Map<string, number>()
  return async (batches, after, durability = 'NOW') => {
    const last = batches.at(-1)
    if (!last) return
    try {
      const written = await inTransaction(pool, async (client) => {
        if (durability === 'SOON') await client.query('SET LOCAL synchronous_commit TO off')
        const found = await lockWatermarks(client)
        const at = lowest(found)
        // Committed already: by an attempt whose answer was lost, or by a former leader that still wrote what the journal has.
        if (at >= last.lastSequence) return false
        if (at < after) throw new WatermarkMoved(at, after)
        const stored = positions(found)
        if (!equal(stored, known)) memory.forget()
        const statements = new Statements(client)
        // Each projection is folded and prepared while PostgreSQL writes those before it.
        await allDone(writesOf(batches, stored, statements, memory))
        await moveWatermarks(client, last.lastSequence, last.time)
        for (const [name, sequence] of stored) stored.set(name, Math.max(sequence, last.lastSequence))
        known = stored
        return true
      })
      if (!written) memory.forget()
    } catch (error) {
      // What was written in it is not there: numbers that were given in it may be given to others now.
      memory.forget()
      throw error
    }
  }
}

/** Writes of each projection the batches that it does not have. */
function writesOf(
  batches: readonly EngineBatch[],
  watermarks: ReadonlyMap<string, number>,
  statements: Statements,
  memory: WriterMemory,
): Promise<void>[] {
  return PROJECTIONS.map(async ({ name, fold }) => {
    const watermark = watermarks.get(name)
    if (watermark === undefined) throw new Error(`the projection ${name} has no watermark`)
    const missing = batches.filter(({ lastSequence }) => lastSequence > watermark)
    if (missing.length > 0) await fold(missing)(statements, memory)
  })
}

const positions = (watermarks: readonly Watermark[]) =>
  new Map(watermarks.map(({ name, engineSequence }) => [name, engineSequence]))

const equal = (a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): boolean =>
  a.size === b.size && [...a].every(([name, sequence]) => b.get(name) === sequence)
