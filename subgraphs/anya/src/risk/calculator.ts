import { Worker } from 'node:worker_threads'
import { err, type Result } from '@opsource/kernel'
import type { HistoryRefusal } from './joint-history.ts'
import type { RiskAnswer, RiskQuestion, RiskReply } from './protocol.ts'

/** Each takes about half a second: who would be farther behind is better told so. */
const MAX_WAITING = 16
/** Less than the gateway waits for a subgraph. */
const PATIENCE_MS = 8_000
/** A thread that is silent for this long hangs. */
const HUNG_MS = 60_000
/** Bars of four reference markets and the scenarios of a portfolio are some 30 MB. */
const MAX_HEAP_MB = 192

export type CalculatorRefusal = { readonly kind: 'BUSY' | 'TIMED_OUT' }
export type CalculatorAnswer =
  RiskAnswer extends Result<infer T, HistoryRefusal> ? Result<T, HistoryRefusal | CalculatorRefusal> : never

export interface CalculatorObserver {
  assessed(milliseconds: number): void
  turnedAway(reason: CalculatorRefusal['kind']): void
  calculatorEnded(reason: string): void
}

interface Waiting {
  readonly question: RiskQuestion
  readonly resolve: (answer: CalculatorAnswer) => void
  readonly reject: (error: Error) => void
  readonly askedAt: number
  readonly timer: NodeJS.Timeout
  isSettled: boolean
}

/**
 * Computes risk in a thread of its own, one question after the other: it is started by the first one, and one that dies or hangs is
 * replaced by the next. A question that nobody waits for any more is left out.
 */
export class RiskCalculator {
  readonly #observer: CalculatorObserver
  readonly #queue: Waiting[] = []
  #worker: Worker | undefined
  #running: Waiting | undefined
  #hung: NodeJS.Timeout | undefined
  #isClosed = false

  constructor(observer: CalculatorObserver) {
    this.#observer = observer
  }

  /** Rejects where the computation itself fails, which is a fault of ours. */
  ask(question: RiskQuestion, patienceMs = PATIENCE_MS): Promise<CalculatorAnswer> {
    if (this.#isClosed || this.#queue.length >= MAX_WAITING) return Promise.resolve(this.#turnAway('BUSY'))
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#settle(waiting, this.#turnAway('TIMED_OUT')), patienceMs)
      const waiting: Waiting = { question, resolve, reject, timer, askedAt: performance.now(), isSettled: false }
      this.#queue.push(waiting)
      this.#next()
    })
  }

  async close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#hung)
    await this.#worker?.terminate()
    for (const waiting of this.#queue.splice(0)) this.#settle(waiting, this.#turnAway('BUSY'))
  }

  #next(): void {
    if (this.#running || this.#isClosed) return
    let next = this.#queue.shift()
    while (next?.isSettled) next = this.#queue.shift()
    if (!next) return
    this.#running = next
    this.#worker ??= this.#spawn()
    this.#hung = setTimeout(() => void this.#worker?.terminate(), HUNG_MS)
    this.#worker.postMessage(next.question)
  }

  #spawn(): Worker {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB },
    })
    let reason = 'ended'
    worker.on('message', (reply: RiskReply) => this.#take(reply))
    worker.on('error', (error) => {
      reason = error instanceof Error ? error.message : String(error)
    })
    worker.on('exit', () => {
      this.#worker = undefined
      const interrupted = this.#finish()
      if (!this.#isClosed) this.#observer.calculatorEnded(reason)
      if (interrupted) this.#settle(interrupted, this.#turnAway('TIMED_OUT'))
      this.#next()
    })
    worker.unref()
    return worker
  }

  #take(reply: RiskReply): void {
    const done = this.#finish()
    this.#next()
    if (!done || done.isSettled) return
    if (reply.kind === 'ANSWER') {
      this.#observer.assessed(performance.now() - done.askedAt)
      this.#settle(done, reply.answer)
    } else {
      done.isSettled = true
      clearTimeout(done.timer)
      done.reject(new Error(`the risk could not be computed: ${reply.message}`))
    }
  }

  #finish(): Waiting | undefined {
    clearTimeout(this.#hung)
    const running = this.#running
    this.#running = undefined
    return running
  }

  #settle(waiting: Waiting, answer: CalculatorAnswer): void {
    if (waiting.isSettled) return
    waiting.isSettled = true
    clearTimeout(waiting.timer)
    waiting.resolve(answer)
  }

  #turnAway(kind: CalculatorRefusal['kind']): { ok: false; error: CalculatorRefusal } {
    this.#observer.turnedAway(kind)
    return err({ kind })
  }
}
