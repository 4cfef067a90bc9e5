import { setTimeout as wait } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { EngineBatch } from '../engine/events.ts'
import type { ProjectionMetrics } from './observe.ts'

/** Batches of this long are written together: small beside what a reader notices, long enough that bulk pays. */
const COALESCE_MS = 100
/** Keeps one transaction to some 100 ms of work. */
export const MAX_EVENTS_PER_WRITE = 5_000
const FIRST_RETRY_MS = 100
/**
 * Writes are on the disk at least this soon, also where no others follow, and before so many commands are not: all that the engine commits waits for the disk, and each time that
 * others do it waits for theirs too.
 */
const DURABLE_EVERY_MS = 1_000
const MOST_COMMANDS_NOT_DURABLE = 10_000
/** A database that is away is asked again at least this often. */
const LONGEST_RETRY_MS = 5_000

/** When what was written must be on the disk: before the write is answered, or soon after. What is not, a database that crashes forgets. */
export type Durability = 'NOW' | 'SOON'

/**
 * Writes batches, all or nothing, and moves the watermark from `after` to the last of them. The same call again after one that failed
 * must not write twice: that one may have been committed. What was written `NOW` is on the disk with all that was written before it.
 */
export type BatchWriter = (batches: readonly EngineBatch[], after: number, durability?: Durability) => Promise<void>

/** The stored watermark lies behind ours, where the database has forgotten writes or was set back: going on would leave a hole. */
export class WatermarkMoved extends Error {
  /** Where it is. */
  readonly at: number

  constructor(at: number, expected: number) {
    super(`the projections are at ${at}, not at ${expected}`)
    this.at = at
  }
}

interface Attempt {
  readonly batches: readonly EngineBatch[]
  readonly after: number
  readonly durability: Durability
}

/**
 * Takes the engine's batches off the hot path and writes them in order, exactly once each. What waits is bounded by the
 * engine, which refuses work that would run too far ahead of `onDurable`.
 */
export class Projector {
  readonly #write: BatchWriter
  readonly #onProjected: (sequence: number) => void
  readonly #onDurable: (sequence: number) => void
  readonly #log: Logger
  readonly #metrics: ProjectionMetrics
  readonly #durableEveryMs: number
  readonly #stopping = new AbortController()
  #waiting: EngineBatch[] = []
  #watermark: number
  /** The last engine sequence that no crash of the database takes back, and when that was found. */
  #durable: number
  #durableSince = Number.NEGATIVE_INFINITY
  /** What was written since, in case it is. */
  #kept: EngineBatch[] = []
  #settler: NodeJS.Timeout | undefined
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
    onDurable: (sequence: number) => void
    log: Logger
    metrics: ProjectionMetrics
    durableEveryMs?: number
  }) {
    this.#watermark = options.watermark
    this.#durable = options.watermark
    this.#taken = options.watermark
    this.#write = options.write
    this.#onProjected = options.onProjected
    this.#onDurable = options.onDurable
    this.#log = options.log
    this.#metrics = options.metrics
    this.#durableEveryMs = options.durableEveryMs ?? DURABLE_EVERY_MS
  }

  /** The last engine sequence that is stored. */
  get watermark(): number {
    return this.#watermark
  }

  /** The last engine sequence that is stored for good. */
  get durable(): number {
    return this.#durable
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
    this.#start()
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

  /** Writes what was taken, for good, then stops. */
  async close(): Promise<void> {
    this.#stopping.abort()
    clearTimeout(this.#settler)
    this.#start()
    await this.#running
  }

  #start(): void {
    if (this.#fault || (this.#waiting.length === 0 && this.#kept.length === 0)) return
    this.#running ??= this.#run()
  }

  async #run(): Promise<void> {
    let retryMs = FIRST_RETRY_MS
    /** What failed is tried again as it was, whatever has come since: only so can the writer tell that it was committed after all. */
    let failed: Attempt | null = null
    do {
      if (!this.#isFull()) await wait(COALESCE_MS, undefined, { signal: this.#stopping.signal }).catch(() => {})
      const attempt: Attempt = failed ?? this.#nextAttempt()
      try {
        await this.#metrics.timed(() => this.#write(attempt.batches, attempt.after, attempt.durability))
        retryMs = FIRST_RETRY_MS
        failed = null
        this.#trouble = null
        this.#advance(attempt)
      } catch (error) {
        this.#trouble = error
        failed = attempt
        if (error instanceof WatermarkMoved) {
          if (this.#rewind(error.at)) failed = null
          else this.#stop(error)
        } else if (this.#stopping.signal.aborted) {
          this.#log.warn({ err: error }, 'projections stop behind the engine; the next start catches up')
          break
        } else {
          this.#log.error({ err: error, after: this.#watermark }, 'projections could not be written; trying again')
          await wait(retryMs, undefined, { signal: this.#stopping.signal }).catch(() => {})
          retryMs = Math.min(retryMs * 2, LONGEST_RETRY_MS)
        }
      }
    } while (!this.#fault && (this.#waiting.length > 0 || (this.#kept.length > 0 && this.#stopping.signal.aborted)))
    this.#running = null
    this.#settleLater()
  }

  /** Where nothing comes that takes along to the disk what is not there, it is brought there by itself. */
  #settleLater(): void {
    clearTimeout(this.#settler)
    if (this.#kept.length === 0 || this.#stopping.signal.aborted) return
    this.#settler = setTimeout(() => this.#start(), this.#durableEveryMs).unref()
  }

  /** Whether a whole transaction's worth waits. */
  #isFull(): boolean {
    let events = 0
    return this.#waiting.some((batch) => {
      events += batch.events.length
      return events > MAX_EVENTS_PER_WRITE
    })
  }

  #nextAttempt(): Attempt {
    // What is there is not written twice, and what has been forgotten is.
    if (this.#waiting.length === 0) return { batches: this.#kept, after: this.#durable, durability: 'NOW' }
    let events = 0
    const end = this.#waiting.findIndex((batch) => {
      events += batch.events.length
      return events > MAX_EVENTS_PER_WRITE
    })
    const batches = this.#waiting.slice(0, end === -1 ? this.#waiting.length : Math.max(end, 1))
    const isDue =
      performance.now() - this.#durableSince > this.#durableEveryMs ||
      batches.at(-1)!.lastSequence - this.#durable > MOST_COMMANDS_NOT_DURABLE
    return {
      batches,
      after: this.#watermark,
      durability: isDue || this.#stopping.signal.aborted ? 'NOW' : 'SOON',
    }
  }

  #advance({ batches, durability }: Attempt): void {
    const { lastSequence } = batches.at(-1)!
    this.#waiting = this.#waiting.filter((batch) => batch.lastSequence > lastSequence)
    this.#watermark = lastSequence
    this.#metrics.lag(this.#taken - this.#watermark)
    if (durability === 'NOW') this.#settle(this.#watermark)
    else this.#kept.push(...batches)
    this.#onProjected(this.#watermark)
    this.#wake()
  }

  /** @param sequence up to which everything is on the disk. */
  #settle(sequence: number): void {
    this.#kept = []
    this.#durable = sequence
    this.#durableSince = performance.now()
    this.#onDurable(sequence)
  }

  /** Goes on from where a database stands that crashed. @returns whether what it has forgotten is still here. */
  #rewind(at: number): boolean {
    const forgotten = this.#kept.filter(({ lastSequence }) => lastSequence > at)
    if (at < this.#durable || forgotten[0]?.firstSequence !== at + 1) return false
    this.#log.warn(
      { at, after: this.#watermark },
      'the database has forgotten the last projections; writing them again',
    )
    this.#waiting = [...forgotten, ...this.#waiting]
    this.#watermark = at
    this.#settle(at)
    return true
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
