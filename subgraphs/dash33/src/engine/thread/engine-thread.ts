import type { MessagePort } from 'node:worker_threads'
import { hashState, writeState } from '../canonical.ts'
import { decodeSegment } from '../journal/batch-format.ts'
import { assertComplete, type Recovered, type Replayed, recover } from '../journal/recovery.ts'
import { FencedError, JournalStore } from '../journal/store.ts'
import { answersTo } from './answers.ts'
import { bookSnapshot } from './book-snapshot.ts'
import { Committer } from './committer.ts'
import { follow } from './following.ts'
import { OutcomeWriter } from './outcome-codec.ts'
import type { EngineThreadData, FromEngine, Handover, ToEngine } from './protocol.ts'

/** The engine's side of the thread: follows or leads, and says to the main thread what came of it. */
export class EngineThread {
  readonly #port: MessagePort
  readonly #data: EngineThreadData
  readonly #outcomes = new OutcomeWriter()
  readonly #closing = new AbortController()
  #store: JournalStore | null = null
  #committer: Committer | null = null
  #recovered: Recovered | null = null
  #handover: ((handover: Handover) => void) | null = null
  #failed = false

  constructor(port: MessagePort, data: EngineThreadData) {
    this.#port = port
    this.#data = data
  }

  async run(): Promise<void> {
    this.#port.on('message', (message: ToEngine) => this.#receive(message))
    try {
      const store = await JournalStore.connect(this.#data.database, (error) => this.#lost(error))
      this.#store = store
      const { handover } = this.#data
      if (handover === null) await this.#follow(store)
      else await this.#lead(store, handover)
    } catch (error) {
      await this.#fail(error, [])
    }
  }

  async #lead(store: JournalStore, handover: Handover): Promise<void> {
    await store.lead(this.#data.epoch)
    const emit = (replayed: Replayed) => this.#emit(replayed)
    const recovered = await recover(store.journal, handover.emitAfter, emit, this.#warn)
    await assertComplete(store.journal, recovered.engine, handover.emitAfter)
    this.#start(store, recovered, handover)
  }

  async #follow(store: JournalStore): Promise<void> {
    const warm = (sequence: number) => this.#post({ kind: 'FOLLOWING', sequence })
    const followed = await follow(store, { warm, warn: this.#warn, signal: this.#closing.signal })
    if (followed === null) return
    const { recovered, backlog } = followed
    const asked = new Promise<Handover>((resolve) => {
      this.#handover = resolve
    })
    this.#post({ kind: 'LEADING', sequence: recovered.engine.state.sequence, epoch: store.epoch })
    const handover = await asked
    if (handover.emitAfter < backlog.completeAfter) {
      // Projections that lag further than the backlog reaches: the journal still has it.
      await recover(store.journal, handover.emitAfter, (replayed) => this.#emit(replayed), this.#warn)
    } else {
      for (const replayed of backlog.after(handover.emitAfter)) this.#emit(replayed)
    }
    await assertComplete(store.journal, recovered.engine, handover.emitAfter)
    this.#start(store, recovered, handover)
  }

  #start(store: JournalStore, recovered: Recovered, { projectedThrough, time }: Handover): void {
    const { origin, keep } = this.#data
    this.#recovered = recovered
    this.#committer = new Committer(
      recovered,
      store,
      { origin, keep, projectedThrough, time, outcomes: this.#outcomes },
      {
        committed: (written) => this.#port.postMessage({ kind: 'OUTCOME', written } satisfies FromEngine, [written]),
        failed: (error, doubtful) => void this.#fail(error, doubtful),
        snapshotFailed: (error) => this.#warn('snapshot not kept', { reason: String(error) }),
      },
    )
    const { sequence } = recovered.engine.state
    this.#post({ kind: 'STARTED', sequence, epoch: store.epoch, replayed: recovered.replayed })
  }

  #receive(message: ToEngine): void {
    switch (message.kind) {
      case 'SUBMIT': {
        const submitted = message.segments.map((bytes) => ({ bytes, segment: decodeSegment(bytes) }))
        this.#committer?.accept(submitted, message.time)
        break
      }
      case 'PROJECTED':
        this.#committer?.projected(message.sequence)
        break
      case 'LEAD':
        this.#handover?.(message.handover)
        break
      case 'BOOK':
      case 'STATE_HASH':
        this.#committer?.ask(() => this.#tell(message))
        break
      case 'CLOSE':
        void this.#close()
    }
  }

  #tell(question: Extract<ToEngine, { kind: 'BOOK' | 'STATE_HASH' }>): void {
    const engine = this.#recovered?.engine
    if (!engine) return
    if (question.kind === 'BOOK') {
      this.#post({ kind: 'BOOK', id: question.id, book: bookSnapshot(engine, question.symbol) })
      return
    }
    const stateHash = { sequence: engine.state.sequence, hash: hashState(writeState(engine.state)) }
    this.#post({ kind: 'STATE_HASH', id: question.id, stateHash })
  }

  #emit({ batch, acks, segments }: Replayed): void {
    const written = this.#outcomes.encode({ batch, answers: answersTo(this.#data.origin, segments, acks) })
    this.#port.postMessage({ kind: 'OUTCOME', written } satisfies FromEngine, [written])
  }

  async #close(): Promise<void> {
    this.#closing.abort()
    await this.#committer?.drain()
    await this.#store?.close()
    this.#post({ kind: 'CLOSED' })
    this.#port.close()
  }

  #lost(error: Error): void {
    if (!this.#closing.signal.aborted) void this.#fail(error, this.#committer?.inFlight ?? [])
  }

  async #fail(error: unknown, doubtful: readonly number[]): Promise<void> {
    if (this.#failed) return
    this.#failed = true
    this.#committer?.stop()
    const fenced = error instanceof FencedError && (await this.#isSucceeded())
    this.#post({ kind: 'FAILED', reason: error instanceof Error ? error.message : String(error), doubtful, fenced })
    // Whatever is still in memory must never leave: the next thread knows only the journal. One turn later, for the message to go.
    setImmediate(() => process.exit(1))
  }

  /** Whether another engine has begun a newer epoch than this process's last: a lock that is only held may be our own dead session's. */
  async #isSucceeded(): Promise<boolean> {
    const ours = this.#store?.epoch || this.#data.epoch
    if (ours === null || !this.#store) return false
    return this.#store.journal.epoch().then(
      (epoch) => epoch > ours,
      () => false,
    )
  }

  readonly #warn = (message: string, fields: Record<string, unknown>): void => {
    this.#post({ kind: 'WARNING', message, fields })
  }

  #post(message: FromEngine): void {
    this.#port.postMessage(message)
  }
}
