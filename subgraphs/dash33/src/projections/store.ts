import type { Pool } from 'pg'
import { AccountNumbers } from '../accounts/account-numbers.ts'
import type { EngineBatch } from '../engine/events.ts'
import { inTransaction } from '../transactions.ts'
import { PROJECTIONS } from './catalogue.ts'
import type { WriteChanges } from './projection.ts'
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
  const numbers = new AccountNumbers()
  /** Where each projection stands, as far as this writer knows: so that folding needs no transaction. */
  let known = new Map<string, number>()
  return async (batches, after) => {
    const last = batches.at(-1)
    if (!last) return
    if (known.size === 0) known = positions(await readWatermarks(pool))
    const writes = foldMissing(batches, known)
    try {
      await inTransaction(pool, async (client) => {
        const found = await lockWatermarks(client)
        const at = lowest(found)
        // Committed already: by an attempt whose answer was lost, or by a former leader that still wrote what the journal has.
        if (at >= last.lastSequence) return
        if (at < after) throw new WatermarkMoved(`the projections are at ${at}, not at ${after}`)
        if (!equal(positions(found), known)) throw new Error('another writer has moved the projections meanwhile')
        for (const write of writes) await write(client, numbers)
        await moveWatermarks(client, last.lastSequence, last.time)
      })
      for (const [name, sequence] of known) known.set(name, Math.max(sequence, last.lastSequence))
    } catch (error) {
      // Numbers that were given in it may be given to others now.
      numbers.forget()
      if (!(error instanceof WatermarkMoved)) known.clear()
      throw error
    }
  }
}

/** Folds for each projection the batches that it does not have. */
function foldMissing(batches: readonly EngineBatch[], watermarks: ReadonlyMap<string, number>): WriteChanges[] {
  return PROJECTIONS.flatMap(({ name, fold }) => {
    const watermark = watermarks.get(name)
    if (watermark === undefined) throw new Error(`the projection ${name} has no watermark`)
    const missing = batches.filter(({ lastSequence }) => lastSequence > watermark)
    return missing.length === 0 ? [] : [fold(missing)]
  })
}

const positions = (watermarks: readonly Watermark[]) =>
  new Map(watermarks.map(({ name, engineSequence }) => [name, engineSequence]))

const equal = (a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): boolean =>
  a.size === b.size && [...a].every(([name, sequence]) => b.get(name) === sequence)
