import { Worker } from 'node:worker_threads'
import { err, ok, type Result } from '@opsource/kernel'
import type { ScanReply, ScanRequest } from './protocol.ts'
import { type Hits, MAX_SCAN_BARS, type ScanColumns } from './talib.ts'

/** Scans that wait behind one another: every market and interval once, with room for their histories at a start. */
const MAX_IN_FLIGHT = 64
/** The largest scan takes 150 ms on an idle core; a thread that is silent for this long hangs. */
const SCAN_TIMEOUT_MS = 5_000
/** A thread that ends at once must not be started without end. */
const RESTART_DELAYS_MS = [50, 500, 2_000, 5_000] as const
/** TA-Lib's own memory is 16 MB for good; this is for the columns and what is found in them. */
const MAX_HEAP_MB = 96

/** Why there is no answer. `AWAY`: the thread ended or is being started. `BUSY`: too many wait. The scan may be asked again, but for `INVALID`. */
export type ScanRefusal = 'AWAY' | 'BUSY' | 'TIMED_OUT' | 'INVALID'

export interface ScanObserver {
  scanned(milliseconds: number, bars: number): void
  scannerRestarted(reason: string): void
}

interface Waiting {
  readonly resolve: (result: Result<Hits, ScanRefusal>) => void
  readonly timer: NodeJS.Timeout
  readonly startedAt: number
  readonly bars: number
}

/** Runs TA-Lib in a worker thread, which keeps nothing between scans: one that dies or hangs is replaced, and nothing is lost with it. */
export class Scanner {
  readonly #observer: ScanObserver
  readonly #timeoutMs: number
  readonly #waiting = new Map<number, Waiting>()
  #worker: Worker | undefined
  #isReady = false
  #isClosed = false
  #nextId = 1
  #failures = 0
  #restart: NodeJS.Timeout | undefined

  constructor(observer: ScanObserver, timeoutMs = SCAN_TIMEOUT_MS) {
    this.#observer = observer
    this.#timeoutMs = timeoutMs
  }

  get isReady(): boolean {
    return this.#isReady
  }

  /** Resolves once TA-Lib is loaded. Rejects where it cannot be. */
  start(): Promise<void> {
    return new Promise((resolve, reject) => this.#spawn({ resolve, reject }))
  }

  /** @param from the first bar to answer for. The columns are taken as they are now. */
  scan(columns: ScanColumns, from: number): Promise<Result<Hits, ScanRefusal>> {
    const worker = this.#worker
    if (!worker || !this.#isReady) return Promise.resolve(err('AWAY'))
    if (columns.close.length > MAX_SCAN_BARS) return Promise.resolve(err('INVALID'))
    if (this.#waiting.size >= MAX_IN_FLIGHT) return Promise.resolve(err('BUSY'))
    const id = this.#nextId++
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#timeOut(id), this.#timeoutMs)
      this.#waiting.set(id, { resolve, timer, startedAt: performance.now(), bars: columns.close.length - from })
      const request: ScanRequest = { id, columns, from }
      worker.postMessage(request)
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
    const worker = new Worker(new URL('./worker.ts', import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB },
    })
    this.#worker = worker
    let reason = 'ended'
    worker.on('message', (reply: ScanReply) => {
      if (reply.kind === 'READY') {
        this.#isReady = true
        first?.resolve()
      } else if (reply.kind === 'HITS') {
        this.#failures = 0
        this.#settle(reply.id, ok(reply.hits))
      } else {
        this.#settle(reply.id, err('INVALID'))
      }
    })
    worker.on('error', (error) => {
      reason = error instanceof Error ? error.message : String(error)
    })
    worker.on('exit', () => {
      first?.reject(new Error(`TA-Lib's thread ended before it was ready: ${reason}`))
      this.#lose(reason)
    })
  }

  #timeOut(id: number): void {
    this.#settle(id, err('TIMED_OUT'))
    void this.restart()
  }

  #lose(reason: string): void {
    const wasReady = this.#isReady
    this.#isReady = false
    this.#worker = undefined
    for (const id of [...this.#waiting.keys()]) this.#settle(id, err('AWAY'))
    if (this.#isClosed || (!wasReady && this.#failures === 0)) return
    const delay = RESTART_DELAYS_MS[Math.min(this.#failures, RESTART_DELAYS_MS.length - 1)]
    this.#failures++
    this.#observer.scannerRestarted(reason)
    this.#restart = setTimeout(() => this.#spawn(), delay)
  }

  #settle(id: number, result: Result<Hits, ScanRefusal>): void {
    const waiting = this.#waiting.get(id)
    if (!waiting) return
    this.#waiting.delete(id)
    clearTimeout(waiting.timer)
    if (result.ok) this.#observer.scanned(performance.now() - waiting.startedAt, waiting.bars)
    waiting.resolve(result)
  }
}
