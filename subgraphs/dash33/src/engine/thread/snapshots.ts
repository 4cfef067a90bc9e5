import { createHash } from 'node:crypto'
import { StateCopy } from '../canonical.ts'
import type { Engine } from '../engine.ts'
import type { JournalKeep, JournalStore } from '../journal/store.ts'
import { LIMITS } from '../limits.ts'

/** Closed orders written, and bytes hashed, between two looks at what else there is to do: a fraction of a millisecond. */
const ORDERS_PER_SLICE = 256
const BYTES_PER_SLICE = 262_144
const SPARE = 1.1

export interface SnapshotOptions {
  readonly keep: JournalKeep
  readonly projectedThrough: number
  /** The sequence of the newest there is. */
  readonly newest: number
}

/** Keeps the engine's state now and then, beside its work: a snapshot is of one sequence, and is written in slices between batches. */
export class Snapshots {
  readonly #engine: Engine
  readonly #store: JournalStore
  readonly #keep: JournalKeep
  readonly #failed: (error: unknown) => void
  #projectedThrough: number
  #newest: number
  #bytes: number | undefined
  #running: Promise<void> | null = null
  #stopped = false

  constructor(engine: Engine, store: JournalStore, options: SnapshotOptions, failed: (error: unknown) => void) {
    this.#engine = engine
    this.#store = store
    this.#keep = options.keep
    this.#projectedThrough = options.projectedThrough
    this.#newest = options.newest
    this.#failed = failed
  }

  /** One is being written or stored. */
  get isRunning(): boolean {
    return this.#running !== null
  }

  get isDue(): boolean {
    return this.#commands >= LIMITS.commandsPerSnapshot && !this.isRunning
  }

  /** Something has happened since the newest. */
  get isStale(): boolean {
    return this.#commands > 0
  }

  projected(sequence: number): void {
    this.#projectedThrough = Math.max(this.#projectedThrough, sequence)
  }

  /** Of what the engine shows now, all of it committed. @param journalHash of the last batch */
  take(journalHash: Uint8Array): Promise<void> {
    this.#running ??= this.#take(journalHash)
      // The journal alone suffices: the next snapshot is tried when it is due.
      .catch((error: unknown) => this.#failed(error))
      .finally(() => {
        this.#running = null
      })
    return this.#running
  }

  /** Resolves when none is under way. */
  async settled(): Promise<void> {
    await this.#running
  }

  /** Nothing more is stored. */
  stop(): void {
    this.#stopped = true
  }

  get #commands(): number {
    return this.#engine.state.sequence - this.#newest
  }

  async #take(journalHash: Uint8Array): Promise<void> {
    const { state } = this.#engine
    const { sequence } = state
    const copy = new StateCopy(state, this.#bytes)
    this.#newest = sequence
    const written = await this.#write(copy)
    if (this.#stopped) return
    this.#bytes = Math.ceil(written.length * SPARE)
    const row = { sequence, state: written, stateHash: await this.#hash(written), journalHash }
    if (!this.#stopped) await this.#store.saveSnapshot(row, this.#projectedThrough, this.#keep)
  }

  async #write(copy: StateCopy): Promise<Uint8Array> {
    try {
      while (!this.#stopped && !copy.write(ORDERS_PER_SLICE)) await turn()
    } finally {
      copy.close()
    }
    return copy.written
  }

  async #hash(written: Uint8Array): Promise<string> {
    const hash = createHash('sha256')
    for (let from = 0; from < written.length; from += BYTES_PER_SLICE) {
      hash.update(written.subarray(from, from + BYTES_PER_SLICE))
      await turn()
    }
    return hash.digest('hex')
  }
}

/** One turn of the event loop: what has come meanwhile is done first. */
const turn = () => new Promise<void>((resolve) => setImmediate(resolve))
