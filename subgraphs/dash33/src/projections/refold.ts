import type { EngineBatch } from '../engine/events.ts'
import type { JournalReader } from '../engine/journal/reader.ts'
import { newestSound, pass, replay } from '../engine/journal/recovery.ts'
import { type BatchWriter, MAX_EVENTS_PER_WRITE } from './projector.ts'

/**
 * Hands the journal's batches between two commands to the writer again, as the engine did when it ran: whoever is far behind catches up
 * at its own pace, a transaction's worth in memory at a time.
 * @param after what every projection contains; the journal reaches back to a snapshot no later than that, or to its beginning.
 * @throws JournalDamagedError where the journal does not.
 */
export async function refold(
  journal: JournalReader,
  write: BatchWriter,
  after: number,
  through: number,
): Promise<void> {
  const { engine, journalHash } = await newestSound(journal, after, () => {})
  let watermark = after
  let waiting: EngineBatch[] = []
  let events = 0
  const flush = async () => {
    const last = waiting.at(-1)
    if (!last) return
    await write(waiting, watermark)
    watermark = last.lastSequence
    waiting = []
    events = 0
  }
  for await (const row of journal.batchesAfter(engine.state.sequence, journalHash)) {
    if (row.firstSequence > through) break
    if (row.lastSequence <= after) {
      pass(engine, row)
      continue
    }
    const { batch } = replay(engine, row)
    if (events + batch.events.length > MAX_EVENTS_PER_WRITE) await flush()
    waiting.push(batch)
    events += batch.events.length
  }
  await flush()
}
