// Inference: three models through their worker threads; the same requests by onnxruntime on the asking thread itself, and by a thread
// that answers at once, which is the least that a thread can take on this machine.
import { availableParallelism } from 'node:os'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { seededRandom } from '@opsource/kernel'
import { pino } from 'pino'
import {
  InferenceEngine,
  MAX_BATCH_ROWS,
  ModelSession,
  type ServedModel,
  widthOf,
} from '../../../subgraphs/anya/src/inference/index.ts'
import { RestartedWorker } from '../../../subgraphs/anya/src/workers/index.ts'
import { Samples } from '../samples.ts'
import { type BenchModel, benchModels } from './inference-models.ts'

const REQUESTS_PER_SECOND = 2_000
const SECONDS = 5
const WARM_UP_REQUESTS = 1_000
/** Different rows: of one and the same row a processor guesses the way through a tree. */
const DIFFERENT_ROWS = 4_096
const SCORED_ROWS = 20_000
const SCORING_ROUNDS = 5
const PROCESSORS = availableParallelism()

const EMPTY_THREAD_HEAP_MB = 64
const EMPTY_THREAD_TIMEOUT_MS = 2_000

const NANOSECONDS_PER_MS = 1e6

type EmptyThread = RestartedWorker<{ readonly rows: Float32Array<ArrayBuffer> }, Float32Array>

/** @returns whether there was an answer. */
type Ask = (row: Float32Array) => Promise<boolean>

interface Load {
  readonly latency: Samples
  /** By the second in which a request was due. */
  readonly seconds: readonly Samples[]
  readonly refused: number
  readonly loopP99Ms: number
}

/** Requests come by the clock, whether the ones before are answered or not; latency counts from when a request was due. */
async function load(rows: readonly Float32Array[], ask: Ask): Promise<Load> {
  for (let i = 0; i < WARM_UP_REQUESTS; i++) await ask(rows[i % rows.length]!)
  const latency = new Samples()
  const seconds = Array.from({ length: SECONDS }, () => new Samples())
  const loop = monitorEventLoopDelay({ resolution: 1 })
  const total = REQUESTS_PER_SECOND * SECONDS
  const answers: Promise<void>[] = []
  let refused = 0
  loop.enable()
  const begun = performance.now()
  for (let sent = 0; sent < total; ) {
    const now = performance.now()
    while (sent < total && begun + (sent * 1_000) / REQUESTS_PER_SECOND <= now) {
      const due = begun + (sent * 1_000) / REQUESTS_PER_SECOND
      const second = seconds[Math.floor(sent / REQUESTS_PER_SECOND)]!
      const answered = (isAnswer: boolean) => {
        if (!isAnswer) refused++
        const milliseconds = performance.now() - due
        latency.add(milliseconds)
        second.add(milliseconds)
      }
      answers.push(ask(rows[sent++ % rows.length]!).then(answered))
    }
    await new Promise((resolve) => setImmediate(resolve))
  }
  await Promise.all(answers)
  loop.disable()
  return { latency, seconds, refused, loopP99Ms: loop.percentile(99) / NANOSECONDS_PER_MS }
}

const round = (value: number, digits = 3) => Number(value.toFixed(digits))

const shown = ({ latency, seconds, refused, loopP99Ms }: Load) => ({
  'p50 ms': round(latency.percentile(0.5)),
  'p99 ms': round(latency.percentile(0.99)),
  'p99 ms, quietest second': round(Math.min(...seconds.map((second) => second.percentile(0.99)))),
  'p99.9 ms': round(latency.percentile(0.999)),
  refused,
  'event loop p99 ms': round(loopP99Ms),
})

interface Parts {
  /** In as many threads as are told. */
  readonly served: (concurrency: number) => Promise<ServedModel>
  /** The same file on the asking thread. */
  readonly session: ModelSession
  readonly emptyThread: EmptyThread
}

async function measure(model: BenchModel) {
  await using stack = new AsyncDisposableStack()
  const parts = await start(model, stack)
  const one = await parts.served(1)
  const width = widthOf(model.signature.input)
  const random = seededRandom(2)
  const many = Float32Array.from({ length: SCORED_ROWS * width }, () => random.next() * 2 - 1)
  const rows = Array.from({ length: DIFFERENT_ROWS }, (_, i) => many.subarray(i * width, (i + 1) * width))
  return { ...(await requests(model.name, parts, one, rows)), scoring: await scoring(model.name, parts, one, many) }
}

async function start({ name, onnx, signature }: BenchModel, stack: AsyncDisposableStack): Promise<Parts> {
  const observer = { ran: () => {}, refused: () => {}, restarted: () => {} }
  const engine = new InferenceEngine({ observer, log: pino({ level: 'silent' }) })
  stack.defer(() => engine.close())
  const emptyThread: EmptyThread = new RestartedWorker({
    file: new URL('./empty-thread.ts', import.meta.url),
    maxHeapMb: EMPTY_THREAD_HEAP_MB,
  })
  await emptyThread.start()
  stack.defer(() => emptyThread.close())
  const session = await ModelSession.open(onnx, signature)
  stack.defer(() => session.release())
  const served = async (concurrency: number) => {
    const loaded = await engine.load({ id: `${name} × ${concurrency}`, onnx, signature, concurrency })
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.error))
    return loaded.value
  }
  return { served, session, emptyThread }
}

async function requests(name: string, parts: Parts, model: ServedModel, rows: readonly Float32Array[]) {
  const ours = await load(rows, async (row) => (await model.run(row)).ok)
  const direct = await load(rows, async (row) => (await parts.session.run(row)).length > 0)
  const empty = await load(rows, async (row) => {
    const request = { rows: row.slice() }
    const options = { timeoutMs: EMPTY_THREAD_TIMEOUT_MS, transfer: [request.rows.buffer] }
    return (await parts.emptyThread.ask(request, options)).ok
  })
  const ratio = (share: number, peer: Load) => round(ours.latency.percentile(share) / peer.latency.percentile(share), 2)
  return {
    requests: [
      { model: name, by: 'worker thread', ...shown(ours) },
      { model: name, by: 'asking thread', ...shown(direct) },
      { model: name, by: 'empty thread', ...shown(empty) },
    ],
    ratios: {
      model: name,
      'p50, worker ÷ asking': ratio(0.5, direct),
      'p99, worker ÷ asking': ratio(0.99, direct),
      'p50, worker ÷ empty': ratio(0.5, empty),
      'p99, worker ÷ empty': ratio(0.99, empty),
    },
  }
}

async function scoring(name: string, { served, session }: Parts, one: ServedModel, many: Float32Array) {
  const width = many.length / SCORED_ROWS
  const scoredBy = (model: ServedModel) =>
    rowsPerSecond(async () => {
      const answer = await model.score(many)
      if (!answer.ok) throw new Error(answer.error.kind)
    })
  const byOne = await scoredBy(one)
  const byAll = await scoredBy(await served(PROCESSORS))
  const directly = await rowsPerSecond(async () => {
    for (let from = 0; from < SCORED_ROWS; from += MAX_BATCH_ROWS) {
      await session.run(many.slice(from * width, (from + MAX_BATCH_ROWS) * width))
    }
  })
  return {
    model: name,
    'rows/s, 1 thread': Math.round(byOne),
    [`rows/s, ${PROCESSORS} threads`]: Math.round(byAll),
    'rows/s, asking thread': Math.round(directly),
    '1 thread ÷ asking': round(byOne / directly, 2),
    [`${PROCESSORS} threads ÷ asking`]: round(byAll / directly, 2),
  }
}

/** Of the best of some rounds: what others do on the machine only takes away. */
async function rowsPerSecond(work: () => Promise<void>): Promise<number> {
  let best = Number.POSITIVE_INFINITY
  for (let round = 0; round < SCORING_ROUNDS; round++) {
    const begun = performance.now()
    await work()
    best = Math.min(best, performance.now() - begun)
  }
  return (SCORED_ROWS * 1_000) / best
}

/** Prints latency at 2,000 requests a second, one row each, and rows a second in full batches; beside both the peer. */
export async function measureInference(): Promise<void> {
  const measured: Awaited<ReturnType<typeof measure>>[] = []
  for (const model of benchModels()) measured.push(await measure(model))
  console.log(`${REQUESTS_PER_SECOND} requests a second, one row each, for ${SECONDS} s`)
  console.table(measured.flatMap(({ requests }) => requests))
  console.table(measured.map(({ ratios }) => ratios))
  console.log(`${SCORED_ROWS} rows, ${MAX_BATCH_ROWS} a run, the best of ${SCORING_ROUNDS} rounds`)
  console.table(measured.map(({ scoring }) => scoring))
}
