import { parentPort, workerData } from 'node:worker_threads'
import { guardPool } from '@opsource/bus'
import { type ClientConfig, Pool } from 'pg'
import { pino } from 'pino'
import { WatermarkMoved } from './projector.ts'
import { projectionWriter } from './store.ts'
import type { WriteAnswer, WriteRequest } from './threaded-writer.ts'

if (!parentPort) throw new Error('projections are written in a worker thread')
const port = parentPort
const database: ClientConfig = workerData
// The one connection serves one write at a time. What breaks while it idles fails the next write, which tells.
const pool = new Pool({ ...database, max: 1 })
guardPool(pool, pino({ level: 'silent' }))
const write = projectionWriter(pool)

port.on('message', async ({ batches, after, durability }: WriteRequest) => {
  const answer = await write(batches, after, durability).then(
    (): WriteAnswer => ({ kind: 'WRITTEN' }),
    (error: unknown): WriteAnswer =>
      error instanceof WatermarkMoved
        ? { kind: 'WATERMARK_MOVED', at: error.at }
        : { kind: 'FAILED', message: error instanceof Error ? error.message : String(error) },
  )
  port.postMessage(answer)
})
