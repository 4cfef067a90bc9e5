import { err, ok, type Result } from '@opsource/kernel'
import { RestartedWorker, type WorkerRefusal } from '../workers/index.ts'
import { BatchQueue, MAX_BATCH_ROWS, type QueuedRows } from './batch-queue.ts'
import { type LoadedSession, type ModelFile, type RunRequest, widthOf } from './protocol.ts'
import { plainReason } from './reason.ts'
import type { InferenceRefusal } from './refusal.ts'

/** Batches that a thread has at a time: one runs, the next is there when it ends. */
const RUNS_PER_THREAD = 2
/** Rows that wait; what is behind so many does not come before a second has passed, even on a slow model. */
const MAX_WAITING_ROWS = 8_192
/** A full batch takes a few milliseconds; a thread that is silent for this long hangs. */
const RUN_TIMEOUT_MS = 2_000
/** A forecast is made every second: an answer later than that is of the past. */
const DEADLINE_MS = 1_000
/** For those who score many rows, and wait for all of them. */
const SCORING_DEADLINE_MS = 30_000
/** JavaScript's share of a thread: little, as tensors and weights lie outside its heap. */
const MAX_HEAP_MB = 64
/** This many losses of a thread within the window are no accident: the model's, not the machine's. */
const MAX_CRASHES = 3
const CRASH_WINDOW_MS = 60_000

export interface ModelSpec extends ModelFile {
  /** Names it in figures and logs, such as `mid-direction 3`. */
  readonly id: string
  /** Runs at a time, each in a thread of its own with its own copy of the model. 1 unless told. */
  readonly concurrency?: number
  /** Milliseconds after which a silent thread is replaced. */
  readonly runTimeoutMs?: number
}

export interface ServedModelObserver {
  /** A batch was run: milliseconds from sending it to the thread to its answer. */
  ran(milliseconds: number, rows: number, id: string): void
  refused(refusal: InferenceRefusal['kind'], id: string): void
  restarted(reason: string, id: string): void
  /** The model lost its thread `crashes` times within a minute: it is better to serve another version. */
  unstable(id: string, crashes: number, reason: string): void
}

interface Queued extends QueuedRows {
  readonly deadlineMs: number
  readonly resolve: (result: Result<Float32Array, InferenceRefusal>) => void
}

type Thread = RestartedWorker<RunRequest, Float32Array, LoadedSession>

/** What answers rows; a refusal is a value. */
export interface Runner {
  /**
   * Asks for at most `MAX_BATCH_ROWS` rows, one after another; the rows are copied.
   * @returns the output's rows, one after another.
   */
  run(rows: Float32Array, options?: { readonly deadlineMs?: number }): Promise<Result<Float32Array, InferenceRefusal>>
}

/** One model in threads of its own: what it does to them, no other model feels. */
export class ServedModel implements Runner {
  readonly id: string
  readonly #observer: ServedModelObserver
  readonly #inputWidth: number
  readonly #outputWidth: number
  readonly #runTimeoutMs: number
  readonly #queue = new BatchQueue<Queued>(MAX_WAITING_ROWS)
  readonly #threads: readonly Thread[]
  readonly #crashes: number[] = []
  #grownBytes = 0
  #expiry: NodeJS.Timeout | undefined
  #isClosed = false
  #drained: (() => void) | undefined

  constructor(spec: ModelSpec, observer: ServedModelObserver) {
    const { onnx, signature, concurrency = 1 } = spec
    this.id = spec.id
    this.#observer = observer
    this.#inputWidth = widthOf(signature.input)
    this.#outputWidth = widthOf(signature.output)
    this.#runTimeoutMs = spec.runTimeoutMs ?? RUN_TIMEOUT_MS
    this.#threads = Array.from({ length: concurrency }, () => {
      const data: ModelFile = { onnx, signature }
      return new RestartedWorker({
        file: new URL('./worker.ts', import.meta.url),
        data,
        isInterruptible: false,
        maxHeapMb: MAX_HEAP_MB,
        onReady: ({ grownBytes }) => this.#ready(grownBytes),
        onLost: (reason) => this.#lost(reason),
      })
    })
  }

  /** Whether at least one of its threads can run it. */
  get isReady(): boolean {
    return this.#threads.some((thread) => thread.isReady)
  }

  /** By how much the process grew when it was loaded and warmed up, all its threads together. */
  get grownBytes(): number {
    return this.#grownBytes
  }

  /** Resolves once the model is loaded and has run. Rejects where it cannot. */
  async start(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.start()))
  }

  run(rows: Float32Array, { deadlineMs = DEADLINE_MS } = {}): Promise<Result<Float32Array, InferenceRefusal>> {
    const count = rows.length / this.#inputWidth
    if (!Number.isInteger(count) || count < 1 || count > MAX_BATCH_ROWS) {
      const message = `${rows.length} numbers are not 1 to ${MAX_BATCH_ROWS} rows of ${this.#inputWidth}`
      return Promise.resolve(this.#refuse({ kind: 'INVALID', message }))
    }
    if (this.#isClosed || !this.isReady) return Promise.resolve(this.#refuse({ kind: 'MODEL_AWAY' }))
    return new Promise((resolve) => {
      const deadline = performance.now() + deadlineMs
      if (this.#queue.push({ rows: rows.slice(), count, deadline, deadlineMs, resolve })) this.#flush()
      else resolve(this.#refuse({ kind: 'QUEUE_FULL', waitingRows: this.#queue.rows }))
    })
  }

  /**
   * Any number of rows, batch after batch, without crowding out those who ask for a few: only as many batches wait as keep the threads
   * at work.
   */
  async score(rows: Float32Array): Promise<Result<Float32Array, InferenceRefusal>> {
    const count = rows.length / this.#inputWidth
    if (!Number.isInteger(count)) {
      return this.#refuse({ kind: 'INVALID', message: `${rows.length} numbers are no rows of ${this.#inputWidth}` })
    }
    const scores = new Float32Array(count * this.#outputWidth)
    let next = 0
    let refusal: InferenceRefusal | null = null
    const lane = async () => {
      while (next < count && refusal === null) {
        const from = next
        next += MAX_BATCH_ROWS
        const batch = rows.subarray(from * this.#inputWidth, next * this.#inputWidth)
        const answer = await this.run(batch, { deadlineMs: SCORING_DEADLINE_MS })
        if (answer.ok) scores.set(answer.value, from * this.#outputWidth)
        else refusal = answer.error
      }
    }
    await Promise.all(Array.from({ length: this.#threads.length * RUNS_PER_THREAD }, lane))
    return refusal === null ? ok(scores) : err(refusal)
  }

  /** Ends its threads, whatever they do; new ones take their place. */
  restart(reason?: string): void {
    for (const thread of this.#threads) thread.restart(reason)
  }

  /** Takes no more; answers what it has taken, or refuses that at its deadline; then ends its threads. */
  async drain(): Promise<void> {
    this.#isClosed = true
    const isBusy = this.#queue.rows > 0 || this.#threads.some(({ inFlight }) => inFlight > 0)
    if (isBusy) await new Promise<void>((resolve) => (this.#drained = resolve))
    await this.close()
  }

  async close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#expiry)
    this.#refuseWaiting()
    await Promise.all(this.#threads.map((thread) => thread.close()))
  }

  #flush(): void {
    this.#expire()
    for (;;) {
      const thread = this.#freeThread()
      if (this.#queue.rows === 0 || !thread) break
      void this.#runBatch(thread, this.#queue.take())
    }
    this.#watchDeadlines()
    if (this.#drained && this.#queue.rows === 0 && this.#threads.every(({ inFlight }) => inFlight === 0)) {
      this.#drained()
    }
  }

  /** The thread with the least in hand, where one has room. */
  #freeThread(): Thread | undefined {
    const free = this.#threads.filter((thread) => thread.isReady && thread.inFlight < RUNS_PER_THREAD)
    return free.sort((a, b) => a.inFlight - b.inFlight)[0]
  }

  async #runBatch(thread: Thread, batch: Queued[]): Promise<void> {
    const count = batch.reduce((sum, { count }) => sum + count, 0)
    const rows = new Float32Array(count * this.#inputWidth)
    let at = 0
    for (const queued of batch) {
      rows.set(queued.rows, at)
      at += queued.rows.length
    }
    const startedAt = performance.now()
    const answer = await thread.ask({ rows }, { timeoutMs: this.#runTimeoutMs, transfer: [rows.buffer] })
    if (answer.ok) this.#observer.ran(performance.now() - startedAt, count, this.id)
    let from = 0
    for (const { count, resolve } of batch) {
      const to = from + count * this.#outputWidth
      resolve(answer.ok ? ok(answer.value.slice(from, to)) : this.#refuse(refusalOf(answer.error)))
      from = to
    }
    this.#flush()
  }

  #expire(): void {
    for (const { deadlineMs, resolve } of this.#queue.expire(performance.now())) {
      resolve(this.#refuse({ kind: 'DEADLINE_PASSED', deadlineMs }))
    }
  }

  /** While rows wait and no run ends, their deadlines pass all the same. */
  #watchDeadlines(): void {
    if (this.#expiry !== undefined) return
    const deadline = this.#queue.nextDeadline()
    if (deadline === null) return
    const wait = Math.max(1, deadline - performance.now())
    this.#expiry = setTimeout(() => {
      this.#expiry = undefined
      this.#flush()
    }, wait)
  }

  #ready(grownBytes: number): void {
    this.#grownBytes += Math.max(0, grownBytes)
    this.#flush()
  }

  #lost(reason: string): void {
    const now = performance.now()
    this.#crashes.push(now)
    while ((this.#crashes[0] ?? now) <= now - CRASH_WINDOW_MS) this.#crashes.shift()
    this.#observer.restarted(reason, this.id)
    if (this.#crashes.length >= MAX_CRASHES) this.#observer.unstable(this.id, this.#crashes.length, reason)
    if (!this.isReady) this.#refuseWaiting()
  }

  #refuseWaiting(): void {
    for (const { resolve } of this.#queue.clear()) resolve(this.#refuse({ kind: 'MODEL_AWAY' }))
  }

  #refuse(refusal: InferenceRefusal): Result<never, InferenceRefusal> {
    this.#observer.refused(refusal.kind, this.id)
    return err(refusal)
  }
}

function refusalOf(refusal: WorkerRefusal): InferenceRefusal {
  if (refusal.kind === 'AWAY') return { kind: 'MODEL_AWAY' }
  return refusal.kind === 'FAILED' ? { kind: 'INVALID', message: plainReason(refusal.message) } : refusal
}
