import { once } from 'node:events'
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { Client } from 'pg'
import { LIMITS } from '../limits.ts'
import { spellBatch } from './batch-format.ts'
import { Chain, type JournalPlace } from './chain.ts'
import { fetchPage, pagesFrom } from './page.ts'
import type { FromReading, ReadingThreadData, ToReading } from './read-ahead.ts'
import { Speller } from './speller.ts'

if (!parentPort) throw new Error('the journal is read ahead in a worker thread')
await run(parentPort, workerData)

async function run(port: MessagePort, { database, key }: ReadingThreadData): Promise<void> {
  const post = (message: FromReading, transferred: ArrayBuffer[] = []) => port.postMessage(message, transferred)
  let waiting = 0
  const begun = new Promise<JournalPlace>((resolve) => {
    port.on('message', (message: ToReading) => {
      if (message.kind === 'BEGIN') resolve(message.after)
      else waiting--
    })
  })
  const connection = new Client(database)
  // A lost connection also rejects the query under way.
  connection.on('error', () => undefined)
  try {
    await connection.connect()
    post({ kind: 'READY' })
    const after = await begun
    const speller = new Speller(key)
    let named = 0
    const chain = new Chain(after.sequence, after.hash)
    for await (const { bytes, rows } of pagesFrom(connection, fetchPage(connection, after.sequence))) {
      const { sound, fault } = chain.prove(rows)
      const starts = rows.slice(0, sound).map(({ payload }) => spellBatch(payload, speller))
      const batches = speller.take()
      const names = speller.names.slice(named)
      named += names.length
      while (waiting >= LIMITS.pagesReadAhead) await once(port, 'message')
      waiting++
      const page = { kind: 'PAGE', bytes, starts, batches, names, fault: fault?.message ?? null } as const
      post(page, [bytes.buffer, batches.cells.buffer])
      if (fault) return
    }
    post({ kind: 'END' })
  } catch (error) {
    post({ kind: 'FAILED', error })
  } finally {
    port.close()
    await connection.end().catch(() => undefined)
  }
}
