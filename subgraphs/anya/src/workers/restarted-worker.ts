import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { err, ok, type Result } from '@opsource/kernel'
import { waitAtMost } from '../patience.ts'
import { END, type WorkerReply, type WorkerRequest } from './messages.ts'

/** What ends its thread must not spin it; after the last delay it is tried at that pace for good. */
const RESTART_DELAYS_MS = [50, 500, 2_000, 5_000] as const
/** Native code cannot be interrupted: a thread that is told to end may still be in it. More of them than this hold too much memory. */
const MAX_ENDING = 2
/** For a thread to be able to answer; longer than a machine that is busy with its own start takes. */
const START_TIMEOUT_MS = 60_000
/** How long `close` waits for a thread that may be stuck. */
const CLOSE_PATIENCE_MS = 2_000

/** Why there is no answer. `AWAY`: the thread ended or is being started. `FAILED`: it lives, and could not do this. */
export type WorkerRefusal =
  | { readonly kind: 'AWAY' }
  | { readonly kind: 'TIMED_OUT'; readonly afterMs: number }
  | { readonly kind: 'FAILED'; readonly message: string }

export interface RestartedWorkerOptions<Ready> {
  /** A file that calls `answerRequests`. */
  readonly file: URL
  /** Given to each new thread, as a copy. */
  readonly data?: unknown
  /**
   * Whether the thread may be ended in whatever it does, which is so unless told. Native code that comes back to a thread that was ended
   * meanwhile may take the whole process along: such a thread is asked to end, and does when it is back.
   */
  readonly isInterruptible?: boolean
  /** Of JavaScript's heap; what native code and array buffers take is not counted. */
  readonly maxHeapMb: number
  /** Milliseconds after which a thread that cannot answer yet is given up; a minute unless told. */
  readonly startTimeoutMs?: number
  /** Called whenever a thread can answer, the first and its successors. */
  readonly onReady?: (ready: Ready) => void
  /** Called when a thread that was wanted has ended; another is being started. */
  readonly onLost?: (reason: string) => void
}

export interface AskOptions {
  /** From asking; a thread that is silent for so long is replaced. */
  readonly timeoutMs: number
  /** Memory that moves to the thread with the request. */
  readonly transfer?: ArrayBuffer[]
}

interface Waiting<Answer> {
  readonly resolve: (result: Result<Answer, WorkerRefusal>) => void
  readonly timer: NodeJS.Timeout
}

/** A worker thread that keeps nothing between requests: one that dies or hangs is replaced, and only what it had in hand is refused. */
export class RestartedWorker<Request, Answer, Ready = null> {
  readonly #options: RestartedWorkerOptions<Ready>
  readonly #waiting = new Map<number, Waiting<Answer>>()
  readonly #ending = new Set<Worker>()
  #worker: Worker | undefined
  #isReady = false
  #isClosed = false
  #nextId = 1
  #failures = 0
  #restart: NodeJS.Timeout | undefined

  constructor(options: RestartedWorkerOptions<Ready>) {
    this.#options = options
  }

  get isReady(): boolean {
    return this.#isReady
  }

  /** Requests that the thread has and has not answered. */
  get inFlight(): number {
    return this.#waiting.size
  }

  /** Resolves once the thread can answer. Rejects where it cannot; then none is started again. */
  start(): Promise<void> {
    return new Promise((resolve, reject) => this.#spawn({ resolve, reject }))
  }

  /** Every request is settled: answered, or refused with the reason. */
  ask(request: Request, { timeoutMs, transfer = [] }: AskOptions): Promise<Result<Answer, WorkerRefusal>> {
    const worker = this.#worker
    if (!worker || !this.#isReady) return Promise.resolve(err({ kind: 'AWAY' }))
    const id = this.#nextId++
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#timeOut(id, timeoutMs), timeoutMs)
      this.#waiting.set(id, { resolve, timer })
      const message: WorkerRequest<Request> = { id, request }
      worker.postMessage(message, transfer)
    })
  }

  /** Gives the thread up, whatever it does; a new one takes its place. */
  restart(reason = 'restarted'): void {
    if (this.#worker) this.#lose(this.#worker, reason)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#restart)
    if (this.#worker) this.#lose(this.#worker, 'closed')
    await waitAtMost(CLOSE_PATIENCE_MS, Promise.all([...this.#ending].map((worker) => once(worker, 'exit'))))
    for (const worker of this.#ending) worker.unref()
  }

  #spawn(first?: { resolve: () => void; reject: (error: Error) => void }): void {
    const { file, data, maxHeapMb, startTimeoutMs = START_TIMEOUT_MS, onReady } = this.#options
    const worker = new Worker(file, { workerData: data, resourceLimits: { maxOldGenerationSizeMb: maxHeapMb } })
    this.#worker = worker
    let reason = 'ended'
    const patience = setTimeout(() => {
      reason = `not ready within ${startTimeoutMs} ms`
      first?.reject(new Error(reason))
      if (worker === this.#worker) this.#lose(worker, reason)
    }, startTimeoutMs)
    worker.on('message', (reply: WorkerReply<Answer, Ready>) => {
      if (worker !== this.#worker) return
      if (reply.kind === 'READY') {
        clearTimeout(patience)
        this.#isReady = true
        onReady?.(reply.ready)
        first?.resolve()
      } else if (reply.kind === 'ANSWER') {
        this.#failures = 0
        this.#settle(reply.id, ok(reply.answer))
      } else if (reply.id !== null) {
        this.#settle(reply.id, err({ kind: 'FAILED', message: reply.message }))
      } else {
        reason = reply.message
        void worker.terminate()
      }
    })
    worker.on('error', (error) => {
      reason = error instanceof Error ? error.message : String(error)
    })
    worker.on('exit', () => {
      clearTimeout(patience)
      first?.reject(new Error(reason))
      if (worker === this.#worker) this.#lose(worker, reason)
      this.#ending.delete(worker)
    })
  }

  #timeOut(id: number, afterMs: number): void {
    this.#settle(id, err({ kind: 'TIMED_OUT', afterMs }))
    this.restart(`silent for ${afterMs} ms`)
  }

  #lose(worker: Worker, reason: string): void {
    const wasReady = this.#isReady
    this.#isReady = false
    this.#worker = undefined
    this.#ending.add(worker)
    if (this.#options.isInterruptible ?? true) void worker.terminate()
    else worker.postMessage(END)
    for (const id of [...this.#waiting.keys()]) this.#settle(id, err({ kind: 'AWAY' }))
    if (this.#isClosed || (!wasReady && this.#failures === 0)) return
    const delay = RESTART_DELAYS_MS[Math.min(this.#failures, RESTART_DELAYS_MS.length - 1)]
    this.#failures++
    this.#options.onLost?.(reason)
    this.#restart = setTimeout(() => this.#spawnWhenFree(), delay)
  }

  #spawnWhenFree(): void {
    if (this.#ending.size < MAX_ENDING) this.#spawn()
    else this.#restart = setTimeout(() => this.#spawnWhenFree(), RESTART_DELAYS_MS[RESTART_DELAYS_MS.length - 1])
  }

  #settle(id: number, result: Result<Answer, WorkerRefusal>): void {
    const waiting = this.#waiting.get(id)
    if (!waiting) return
    this.#waiting.delete(id)
    clearTimeout(waiting.timer)
    waiting.resolve(result)
  }
}
