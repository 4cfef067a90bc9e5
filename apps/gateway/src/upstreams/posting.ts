import { type Dispatcher, Pool } from 'undici'
import type { FetchLimits } from './upstream.ts'

/** Enough to keep a subgraph's two or three database connections busy; more only moves the queue. */
const MAX_CONNECTIONS = 64
const KEEP_ALIVE_MS = 30_000

export interface Posted {
  readonly status: number
  readonly cacheControl: string | null
  readonly text: string
}

/** Sends requests to one server over kept connections and reads their answers whole. */
export class Poster {
  readonly #pool: Pool
  readonly #path: string

  constructor({ origin, pathname, search }: URL) {
    this.#pool = new Pool(origin, { connections: MAX_CONNECTIONS, pipelining: 1, keepAliveTimeout: KEEP_ALIVE_MS })
    this.#path = `${pathname}${search}`
  }

  /** Rejects where the connection breaks, `timeoutMs` passes or the signal fires. */
  post(headers: Readonly<Record<string, string>>, body: string, { timeoutMs, signal }: FetchLimits): Promise<Posted> {
    if (signal?.aborted) return Promise.reject(new Error('the request was abandoned'))
    return new Promise((resolve, reject) => {
      const exchange = new Exchange(resolve, reject, timeoutMs, signal)
      this.#pool.dispatch({ method: 'POST', path: this.#path, headers, body }, exchange)
    })
  }

  close(): Promise<void> {
    return this.#pool.destroy()
  }
}

/** One request, its answer read without a stream or a signal of its own. */
class Exchange implements Dispatcher.DispatchHandler {
  readonly #resolve: (posted: Posted) => void
  readonly #reject: (error: Error) => void
  readonly #timer: NodeJS.Timeout
  readonly #signal: AbortSignal | undefined
  readonly #chunks: Buffer[] = []
  #controller: Dispatcher.DispatchController | null = null
  /** Why it is given up, also before there is a connection to give up. */
  #reason: Error | null = null
  #status = 0
  #cacheControl: string | null = null

  constructor(
    resolve: (posted: Posted) => void,
    reject: (error: Error) => void,
    timeoutMs: number,
    signal: AbortSignal | undefined,
  ) {
    this.#resolve = resolve
    this.#reject = reject
    this.#timer = setTimeout(() => this.#giveUp(`no answer within ${timeoutMs} ms`), timeoutMs)
    this.#signal = signal
    signal?.addEventListener('abort', this.#abandon)
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#reason) controller.abort(this.#reason)
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: NodeJS.Dict<string | string[]>): void {
    const cacheControl = headers['cache-control']
    this.#status = status
    this.#cacheControl = typeof cacheControl === 'string' ? cacheControl : null
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#chunks.push(chunk)
  }

  onResponseEnd(): void {
    this.#settle()
    const [first] = this.#chunks
    const whole = first && this.#chunks.length === 1 ? first : Buffer.concat(this.#chunks)
    this.#resolve({ status: this.#status, cacheControl: this.#cacheControl, text: whole.toString('utf8') })
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.#settle()
    this.#reject(error)
  }

  readonly #abandon = () => this.#giveUp('the request was abandoned')

  #giveUp(why: string): void {
    this.#reason = new Error(why)
    this.#settle()
    this.#controller?.abort(this.#reason)
    this.#reject(this.#reason)
  }

  #settle(): void {
    clearTimeout(this.#timer)
    this.#signal?.removeEventListener('abort', this.#abandon)
  }
}
