import { setTimeout as wait } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { EngineBatch } from '../engine/events.ts'
import type { ProjectionMetrics } from './observe.ts'

/** Batches of this long are written together: small beside what a reader notices, long enough that bulk pays. */
const COALESCE_MS = 100
/** Keeps one transaction to some 100 ms of work. */
export const MAX_EVENTS_PER_WRITE = 5_000
const FIRST_RETRY_MS = 100
/** A database that is away is asked again at least this often. */
const LONGEST_RETRY_MS = 5_000

/**
 * Writes batches, all or nothing, and moves the watermark from `after` to the last of them. The same call again after one that failed
 * must not write twice: that one may have been committed.
 */
export type BatchWriter = (batches: readonly EngineBatch[], after: number) => Promise<void>

/** The stored watermark lies behind ours: the record was set back, and going on would leave a hole in it. */
export class WatermarkMoved extends Error {}

/**
 * Takes the engine's batches off the hot path and writes them in order, exactly once each. What waits is bounded by the
 * engine, which refuses work that would run too far ahead of `onProjected`.
 */
export class Projector {
  readonly #write: BatchWriter
  readonly #onProjected: (sequence: number) => void
  readonly #log: Logger
  readonly #metrics: ProjectionMetrics
  readonly #stopping = new AbortController()
  #waiting: EngineBatch[] = []
  #watermark: number
  #taken: number
  #running: Promise<void> | null = null
  #fault: Error | null = null
  /** Why the last attempt failed; null after one that did not. */
  #trouble: unknown = null
  readonly #listeners = new Set<() => void>()

  constructor(options: {
    watermark: number
    write: BatchWriter
    onProjected: (sequence: number) => void
    log: Logger
    metrics: ProjectionMetrics
  }) {
    this.#watermark = options.watermark
    this.#taken = options.watermark
    this.#write = options.write
    this.#onProjected = options.onProjected
    this.#log = options.log
    this.#metrics = options.metrics
  }

  /** The last engine sequence that is stored. */
  get watermark(): number {
    return this.#watermark
  }

  /** The last engine sequence that was taken. */
  get taken(): number {
    return this.#taken
  }

  /** Takes the batch that follows; one that was taken before changes nothing. */
  take(batch: EngineBatch): void {
    if (this.#fault || batch.lastSequence <= this.#taken) return
    if (batch.firstSequence !== this.#taken + 1) {
      this.#stop(new Error(`the engine handed out ${batch.firstSequence} after ${this.#taken}`))
      return
    }
    this.#taken = batch.lastSequence
    this.#waiting.push(batch)
    this.#metrics.lag(this.#taken - this.#watermark)
    this.#running ??= this.#run()
  }

  /** Resolves once `sequence` is stored. Rejects when projecting has stopped, or the reader no longer waits. */
  async reached(sequence: number, signal?: AbortSignal): Promise<void> {
    while (this.#watermark < sequence) {
      if (this.#fault) throw this.#fault
      signal?.throwIfAborted()
      await this.#woken(signal)
    }
  }

  /** Resolves once all that was taken is stored. Rejects when projecting has stopped. */
  caughtUp(): Promise<void> {
    return this.reached(this.#taken)
  }

  /** @throws why nothing is projected now, if so. */
  assertRunning(): void {
    if (this.#fault) throw this.#fault
    if (this.#trouble) throw new Error('projections cannot be written', { cause: this.#trouble })
  }

  /** Writes what was taken, then stops. */
  async close(): Promise<void> {
    this.#stopping.abort()
    await this.#running
  }

  async #run(): Promise<void> {
    let retryMs = FIRST_RETRY_MS
    /** What failed is tried again as it was, whatever has come since: only so can the writer tell that it was committed after all. */
    let failed: EngineBatch[] | null = null
    while (this.#waiting.length > 0 && !this.#fault) {
      if (!this.#isFull()) await wait(COALESCE_MS, undefined, { signal: this.#stopping.signal }).catch(() => {})
      const batches: EngineBatch[] = failed ?? this.#nextBatches()
      try {
        await this.#metrics.timed(() => this.#write(batches, this.#watermark))
        retryMs = FIRST_RETRY_MS
        failed = null
        this.#trouble = null
        this.#advance(batches)
      } catch (error) {
        this.#trouble = error
        failed = batches
        if (error instanceof WatermarkMoved) this.#stop(error)
        else if (this.#stopping.signal.aborted) {
          this.#log.warn({ err: error }, 'projections stop behind the engine; the next start catches up')
          break
        } else {
          this.#log.error({ err: error, after: this.#watermark }, 'projections could not be written; trying again')
          await wait(retryMs, undefined, { signal: this.#stopping.signal }).catch(() => {})
          retryMs = Math.min(retryMs * 2, LONGEST_RETRY_MS)
        }
      }
    }
    this.#running = null
  }

  /** Whether a whole transaction's worth waits. */
  #isFull(): boolean {
    let events = 0
    return this.#waiting.some((batch) => {
      events += batch.events.length
      return events > MAX_EVENTS_PER_WRITE
    })
  }

  #nextBatches(): EngineBatch[] {
    let events = 0
    const end = this.#waiting.findIndex((batch) => {
      events += batch.events.length
      return events > MAX_EVENTS_PER_WRITE
    })
    return this.#waiting.slice(0, end === -1 ? this.#waiting.length : Math.max(end, 1))
  }

  #advance(batches: readonly EngineBatch[]): void {
    this.#waiting = this.#waiting.slice(batches.length)
    this.#watermark = batches.at(-1)!.lastSequence
    this.#metrics.lag(this.#taken - this.#watermark)
    this.#onProjected(this.#watermark)
    this.#wake()
  }

  #stop(error: Error): void {
    this.#fault = error
    this.#log.fatal({ err: error }, 'projecting has stopped')
    this.#wake()
  }

  /** Readers that give up while projections stand still leave nothing behind. */
  #woken(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const woken = () => {
        this.#listeners.delete(woken)
        signal?.removeEventListener('abort', woken)
        resolve()
      }
      this.#listeners.add(woken)
      signal?.addEventListener('abort', woken)
    })
  }

  #wake(): void {
    for (const listener of [...this.#listeners]) listener()
  }
}
