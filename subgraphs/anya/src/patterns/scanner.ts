import { err, type Result } from '@opsource/kernel'
import { RestartedWorker, type WorkerRefusal } from '../workers/index.ts'
import type { ScanRequest } from './protocol.ts'
import { type Hits, MAX_SCAN_BARS, type ScanColumns } from './talib.ts'

/** Scans that wait behind one another: every market and interval once, with room for their histories at a start. */
const MAX_IN_FLIGHT = 64
/** The largest scan takes 150 ms on an idle core; a thread that is silent for this long hangs. */
const SCAN_TIMEOUT_MS = 5_000
/** TA-Lib's own memory is 16 MB for good; this is for the columns and what is found in them. */
const MAX_HEAP_MB = 96

/** Why there is no answer. `AWAY`: the thread ended or is being started. `BUSY`: too many wait. The scan may be asked again, but for `INVALID`. */
export type ScanRefusal = 'AWAY' | 'BUSY' | 'TIMED_OUT' | 'INVALID'

export interface ScanObserver {
  scanned(milliseconds: number, bars: number): void
  scannerRestarted(reason: string): void
}

/** Runs TA-Lib in a worker thread, which keeps nothing between scans: one that dies or hangs is replaced, and nothing is lost with it. */
export class Scanner {
  readonly #observer: ScanObserver
  readonly #timeoutMs: number
  readonly #worker: RestartedWorker<ScanRequest, Hits, void>

  constructor(observer: ScanObserver, timeoutMs = SCAN_TIMEOUT_MS) {
    this.#observer = observer
    this.#timeoutMs = timeoutMs
    this.#worker = new RestartedWorker({
      file: new URL('./worker.ts', import.meta.url),
      maxHeapMb: MAX_HEAP_MB,
      onLost: (reason) => observer.scannerRestarted(reason),
    })
  }

  get isReady(): boolean {
    return this.#worker.isReady
  }

  /** Resolves once TA-Lib is loaded. Rejects where it cannot be. */
  start(): Promise<void> {
    return this.#worker.start()
  }

  /** @param from the first bar to answer for. The columns are taken as they are now. */
  async scan(columns: ScanColumns, from: number): Promise<Result<Hits, ScanRefusal>> {
    if (!this.#worker.isReady) return err('AWAY')
    if (columns.close.length > MAX_SCAN_BARS) return err('INVALID')
    if (this.#worker.inFlight >= MAX_IN_FLIGHT) return err('BUSY')
    const startedAt = performance.now()
    const scanned = await this.#worker.ask({ columns, from }, { timeoutMs: this.#timeoutMs })
    if (!scanned.ok) return err(REFUSALS[scanned.error.kind])
    this.#observer.scanned(performance.now() - startedAt, columns.close.length - from)
    return scanned
  }

  /** Ends the thread, whatever it does; a new one takes its place. */
  restart(): void {
    this.#worker.restart()
  }

  close(): Promise<void> {
    return this.#worker.close()
  }
}

const REFUSALS = { AWAY: 'AWAY', TIMED_OUT: 'TIMED_OUT', FAILED: 'INVALID' } as const satisfies Record<
  WorkerRefusal['kind'],
  ScanRefusal
>
