import { parentPort } from 'node:worker_threads'
import ort from 'onnxruntime-node'
import type { WorkerReply, WorkerRequest } from './protocol.ts'

// onnxruntime-node blocks the thread that calls it, so the session lives here. One thread inside it: more only helps large
// batches on an idle machine, and costs tail latency on a shared one.
const SESSION_OPTIONS = {
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: 'sequential',
  graphOptimizationLevel: 'all',
  logSeverityLevel: 3,
} as const

const port = parentPort
if (!port) throw new Error('worker.ts runs in a worker thread')

const reply = (message: WorkerReply) => port.postMessage(message)
let session: ort.InferenceSession | undefined

port.on('message', async (request: WorkerRequest) => {
  try {
    if (request.kind === 'LOAD') {
      session = await ort.InferenceSession.create(request.onnx, SESSION_OPTIONS)
      reply({ kind: 'LOADED' })
    } else {
      reply({ kind: 'ANSWER', id: request.id, probabilities: await probabilitiesOf(request.rows, request.width) })
    }
  } catch (error) {
    reply({ kind: 'FAILED', id: request.kind === 'RUN' ? request.id : null, message: String(error) })
  }
})

async function probabilitiesOf(rows: Float32Array, width: number): Promise<Float32Array> {
  const [input] = session?.inputNames ?? []
  const [output] = session?.outputNames ?? []
  if (!session || !input || !output) throw new Error('no model is loaded')
  const tensor = new ort.Tensor('float32', rows, [rows.length / width, width])
  const data = (await session.run({ [input]: tensor }))[output]?.data
  if (!(data instanceof Float32Array)) throw new Error('the model gives no float32 output')
  return data
}
