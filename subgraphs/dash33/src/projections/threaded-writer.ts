import { Worker } from 'node:worker_threads'
import type { ClientConfig } from 'pg'
import { type BatchWriter, type Durability, WatermarkMoved } from './projector.ts'

/** What the writing thread is asked: one at a time, the next when the last was answered. */
export interface WriteRequest {
  readonly batches: Parameters<BatchWriter>[0]
  readonly after: number
  readonly durability: Durability
}

export type WriteAnswer =
  | { readonly kind: 'WRITTEN' }
  | { readonly kind: 'WATERMARK_MOVED'; readonly at: number }
  | { readonly kind: 'FAILED'; readonly message: string }

/**
 * Folds and writes in a thread of its own, so that the thread that answers requests only hands batches over. A thread that ends takes with it what it was
 * writing: that write fails, and the next one starts another thread.
 */
export class ThreadedWriter {
  readonly #database: ClientConfig
  #worker: Worker | null = null
  #pending: { readonly after: number; readonly resolve: () => void; readonly reject: (error: Error) => void } | null =
    null

  constructor(database: ClientConfig) {
    this.#database = database
    // So that it is up when the first batch comes.
    this.#worker = this.#launch()
  }

  readonly write: BatchWriter = (batches, after, durability = 'NOW') => {
    if (this.#pending) throw new Error('one write at a time')
    this.#worker ??= this.#launch()
    const worker = this.#worker
    return new Promise<void>((resolve, reject) => {
      this.#pending = { after, resolve, reject }
      const request: WriteRequest = { batches, after, durability }
      worker.postMessage(request)
    })
  }

  /** Ends the thread; what it was writing was written whole or not at all. */
  async close(): Promise<void> {
    await this.#worker?.terminate()
  }

  #launch(): Worker {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: this.#database, execArgv: [] })
    worker.on('message', (answer: WriteAnswer) => this.#answer(answer))
    worker.on('error', (error) => this.#gone(worker, error))
    worker.on('exit', (code) => this.#gone(worker, new Error(`the projecting thread ended with ${code}`)))
    return worker
  }

  #answer(answer: WriteAnswer): void {
    const pending = this.#pending
    this.#pending = null
    if (answer.kind === 'WRITTEN') pending?.resolve()
    else if (answer.kind === 'WATERMARK_MOVED') pending?.reject(new WatermarkMoved(answer.at, pending.after))
    else pending?.reject(new Error(answer.message))
  }

  #gone(worker: Worker, error: Error): void {
    if (this.#worker !== worker) return
    this.#worker = null
    this.#pending?.reject(error)
    this.#pending = null
  }
}
