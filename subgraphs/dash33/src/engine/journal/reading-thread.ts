import { once } from 'node:events'
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { Client } from 'pg'
import { LIMITS } from '../limits.ts'
import { Chain } from './chain.ts'
import { fetchPage, pagesFrom } from './page.ts'
import type { FromReading, ReadingThreadData } from './read-ahead.ts'

if (!parentPort) throw new Error('the journal is read ahead in a worker thread')
await run(parentPort, workerData)

async function run(port: MessagePort, { database, after }: ReadingThreadData): Promise<void> {
  const post = (message: FromReading, transferred: ArrayBuffer[] = []) => port.postMessage(message, transferred)
  let waiting = 0
  port.on('message', () => waiting--)
  const connection = new Client(database)
  // A lost connection also rejects the query under way.
  connection.on('error', () => undefined)
  try {
    await connection.connect()
    const chain = new Chain(after.sequence, after.hash)
    for await (const { bytes, rows } of pagesFrom(connection, fetchPage(connection, after.sequence))) {
      const { sound, fault } = chain.prove(rows)
      while (waiting >= LIMITS.pagesReadAhead) await once(port, 'message')
      waiting++
      post({ kind: 'PAGE', bytes, sound, fault: fault?.message ?? null }, [bytes.buffer])
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
