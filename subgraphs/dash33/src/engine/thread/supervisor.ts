import type { Worker } from 'node:worker_threads'
import type { Ack, Refusal } from '../acks.ts'
import { inadmissible } from '../admission.ts'
import type { BookSnapshot, EngineClient, EngineOptions } from '../client.ts'
import type { Command } from '../commands.ts'
import type { EngineBatch } from '../events.ts'
import { LIMITS } from '../limits.ts'
import { OutcomeReader } from './outcome-codec.ts'
import { Pending } from './pending.ts'
import type { FromEngine, Handover, StateHash, ToEngine } from './protocol.ts'
import { newOrigin, startThread } from './thread-start.ts'

const FIRST_RESTART_MS = 100
const LONGEST_RESTART_MS = 5_000

type Phase = 'STARTING' | 'RUNNING' | 'RESTARTING' | 'CLOSING' | 'CLOSED'

/** A standby's thread that holds the lock and waits to be told from where on; null where it has ended since. */
export interface LeadingThread {
  readonly worker: Worker | null
  readonly origin: number
  readonly epoch: number | null
}

/** The engine's thread as seen from the main one: starts it, restarts it from its journal when it ends, and answers for it meanwhile. */
export class SupervisedEngine implements EngineClient {
  readonly #options: EngineOptions
  readonly #listeners = new Set<(batch: EngineBatch) => void>()
  readonly #origin: number
  readonly #pending: Pending
  #leading: LeadingThread | null
  #epoch: number | null = null
  #phase: Phase = 'STARTING'
  #reason = 'the engine is starting'
  #worker: Worker | null = null
  /** Of the present thread's. */
  #outcomes = new OutcomeReader()
  #restartTimer: NodeJS.Timeout | null = null
  #patienceTimer: NodeJS.Timeout | null = null
  #restartMs = FIRST_RESTART_MS
  #emittedThrough: number
  #projectedThrough: number
  #onStarted: ((fault: Error | null) => void) | null = null
  #onClosed: (() => void) | null = null

  constructor(options: EngineOptions, leading: LeadingThread | null = null) {
    this.#options = options
    this.#leading = leading
    this.#origin = leading?.origin ?? newOrigin(options.random)
    this.#pending = new Pending(this.#origin)
    this.#emittedThrough = options.projectedThrough
    this.#projectedThrough = options.projectedThrough
    this.#listeners.add(options.onBatch)
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#onStarted = (fault) => (fault ? reject(fault) : resolve())
      this.#launch()
    })
  }

  async submit(commands: readonly Command[]): Promise<readonly Ack[]> {
    if (commands.length === 0) return []
    const refusals = commands.map((command) => inadmissible(command))
    if (refusals.every((refusal) => refusal === null)) return this.#journal(commands)
    const admissible = commands.filter((_, index) => refusals[index] === null)
    const acks = await this.#journal(admissible)
    let next = 0
    return refusals.map((refusal) => refusal ?? acks[next++]!)
  }

  onBatch(listener: (batch: EngineBatch) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  projected(sequence: number): void {
    this.#projectedThrough = Math.max(this.#projectedThrough, sequence)
    this.#post({ kind: 'PROJECTED', sequence })
  }

  async book(symbol: string): Promise<BookSnapshot> {
    await this.ready()
    const book = await this.#pending.ask<BookSnapshot | null>((id) => this.#post({ kind: 'BOOK', id, symbol }))
    if (!book) throw new Error(`no market ${symbol}`)
    return book
  }

  async stateHash(): Promise<StateHash> {
    await this.ready()
    return this.#pending.ask<StateHash>((id) => this.#post({ kind: 'STATE_HASH', id }))
  }

  async ready(): Promise<void> {
    if (this.#phase !== 'RUNNING') throw new Error(this.#reason)
    if (this.#lag > LIMITS.unprojectedCommands) throw new Error('the projections lag too far behind the engine')
  }

  async close(): Promise<void> {
    if (this.#phase === 'CLOSED' || this.#phase === 'CLOSING') return
    if (this.#restartTimer) clearTimeout(this.#restartTimer)
    const running = this.#phase === 'RUNNING'
    this.#phase = 'CLOSING'
    this.#reason = 'the engine is closed'
    if (running) {
      const closed = new Promise<void>((resolve) => {
        this.#onClosed = resolve
      })
      // After what was submitted in this turn.
      setImmediate(() => this.#post({ kind: 'CLOSE' }))
      await closed
    }
    await this.#worker?.terminate()
    this.#end('the engine is closed')
  }

  get #lag(): number {
    return this.#emittedThrough - this.#projectedThrough
  }

  async #journal(commands: readonly Command[]): Promise<readonly Ack[]> {
    if (commands.length === 0) return []
    const refuse = (refusal: Refusal) => commands.map(() => refusal)
    if (commands.length > LIMITS.commandsPerSubmission) {
      return refuse({ kind: 'REFUSED', code: 'LIMIT_REACHED', limit: 'commandsPerSubmission' })
    }
    const full = this.#pending.commands + commands.length > LIMITS.waitingCommands
    if (full || this.#phase !== 'RUNNING' || this.#lag > LIMITS.unprojectedCommands) {
      return refuse({ kind: 'REFUSED', code: 'ENGINE_UNAVAILABLE' })
    }
    try {
      return await this.#pending.submit(commands, (segments) => this.#send(segments))
    } catch (error) {
      // Admission lets nothing through that cannot be journaled: if it ever does, its sender hears of it and nobody else.
      this.#options.log.error({ err: error }, 'a command could not be journaled')
      return refuse({ kind: 'REFUSED', code: 'INVALID_COMMAND', field: 'kind' })
    }
  }

  #send(segments: readonly Uint8Array<ArrayBuffer>[]): void {
    const message: ToEngine = { kind: 'SUBMIT', time: this.#options.clock.now(), segments }
    const buffers = segments.map(({ buffer }) => buffer)
    this.#worker?.postMessage(message, buffers)
  }

  #launch(): void {
    const handover: Handover = {
      emitAfter: this.#emittedThrough,
      projectedThrough: this.#projectedThrough,
      time: this.#options.clock.now(),
    }
    const leading = this.#leading
    this.#leading = null
    this.#epoch = leading?.epoch ?? this.#epoch
    const worker = leading?.worker ?? startThread(this.#options, { origin: this.#origin, handover, epoch: this.#epoch })
    this.#worker = worker
    this.#outcomes = new OutcomeReader()
    worker.on('message', (message: FromEngine) => this.#receive(message))
    worker.on('error', (error) => this.#failed(error.message, null))
    worker.on('exit', () => this.#exited())
    if (leading?.worker) this.#post({ kind: 'LEAD', handover })
  }

  #post(message: ToEngine): void {
    this.#worker?.postMessage(message)
  }

  #receive(message: FromEngine): void {
    switch (message.kind) {
      case 'OUTCOME': {
        const { batch, answers } = this.#outcomes.decode(message.written)
        this.#emit(batch)
        for (const { id, acks } of answers) this.#pending.answer(id, acks)
        break
      }
      case 'STARTED':
        this.#started(message)
        break
      case 'BOOK':
        this.#pending.reply(message.id, message.book)
        break
      case 'STATE_HASH':
        this.#pending.reply(message.id, message.stateHash)
        break
      case 'WARNING':
        this.#options.log.warn(message.fields, message.message)
        break
      case 'FAILED':
        this.#failed(message.reason, message.doubtful)
        if (message.fenced) this.#fenced(message.reason)
        break
      case 'CLOSED':
        this.#onClosed?.()
    }
  }

  #emit(batch: EngineBatch): void {
    this.#emittedThrough = batch.lastSequence
    for (const listener of this.#listeners) listener(batch)
  }

  /** The journal has been read again under the new epoch: what was in doubt and not answered from it is not in it. */
  #started({ sequence, epoch, replayed }: Extract<FromEngine, { kind: 'STARTED' }>): void {
    if (this.#phase === 'CLOSING' || this.#phase === 'CLOSED') return
    this.#phase = 'RUNNING'
    this.#epoch = epoch
    this.#restartMs = FIRST_RESTART_MS
    this.#stopWaiting()
    this.#pending.settle()
    this.#options.log.info({ sequence, epoch, replayed }, 'engine running')
    this.#onStarted?.(null)
    this.#onStarted = null
  }

  /** @param doubtful submissions whose commit may have happened; null: any that were sent. */
  #failed(reason: string, doubtful: readonly number[] | null): void {
    this.#reason = this.#phase === 'STARTING' ? reason : `the engine is away: ${reason}`
    if (this.#phase === 'RUNNING') this.#phase = 'RESTARTING'
    if (this.#phase === 'RESTARTING') this.#options.log.error({ reason }, 'engine failed')
    this.#pending.lose(doubtful, reason)
    if (this.#pending.inDoubt) {
      this.#patienceTimer ??= setTimeout(() => this.#giveUp(), LIMITS.outcomePatienceMs)
    }
  }

  #giveUp(): void {
    this.#stopWaiting()
    this.#pending.giveUp()
  }

  #stopWaiting(): void {
    if (this.#patienceTimer) clearTimeout(this.#patienceTimer)
    this.#patienceTimer = null
  }

  #fenced(reason: string): void {
    if (this.#phase !== 'RESTARTING') return
    this.#end(reason)
    this.#options.onFenced?.(reason)
  }

  #end(reason: string): void {
    this.#phase = 'CLOSED'
    this.#reason = reason
    this.#pending.lose(null, reason)
    this.#giveUp()
  }

  /** However the thread ended, it is gone: what it did not answer may have been journaled. */
  #exited(): void {
    this.#worker = null
    this.#onClosed?.()
    if (this.#phase === 'CLOSING' || this.#phase === 'CLOSED') return
    if (this.#phase === 'STARTING') {
      this.#phase = 'CLOSED'
      this.#onStarted?.(new Error(this.#reason))
      return
    }
    if (this.#phase === 'RUNNING') this.#failed('its thread ended', null)
    this.#restartTimer = setTimeout(() => this.#launch(), this.#restartMs)
    this.#restartMs = Math.min(this.#restartMs * 2, LONGEST_RESTART_MS)
  }
}
