import { err, ok, type Result } from '@opsource/kernel'
import { RestartedWorker } from '../workers/index.ts'
import type { HistoryRefusal } from './joint-history.ts'
import type { RiskAnswer, RiskQuestion } from './protocol.ts'

/** Each takes a tenth of a second to a whole one: who would be farther behind is better told so. */
const MAX_WAITING = 16
/** Of them of one caller, so that nobody keeps others from being answered. */
const MAX_WAITING_EACH = 4
/** Less than the gateway waits for a subgraph. */
const PATIENCE_MS = 8_000
/** A thread that is silent for this long hangs. */
const HUNG_MS = 60_000
/** Bars of the reference markets and the scenarios of a portfolio are some 30 MB. */
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
  readonly caller: string
  readonly question: RiskQuestion
  readonly resolve: (answer: CalculatorAnswer) => void
  readonly reject: (error: Error) => void
  readonly timer: NodeJS.Timeout
  isSettled: boolean
}

/**
 * Computes risk in a thread of its own, which the first question starts, one question after the other. One that nobody waits for any more
 * is left out.
 */
export class RiskCalculator {
  readonly #observer: CalculatorObserver
  readonly #worker: RestartedWorker<RiskQuestion, RiskAnswer>
  readonly #queue: Waiting[] = []
  #started: Promise<void> | undefined
  #isRunning = false
  #isClosed = false

  constructor(observer: CalculatorObserver) {
    this.#observer = observer
    this.#worker = new RestartedWorker({
      file: new URL('./worker.ts', import.meta.url),
      maxHeapMb: MAX_HEAP_MB,
      onLost: (reason) => observer.calculatorEnded(reason),
    })
  }

  /** Rejects where the computation itself fails, which is a fault of ours. @param caller who asks: a user's id */
  ask(caller: string, question: RiskQuestion, patienceMs = PATIENCE_MS): Promise<CalculatorAnswer> {
    const own = this.#queue.filter((waiting) => waiting.caller === caller).length
    if (this.#isClosed || this.#queue.length >= MAX_WAITING || own >= MAX_WAITING_EACH)
      return Promise.resolve(this.#turnAway('BUSY'))
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => settle(waiting, () => resolve(this.#turnAway('TIMED_OUT'))), patienceMs)
      const waiting: Waiting = { caller, question, resolve, reject, timer, isSettled: false }
      this.#queue.push(waiting)
      void this.#run()
    })
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await this.#worker.close()
    for (const waiting of this.#queue.splice(0)) settle(waiting, () => waiting.resolve(this.#turnAway('BUSY')))
  }

  async #run(): Promise<void> {
    if (this.#isRunning) return
    this.#isRunning = true
    while (!this.#isClosed) {
      const next = this.#queue.shift()
      if (!next) break
      if (!next.isSettled) await this.#answer(next)
    }
    this.#isRunning = false
  }

  async #answer(waiting: Waiting): Promise<void> {
    try {
      const startedAt = performance.now()
      const answer = await this.#compute(waiting.question)
      if (answer.ok) this.#observer.assessed(performance.now() - startedAt)
      settle(waiting, () => waiting.resolve(answer))
    } catch (error) {
      // A thread that was still starting ends without an answer, which is no fault then.
      if (this.#isClosed) return settle(waiting, () => waiting.resolve(this.#turnAway('BUSY')))
      settle(waiting, () => waiting.reject(error instanceof Error ? error : new Error(String(error))))
    }
  }

  async #compute(question: RiskQuestion): Promise<CalculatorAnswer> {
    this.#started ??= this.#worker.start()
    await this.#started.catch((error: unknown) => {
      this.#started = undefined
      throw error
    })
    const result = await this.#worker.ask(question, { timeoutMs: HUNG_MS })
    if (result.ok) return result.value.ok ? ok(result.value.value) : result.value
    if (result.error.kind === 'FAILED') throw new Error(`the risk could not be computed: ${result.error.message}`)
    return this.#turnAway('TIMED_OUT')
  }

  #turnAway(kind: CalculatorRefusal['kind']): { ok: false; error: CalculatorRefusal } {
    this.#observer.turnedAway(kind)
    return err({ kind })
  }
}

function settle(waiting: Waiting, how: () => void): void {
  if (waiting.isSettled) return
  waiting.isSettled = true
  clearTimeout(waiting.timer)
  how()
}
