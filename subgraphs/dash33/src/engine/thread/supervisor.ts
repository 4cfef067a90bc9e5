import { Worker } from 'node:worker_threads'
import { poolConfig } from '@opsource/database'
import type { Ack, Refusal } from '../acks.ts'
import { inadmissible } from '../admission.ts'
import type { BookSnapshot, EngineClient, EngineOptions } from '../client.ts'
import type { Command } from '../commands.ts'
import type { EngineBatch } from '../events.ts'
import { LIMITS } from '../limits.ts'
import { Pending } from './pending.ts'
import type { EngineThreadData, FailureCode, FromEngine, StateHash, ToEngine } from './protocol.ts'

const FIRST_RESTART_MS = 100
const LONGEST_RESTART_MS = 5_000

type Phase = 'STARTING' | 'RUNNING' | 'RESTARTING' | 'CLOSING' | 'CLOSED'

/** The engine's thread as seen from the main one: starts it, restarts it from its journal when it ends, and answers for it meanwhile. */
export class SupervisedEngine implements EngineClient {
  readonly #options: EngineOptions
  readonly #listeners = new Set<(batch: EngineBatch) => void>()
  readonly #pending = new Pending()
  #phase: Phase = 'STARTING'
  #reason = 'the engine is starting'
  #worker: Worker | null = null
  #restartTimer: NodeJS.Timeout | null = null
  #restartMs = FIRST_RESTART_MS
  #emittedThrough: number
  #projectedThrough: number
  #onStarted: ((fault: Error | null) => void) | null = null
  #onClosed: (() => void) | null = null

  constructor(options: EngineOptions) {
    this.#options = options
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
    this.#phase = 'CLOSED'
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
    return this.#pending.submit(commands, (submissions) => {
      this.#post({ kind: 'SUBMIT', time: this.#options.clock.now(), submissions })
    })
  }

  #launch(): void {
    const data: EngineThreadData = {
      database: poolConfig(this.#options.databaseUrl),
      emitAfter: this.#emittedThrough,
      projectedThrough: this.#projectedThrough,
    }
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: data, execArgv: [] })
    this.#worker = worker
    worker.on('message', (message: FromEngine) => this.#receive(message))
    worker.on('error', (error) => this.#fail(error.message, null, 'OUTCOME_UNKNOWN'))
    worker.on('exit', () => this.#exited())
  }

  #post(message: ToEngine): void {
    this.#worker?.postMessage(message)
  }

  #receive(message: FromEngine): void {
    switch (message.kind) {
      case 'BATCH':
        this.#emit(message.batch)
        for (const { id, acks } of message.answers) this.#pending.answer(id, acks)
        break
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
        this.#fail(message.reason, message.ids, message.code)
        break
      case 'CLOSED':
        this.#onClosed?.()
    }
  }

  #emit(batch: EngineBatch): void {
    this.#emittedThrough = batch.lastSequence
    for (const listener of this.#listeners) listener(batch)
  }

  #started({ sequence, epoch, replayed }: Extract<FromEngine, { kind: 'STARTED' }>): void {
    this.#phase = 'RUNNING'
    this.#restartMs = FIRST_RESTART_MS
    this.#options.log.info({ sequence, epoch, replayed }, 'engine running')
    this.#onStarted?.(null)
    this.#onStarted = null
  }

  #fail(reason: string, ids: readonly number[] | null, code: FailureCode): void {
    this.#reason = `the engine is away: ${reason}`
    if (this.#phase === 'RUNNING') this.#phase = 'RESTARTING'
    if (this.#phase === 'RESTARTING') this.#options.log.error({ reason }, 'engine failed')
    this.#pending.fail(ids, code, reason)
  }

  /** However the thread ended, it is gone: what it did not answer may have been journaled. */
  #exited(): void {
    this.#worker = null
    this.#pending.fail(null, 'OUTCOME_UNKNOWN', 'the engine ended')
    this.#onClosed?.()
    if (this.#phase === 'CLOSING' || this.#phase === 'CLOSED') return
    if (this.#phase === 'STARTING') {
      this.#phase = 'CLOSED'
      this.#onStarted?.(new Error(this.#reason))
      return
    }
    if (this.#phase === 'RUNNING') this.#reason = 'the engine ended'
    this.#phase = 'RESTARTING'
    this.#restartTimer = setTimeout(() => this.#launch(), this.#restartMs)
    this.#restartMs = Math.min(this.#restartMs * 2, LONGEST_RESTART_MS)
  }
}
