import { workerData } from 'node:worker_threads'
import { answerRequests } from '../workers/index.ts'
import { MAX_BATCH_ROWS } from './batch-queue.ts'
import { type LoadedSession, type ModelFile, type RunRequest, widthOf } from './protocol.ts'
import { ModelSession } from './session.ts'

/** The first runs lay out memory and choose kernels; they are not for callers to wait for. */
const WARM_UP_ROWS = [1, MAX_BATCH_ROWS, 1] as const

// onnxruntime-node blocks the thread that calls it, so the session lives here.
const { onnx, signature }: ModelFile = workerData
let session: ModelSession

async function prepare(): Promise<LoadedSession> {
  const startedAt = performance.now()
  const before = process.memoryUsage.rss()
  session = await ModelSession.open(onnx, signature)
  for (const rows of WARM_UP_ROWS) await session.run(new Float32Array(rows * widthOf(signature.input)))
  return { milliseconds: performance.now() - startedAt, grownBytes: process.memoryUsage.rss() - before }
}

await answerRequests({
  prepare,
  answer: ({ rows }: RunRequest) => session.run(rows),
  transferOf: ({ buffer }) => (buffer instanceof ArrayBuffer ? [buffer] : []),
})
