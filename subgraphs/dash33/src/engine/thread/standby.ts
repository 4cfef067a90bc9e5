import type { Worker } from 'node:worker_threads'
import type { EngineClient, EngineOptions, JournalOptions, StandbyEngine } from '../client.ts'
import type { FromEngine } from './protocol.ts'
import { SupervisedEngine } from './supervisor.ts'
import { newOrigin, startThread } from './thread-start.ts'

const RESTART_MS = 500

/** The standby's thread as seen from the main one: started again whenever it ends, until it leads. */
export class Standby implements StandbyEngine {
  readonly #options: JournalOptions
  readonly #origin: number
  readonly #warm = Promise.withResolvers<void>()
  readonly #leads = Promise.withResolvers<void>()
  /** Null once it has said that it ends, or has ended. */
  #worker: Worker | null
  #restart: NodeJS.Timeout | null = null
  #reason = 'the standby ended'
  #isWarm = false
  #epoch: number | null = null
  #handedOver = false
  #closed = false

  constructor(options: JournalOptions) {
    this.#options = options
    this.#origin = newOrigin(options.random)
    // Whoever waits hears of it; nobody has to.
    this.#warm.promise.catch(() => undefined)
    this.#leads.promise.catch(() => undefined)
    this.#worker = this.#launch()
  }

  warm(): Promise<void> {
    return this.#warm.promise
  }

  leads(): Promise<void> {
    return this.#leads.promise
  }

  async start(options: EngineOptions): Promise<EngineClient> {
    // By name: the worker has listeners of its own.
    for (const name of ['message', 'error', 'exit']) this.#worker?.removeAllListeners(name)
    this.#handedOver = true
    const engine = new SupervisedEngine(options, { worker: this.#worker, origin: this.#origin, epoch: this.#epoch })
    await engine.start()
    return engine
  }

  async close(): Promise<void> {
    if (this.#handedOver || this.#closed) return
    this.#closed = true
    if (this.#restart) clearTimeout(this.#restart)
    this.#leads.reject(new Error('the standby is closed'))
    await this.#worker?.terminate()
  }

  #launch(): Worker {
    const worker = startThread(this.#options, { origin: this.#origin, handover: null, epoch: null })
    worker.on('message', (message: FromEngine) => this.#receive(message))
    worker.on('error', (error) => {
      this.#reason = error.message
    })
    worker.on('exit', () => this.#exited())
    return worker
  }

  #receive(message: FromEngine): void {
    const { log } = this.#options
    if (message.kind === 'FOLLOWING') {
      this.#isWarm = true
      log.info({ sequence: message.sequence }, 'standby: following the journal')
      this.#warm.resolve()
    } else if (message.kind === 'LEADING') {
      this.#epoch = message.epoch
      log.info({ sequence: message.sequence, epoch: message.epoch }, 'standby: the lock is ours')
      this.#leads.resolve()
    } else if (message.kind === 'FAILED') {
      this.#reason = message.reason
      this.#worker = null
    } else if (message.kind === 'WARNING') {
      log.warn(message.fields, message.message)
    }
  }

  /** Before it was ever warm there is nothing to wait for: the journal cannot be followed. */
  #exited(): void {
    this.#worker = null
    if (this.#closed) return
    const fault = new Error(this.#reason)
    if (this.#isWarm && this.#epoch === null) {
      this.#options.log.error({ reason: this.#reason }, 'standby failed; starting it again')
      this.#restart = setTimeout(() => {
        this.#worker = this.#launch()
      }, RESTART_MS)
      return
    }
    this.#warm.reject(fault)
    this.#leads.reject(fault)
  }
}
