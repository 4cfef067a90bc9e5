import type { Command } from '../commands.ts'
import type { Engine } from '../engine.ts'
import { encodeBatch, type Segment, segmentOf } from '../journal/batch-format.ts'
import type { Recovered } from '../journal/recovery.ts'
import { hashRow, type JournalRow } from '../journal/rows.ts'
import { type JournalKeep, type JournalStore, mayBeCommitted } from '../journal/store.ts'
import { LIMITS } from '../limits.ts'
import { answersTo } from './answers.ts'
import type { OutcomeWriter } from './outcome-codec.ts'
import { Snapshots } from './snapshots.ts'

const TICK: Command = { kind: 'TICK' }
const TICK_SEGMENT: Segment = { origin: 0, firstId: 0, sizes: [1], commands: [TICK] }
const TICK_BYTES = segmentOf([TICK])
/** The longest that `setTimeout` can wait. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

export interface CommitterEvents {
  /** The batch is committed: only now may anything of it leave. */
  committed(outcome: ArrayBuffer): void
  /** Nothing of it may leave, and nothing later will be taken: only the journal knows what is so. `doubtful`: submissions that it may hold. */
  failed(error: unknown, doubtful: readonly number[]): void
  snapshotFailed(error: unknown): void
}

export interface CommitterOptions {
  /** Whose submissions are answered. */
  readonly origin: number
  readonly projectedThrough: number
  readonly keep: JournalKeep
  /** Milliseconds since the Unix epoch, now. */
  readonly time: number
  /** The thread's one writer: what the start handed out came before. */
  readonly outcomes: OutcomeWriter
}

/** A segment as it was submitted, and what it says. */
interface Waiting {
  readonly bytes: Uint8Array
  readonly segment: Segment
}

/** The single writer: applies and journals what has gathered while the last commit was under way. */
export class Committer {
  readonly #engine: Engine
  readonly #store: JournalStore
  readonly #origin: number
  readonly #events: CommitterEvents
  readonly #outcomes: OutcomeWriter
  #waiting: Waiting[] = []
  #questions: (() => void)[] = []
  #time: number
  /** What the clock said last, and when: after it was set back less than `#time`, which stands still until the clock has caught up. */
  #clock: number
  #clockTakenAt: number
  #journalHash: Uint8Array
  #isRunning = false
  #running: Promise<void> = Promise.resolve()
  #stopped = false
  #inFlight: readonly Waiting[] = []
  #timer: NodeJS.Timeout | null = null
  readonly #snapshots: Snapshots
  #snapshotTimer: NodeJS.Timeout | null = null

  constructor(recovered: Recovered, store: JournalStore, options: CommitterOptions, events: CommitterEvents) {
    this.#engine = recovered.engine
    this.#journalHash = recovered.journalHash
    this.#store = store
    this.#origin = options.origin
    this.#outcomes = options.outcomes
    this.#time = options.time
    this.#clock = options.time
    this.#clockTakenAt = performance.now()
    this.#events = events
    const { keep, projectedThrough } = options
    this.#snapshots = new Snapshots(
      recovered.engine,
      store,
      { keep, projectedThrough, newest: recovered.fromSnapshot },
      (error) => events.snapshotFailed(error),
    )
    this.#wakeInTime()
  }

  /** Submissions whose commit is under way. */
  get inFlight(): readonly number[] {
    return this.#inFlight.flatMap(({ segment }) => segment.sizes.map((_, i) => segment.firstId + i))
  }

  /** @param time milliseconds since the Unix epoch; the engine's time is the latest that it was given, and never runs backwards. */
  accept(submitted: readonly Waiting[], time: number): void {
    this.#setTime(time)
    for (const each of submitted) this.#waiting.push(each)
    this.#start()
  }

  /** Calls back when everything that the engine shows is committed. */
  ask(question: () => void): void {
    this.#questions.push(question)
    this.#start()
  }

  projected(sequence: number): void {
    this.#snapshots.projected(sequence)
  }

  /** Finishes what was accepted and keeps the state. */
  async drain(): Promise<void> {
    await this.#running
    if (this.#timer) clearTimeout(this.#timer)
    if (this.#snapshotTimer) clearTimeout(this.#snapshotTimer)
    await this.#snapshots.settled()
    if (!this.#stopped && this.#snapshots.isStale) await this.#takeSnapshot()
  }

  /** Nothing more is journaled: the lock may already be another engine's. */
  stop(): void {
    this.#stopped = true
    this.#snapshots.stop()
    if (this.#timer) clearTimeout(this.#timer)
    if (this.#snapshotTimer) clearTimeout(this.#snapshotTimer)
  }

  #start(): void {
    if (this.#isRunning) return
    this.#isRunning = true
    this.#running = this.#run()
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      for (const question of this.#questions.splice(0)) question()
      if (this.#waiting.length === 0 && !this.#isDue()) break
      await this.#commit(this.#takeBatch())
    }
    this.#isRunning = false
    this.#wakeInTime()
  }

  /** Whole submissions only: what was submitted together is journaled together. */
  #takeBatch(): Waiting[] {
    let size = 0
    let count = 0
    while (count < this.#waiting.length && size < LIMITS.commandsPerBatch) {
      size += this.#waiting[count]!.segment.commands.length
      count++
    }
    const batch = this.#waiting.splice(0, count)
    // What is due happens before anything that comes at or after its time.
    return this.#isDue() ? [{ bytes: TICK_BYTES, segment: TICK_SEGMENT }, ...batch] : batch
  }

  async #commit(waiting: readonly Waiting[]): Promise<void> {
    const segments = waiting.map(({ segment }) => segment)
    const commands = segments.flatMap((segment) => segment.commands)
    const time = Math.max(this.#time, this.#engine.state.time)
    let begun = false
    try {
      const row = this.#row(
        encodeBatch(
          time,
          waiting.map(({ bytes }) => bytes),
        ),
        commands.length,
      )
      // Applied before it is journaled: a command that the engine cannot carry out must not be what every start stumbles over.
      const { batch, acks } = this.#engine.applyBatch(commands, time)
      begun = true
      this.#inFlight = waiting
      const appended = this.#store.append(row)
      const outcome = this.#outcomes.encode({ batch, answers: answersTo(this.#origin, segments, acks) })
      await appended
      if (this.#stopped) return
      this.#inFlight = []
      this.#journalHash = row.hash
      this.#events.committed(outcome)
      this.#scheduleSnapshot()
    } catch (error) {
      this.stop()
      this.#events.failed(error, begun && mayBeCommitted(error) ? this.inFlight : [])
    }
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

  #setTime(time: number): void {
    this.#clock = time
    this.#clockTakenAt = performance.now()
    this.#time = Math.max(this.#time, time)
  }

  /** Between two messages of the main thread time goes on as this thread measures it. */
  get #now(): number {
    return Math.floor(this.#clock + performance.now() - this.#clockTakenAt)
  }

  #isDue(): boolean {
    const { nextTimer } = this.#engine
    return nextTimer !== null && nextTimer <= this.#time
  }

  /** What is due when nothing else comes still happens in time. */
  #wakeInTime(): void {
    if (this.#timer) clearTimeout(this.#timer)
    this.#timer = null
    const { nextTimer } = this.#engine
    if (nextTimer === null || this.#stopped) return
    const delay = Math.min(Math.max(1, nextTimer - this.#now), LONGEST_TIMER_MS)
    this.#timer = setTimeout(() => {
      this.#setTime(this.#now)
      if (!this.#isRunning && !this.#isDue()) this.#wakeInTime()
      else this.#start()
    }, delay)
  }

  #scheduleSnapshot(): void {
    if (this.#snapshots.isRunning) return
    if (this.#snapshots.isDue) void this.#takeSnapshot()
    else
      this.#snapshotTimer ??= setTimeout(
        () => this.ask(() => void this.#takeSnapshot()),
        LIMITS.snapshotIntervalMs,
      ).unref()
  }

  /** Between two batches. */
  #takeSnapshot(): Promise<void> {
    if (this.#snapshotTimer) clearTimeout(this.#snapshotTimer)
    this.#snapshotTimer = null
    return this.#snapshots.take(this.#journalHash)
  }
}
