import { Worker } from 'node:worker_threads'
import type { Ports } from '@opsource/subgraph'
import type { WorkerReply, WorkerRequest } from './protocol.ts'

/** Runs wait behind at most this many others; a forecast that waits longer than a few ticks is worth nothing. */
const MAX_IN_FLIGHT = 4
/** A run of all markets takes well under a millisecond; a thread that is silent for this long hangs. */
const RUN_TIMEOUT_MS = 2_000
/** A file that crashes its thread must not spin it. */
const RESTART_DELAYS_MS = [100, 500, 2_000, 5_000] as const

export interface InferenceObserver {
  ran(milliseconds: number, rows: number): void
  restarted(reason: string): void
}

interface Waiting {
  readonly resolve: (probabilities: Float32Array | null) => void
  readonly timer: NodeJS.Timeout
  readonly startedAt: number
  readonly rows: number
}

/**
 * Serves one ONNX model from a worker thread. The thread is started again when it dies or hangs; until then there are no answers,
 * which the caller sees as null.
 */
export class InferenceEngine {
  readonly #onnx: Uint8Array
  readonly #width: number
  readonly #observer: InferenceObserver
  readonly #log: Ports['log']
  readonly #waiting = new Map<number, Waiting>()
  #worker: Worker | undefined
  #isLoaded = false
  #isClosed = false
  #nextId = 1
  #failures = 0
  #restart: NodeJS.Timeout | undefined

  /** @param width columns of a row of features. */
  constructor(onnx: Uint8Array, width: number, observer: InferenceObserver, log: Ports['log']) {
    this.#onnx = onnx
    this.#width = width
    this.#observer = observer
    this.#log = log
  }

  get isReady(): boolean {
    return this.#isLoaded
  }

  /** Resolves once the model is loaded. Rejects where the file is no model that onnxruntime can load. */
  start(): Promise<void> {
    return new Promise((resolve, reject) => this.#spawn({ resolve, reject }))
  }

  /** @returns the probability of `UP` of each row, or null while the worker is away, too busy, or could not run them. */
  run(rows: Float32Array): Promise<Float32Array | null> {
    const worker = this.#worker
    if (!worker || !this.#isLoaded || this.#waiting.size >= MAX_IN_FLIGHT) return Promise.resolve(null)
    const id = this.#nextId++
    return new Promise((resolve) => {
      const timer = setTimeout(() => void this.restart(), RUN_TIMEOUT_MS)
      this.#waiting.set(id, { resolve, timer, startedAt: performance.now(), rows: rows.length / this.#width })
      const copy = rows.slice()
      const request: WorkerRequest = { kind: 'RUN', id, rows: copy, width: this.#width }
      worker.postMessage(request, [copy.buffer])
    })
  }

  /** Ends the thread, whatever it does; a new one takes its place. */
  async restart(): Promise<void> {
    await this.#worker?.terminate()
  }

  async close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#restart)
    await this.#worker?.terminate()
  }

  #spawn(first?: { resolve: () => void; reject: (error: Error) => void }): void {
    const worker = new Worker(new URL('./worker.ts', import.meta.url))
    this.#worker = worker
    let reason = 'ended'
    worker.on('message', (reply: WorkerReply) => {
      if (reply.kind === 'LOADED') {
        this.#isLoaded = true
        first?.resolve()
      } else if (reply.kind === 'ANSWER') {
        this.#failures = 0
        this.#settle(reply.id, reply.probabilities)
      } else if (reply.id !== null) {
        this.#log.error({ reason: reply.message }, 'the model could not run')
        this.#settle(reply.id, null)
      } else {
        reason = reply.message
        first?.reject(new Error(`the model cannot be loaded: ${reply.message}`))
        void worker.terminate()
      }
    })
    worker.on('error', (error) => {
      reason = error.message
    })
    worker.on('exit', () => {
      first?.reject(new Error(`the inference worker ended before it was ready: ${reason}`))
      this.#lose(reason)
    })
    const request: WorkerRequest = { kind: 'LOAD', onnx: this.#onnx }
    worker.postMessage(request)
  }

  #lose(reason: string): void {
    const wasLoaded = this.#isLoaded
    this.#isLoaded = false
    this.#worker = undefined
    for (const id of [...this.#waiting.keys()]) this.#settle(id, null)
    if (this.#isClosed || (!wasLoaded && this.#failures === 0)) return
    const delay = RESTART_DELAYS_MS[Math.min(this.#failures, RESTART_DELAYS_MS.length - 1)]
    this.#failures++
    this.#observer.restarted(reason)
    this.#restart = setTimeout(() => this.#spawn(), delay)
  }

  #settle(id: number, probabilities: Float32Array | null): void {
    const waiting = this.#waiting.get(id)
    if (!waiting) return
    this.#waiting.delete(id)
    clearTimeout(waiting.timer)
    if (probabilities) this.#observer.ran(performance.now() - waiting.startedAt, waiting.rows)
    waiting.resolve(probabilities)
  }
}
