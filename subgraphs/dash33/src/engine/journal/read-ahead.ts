import { on } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { ClientConfig } from 'pg'
import { LIMITS } from '../limits.ts'
import { JournalDamagedError } from './chain.ts'
import { rowsOf } from './page.ts'
import type { JournalRow } from './rows.ts'

/** Where in the journal something begins: behind the batch that ends with `sequence`. */
export interface JournalPlace {
  readonly sequence: number
  /** Of that batch. */
  readonly hash: Uint8Array
}

/** What the reading thread is started with. */
export interface ReadingThreadData {
  readonly database: ClientConfig
  readonly after: JournalPlace
}

export type FromReading =
  /** A page's bytes, transferred, of whose rows so many are sound; `fault`: what is wrong with the one after them. */
  | {
      readonly kind: 'PAGE'
      readonly bytes: Uint8Array<ArrayBuffer>
      readonly sound: number
      readonly fault: string | null
    }
  | { readonly kind: 'END' }
  | { readonly kind: 'FAILED'; readonly error: unknown }

/**
 * A thread that reads the journal, proves it and hands it over page by page, at most `LIMITS.pagesReadAhead` of them before they are asked for:
 * on a second core it costs whoever applies the journal nothing.
 */
export class ReadAhead {
  readonly #worker: Worker
  /** Heard from the beginning: it begins to read at once. */
  readonly #messages: ReturnType<typeof on>

  constructor(database: ClientConfig, after: JournalPlace) {
    const timeouts = { query_timeout: LIMITS.commitTimeoutMs, connectionTimeoutMillis: LIMITS.commitTimeoutMs }
    const workerData: ReadingThreadData = { database: { ...database, ...timeouts }, after }
    this.#worker = new Worker(new URL('./reading-thread.ts', import.meta.url), { workerData, execArgv: [] })
    this.#messages = on(this.#worker, 'message', { close: ['exit'] })
  }

  /** The rows of each page. @throws JournalDamagedError behind the last sound one, and whatever kept the thread from reading */
  async *pages(): AsyncGenerator<readonly JournalRow[]> {
    for await (const [received] of this.#messages) {
      const message: FromReading = received
      if (message.kind === 'END') return
      if (message.kind === 'FAILED') throw message.error
      this.#worker.postMessage('TAKEN')
      const { buffer, byteOffset, byteLength } = message.bytes
      yield rowsOf(Buffer.from(buffer, byteOffset, byteLength)).slice(0, message.sound)
      if (message.fault !== null) throw new JournalDamagedError(message.fault)
    }
    throw new Error('the thread that reads the journal ended early')
  }

  async end(): Promise<void> {
    await this.#worker.terminate()
  }
}
