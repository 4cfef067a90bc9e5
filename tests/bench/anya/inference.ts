// Inference: three models through their worker threads, and the same requests by onnxruntime on the asking thread itself.
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { seededRandom } from '@opsource/kernel'
import { pino } from 'pino'
import { InferenceEngine, MAX_BATCH_ROWS, ModelSession, widthOf } from '../../../subgraphs/anya/src/inference/index.ts'
import { Samples } from '../samples.ts'
import { type BenchModel, benchModels } from './inference-models.ts'

const REQUESTS_PER_SECOND = 2_000
const SECONDS = 5
const WARM_UP_REQUESTS = 1_000
/** Different rows: of one and the same row a processor guesses the way through a tree. */
const DIFFERENT_ROWS = 4_096
const SCORED_ROWS = 20_000
const SCORING_ROUNDS = 5

const NANOSECONDS_PER_MS = 1e6

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

async function measure({ name, onnx, signature }: BenchModel) {
  const width = widthOf(signature.input)
  const random = seededRandom(2)
  const many = Float32Array.from({ length: SCORED_ROWS * width }, () => random.next() * 2 - 1)
  const rows = Array.from({ length: DIFFERENT_ROWS }, (_, i) => many.subarray(i * width, (i + 1) * width))
  const observer = { ran: () => {}, refused: () => {}, restarted: () => {} }
  const engine = new InferenceEngine({ observer, log: pino({ level: 'silent' }) })
  const loaded = await engine.load({ id: name, onnx, signature })
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.error))
  const model = loaded.value
  const session = await ModelSession.open(onnx, signature)
  try {
    const ours = await load(rows, async (row) => (await model.run(row)).ok)
    const direct = await load(rows, async (row) => (await session.run(row)).length > 0)
    const scored = await rowsPerSecond(async () => {
      const answer = await model.score(many)
      if (!answer.ok) throw new Error(answer.error.kind)
    })
    const scoredDirectly = await rowsPerSecond(async () => {
      for (let from = 0; from < SCORED_ROWS; from += MAX_BATCH_ROWS) {
        await session.run(many.slice(from * width, (from + MAX_BATCH_ROWS) * width))
      }
    })
    return {
      requests: [
        { model: name, by: 'worker thread', ...shown(ours) },
        { model: name, by: 'asking thread', ...shown(direct) },
      ],
      scoring: {
        model: name,
        'rows/s': Math.round(scored),
        'rows/s on the asking thread': Math.round(scoredDirectly),
        ratio: round(scored / scoredDirectly, 2),
      },
      ratios: {
        model: name,
        'p50, worker ÷ asking': round(ours.latency.percentile(0.5) / direct.latency.percentile(0.5), 2),
        'p99, worker ÷ asking': round(ours.latency.percentile(0.99) / direct.latency.percentile(0.99), 2),
      },
    }
  } finally {
    await session.release()
    await engine.close()
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
