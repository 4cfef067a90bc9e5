import type { Ack } from '../acks.ts'
import { hashState, writeState } from '../canonical.ts'
import type { Engine } from '../engine.ts'
import type { EngineBatch } from '../events.ts'
import { encodeCommands } from '../journal/command-codec.ts'
import { LIMITS } from '../limits.ts'
import type { Answer, FailureCode, Submission } from './protocol.ts'
import type { Recovered } from '../journal/recovery.ts'
import { hashRow, type JournalRow, type JournalStore, mayBeCommitted } from '../journal/store.ts'

export interface CommitterEvents {
  /** The batch is committed and applied: only now may anything of it leave. */
  committed(batch: EngineBatch, answers: readonly Answer[]): void
  /** The batch's commit failed; nothing of it was applied, nothing later will be. */
  failed(error: unknown, ids: readonly number[], code: FailureCode): void
  snapshotFailed(error: unknown): void
}

/** The single writer: journals what has gathered while the last commit was under way, then applies it. */
export class Committer {
  readonly #engine: Engine
  readonly #store: JournalStore
  readonly #events: CommitterEvents
  #waiting: Submission[] = []
  #time = 0
  #journalHash: Uint8Array
  #running: Promise<void> | null = null
  #stopped = false
  #projectedThrough: number
  #snapshotSequence: number
  #snapshot: Promise<void> | null = null
  #snapshotTimer: NodeJS.Timeout | null = null

  constructor(recovered: Recovered, store: JournalStore, projectedThrough: number, events: CommitterEvents) {
    this.#engine = recovered.engine
    this.#journalHash = recovered.journalHash
    this.#snapshotSequence = recovered.fromSnapshot
    this.#store = store
    this.#projectedThrough = projectedThrough
    this.#events = events
  }

  /** @param time milliseconds since the Unix epoch; the engine's time is the latest that it was given, and never runs backwards. */
  accept(submissions: readonly Submission[], time: number): void {
    this.#time = Math.max(this.#time, time)
    for (const submission of submissions) this.#waiting.push(submission)
    this.#running ??= this.#run()
  }

  projected(sequence: number): void {
    this.#projectedThrough = Math.max(this.#projectedThrough, sequence)
  }

  /** Finishes what was accepted and keeps the state. */
  async drain(): Promise<void> {
    await this.#running
    if (this.#snapshotTimer) clearTimeout(this.#snapshotTimer)
    await this.#snapshot
    if (!this.#stopped && this.#engine.state.sequence > this.#snapshotSequence) await this.#takeSnapshot()
  }

  /** Nothing more is journaled: the lock may already be another engine's. */
  stop(): void {
    this.#stopped = true
    if (this.#snapshotTimer) clearTimeout(this.#snapshotTimer)
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0 && !this.#stopped) await this.#commit(this.#takeBatch())
    this.#running = null
  }

  /** Whole submissions only: what was submitted together is journaled together. */
  #takeBatch(): Submission[] {
    let size = 0
    let count = 0
    while (count < this.#waiting.length && size < LIMITS.commandsPerBatch) {
      size += this.#waiting[count]!.commands.length
      count++
    }
    return this.#waiting.splice(0, count)
  }

  async #commit(submissions: readonly Submission[]): Promise<void> {
    const commands = submissions.flatMap((submission) => submission.commands)
    const time = Math.max(this.#time, this.#engine.state.time)
    const row = this.#row(encodeCommands({ time, commands }), commands.length)
    try {
      await this.#store.append(row)
    } catch (error) {
      this.#stopped = true
      const code = mayBeCommitted(error) ? 'OUTCOME_UNKNOWN' : 'ENGINE_UNAVAILABLE'
      const ids = submissions.map((submission) => submission.id)
      this.#events.failed(error, ids, code)
      return
    }
    this.#journalHash = row.hash
    const { batch, acks } = this.#engine.applyBatch(commands, time)
    this.#events.committed(batch, answersOf(submissions, acks))
    this.#scheduleSnapshot()
  }

  #row(payload: Uint8Array, commands: number): JournalRow {
    const { sequence, digest } = this.#engine.state
    const row = {
      firstSequence: sequence + 1,
      lastSequence: sequence + commands,
      epoch: this.#store.epoch,
      payload,
      digestBefore: digest.hex(),
      previousHash: this.#journalHash,
    }
    return { ...row, hash: hashRow(row) }
  }

  #scheduleSnapshot(): void {
    if (this.#snapshot) return
    if (this.#engine.state.sequence - this.#snapshotSequence >= LIMITS.commandsPerSnapshot) void this.#takeSnapshot()
    else this.#snapshotTimer ??= setTimeout(() => void this.#takeSnapshot(), LIMITS.snapshotIntervalMs).unref()
  }

  /** Writes the state at once, between two batches, and keeps it in the background. */
  #takeSnapshot(): Promise<void> {
    if (this.#snapshotTimer) clearTimeout(this.#snapshotTimer)
    this.#snapshotTimer = null
    const { sequence } = this.#engine.state
    const state = writeState(this.#engine.state)
    this.#snapshotSequence = sequence
    const row = { sequence, state, stateHash: hashState(state), journalHash: this.#journalHash }
    this.#snapshot = this.#store
      .saveSnapshot(row, this.#projectedThrough)
      // The journal alone suffices: the next snapshot is tried when it is due.
      .catch((error: unknown) => this.#events.snapshotFailed(error))
      .finally(() => {
        this.#snapshot = null
      })
    return this.#snapshot
  }
}

function answersOf(submissions: readonly Submission[], acks: readonly Ack[]): Answer[] {
  let next = 0
  return submissions.map(({ id, commands }) => {
    const from = next
    next += commands.length
    return { id, acks: acks.slice(from, next) }
  })
}
