import { on } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { ClientConfig } from 'pg'
import { NONE } from '../../book/index.ts'
import { KEY } from '../client-order-ids.ts'
import { LIMITS } from '../limits.ts'
import { JournalDamagedError, type JournalPlace } from './chain.ts'
import { LookAhead } from './look-ahead.ts'
import { rowsOf } from './page.ts'
import type { JournalRow } from './rows.ts'
import { SpelledNames } from './spelled-names.ts'
import type { SpelledBatches } from './speller.ts'

/** What the reading thread is started with. */
export interface ReadingThreadData {
  readonly database: ClientConfig
  /** Of client order ids. */
  readonly key: Int32Array
}

export type ToReading = { readonly kind: 'BEGIN'; readonly after: JournalPlace } | { readonly kind: 'TAKEN' }

export type FromReading =
  | { readonly kind: 'READY' }
  | {
      readonly kind: 'PAGE'
      /** Transferred, as the cells are. */
      readonly bytes: Uint8Array<ArrayBuffer>
      /** Of each sound row, where its batch begins among the cells; NONE: it could not be spelled. */
      readonly starts: readonly number[]
      readonly batches: SpelledBatches
      /** Names that the speller has numbered since the last page. */
      readonly names: readonly string[]
      /** What is wrong with the row after the sound ones. */
      readonly fault: string | null
    }
  | { readonly kind: 'END' }
  | { readonly kind: 'FAILED'; readonly error: unknown }

type ReadPage = Extract<FromReading, { kind: 'PAGE' }>

/** The thread that reads the journal did not come to its end, for no reason of the journal's: its connection may have been cut. */
export class ReadingLostError extends Error {
  override readonly name = 'ReadingLostError'
}

/**
 * A thread that reads the journal, proves it, spells it out and hands it over page by page, at most `LIMITS.pagesReadAhead` of them before they are asked for:
 * on a second core it costs whoever applies the journal nothing.
 */
export class ReadAhead {
  readonly #worker: Worker
  readonly #messages: ReturnType<typeof on>
  #isReady = false

  constructor(database: ClientConfig) {
    const timeouts = { query_timeout: LIMITS.commitTimeoutMs, connectionTimeoutMillis: LIMITS.commitTimeoutMs }
    const workerData: ReadingThreadData = { database: { ...database, ...timeouts }, key: KEY }
    this.#worker = new Worker(new URL('./reading-thread.ts', import.meta.url), { workerData, execArgv: [] })
    this.#messages = on(this.#worker, 'message', { close: ['exit'] })
    this.#worker.once('message', (message: FromReading) => {
      this.#isReady = message.kind === 'READY'
    })
  }

  /** Whether it can begin. Until then, and where it never can, whoever wants the journal reads it himself. */
  get isReady(): boolean {
    return this.#isReady
  }

  /** Begins to read. @returns the rows of each page @throws JournalDamagedError behind the last sound one @throws ReadingLostError where somebody else has to go on */
  pagesAfter(place: JournalPlace): AsyncGenerator<readonly JournalRow[]> {
    this.#post({ kind: 'BEGIN', after: place })
    return this.#pages()
  }

  async *#pages(): AsyncGenerator<readonly JournalRow[]> {
    const names = new SpelledNames()
    for await (const message of this.#received()) {
      if (message.kind === 'READY') continue
      if (message.kind === 'END') return
      if (message.kind === 'FAILED')
        throw new ReadingLostError('the journal is not read ahead', { cause: message.error })
      this.#post({ kind: 'TAKEN' })
      yield rowsIn(message, names)
      if (message.fault !== null) throw new JournalDamagedError(message.fault)
    }
    throw new ReadingLostError('the thread that reads the journal ended early')
  }

  async end(): Promise<void> {
    await this.#worker.terminate()
  }

  /** @throws ReadingLostError where the thread fails without a word, such as for want of memory */
  async *#received(): AsyncGenerator<FromReading> {
    try {
      for await (const [message] of this.#messages) yield message
    } catch (error) {
      throw new ReadingLostError('the thread that reads the journal has failed', { cause: error })
    }
  }

  #post(message: ToReading): void {
    this.#worker.postMessage(message)
  }
}

function rowsIn({ bytes, starts, batches, names: added }: ReadPage, names: SpelledNames): readonly JournalRow[] {
  for (const name of added) names.names.push(name)
  const ahead = new LookAhead(batches, names)
  const rows = rowsOf(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)).slice(0, starts.length)
  for (let i = 0; i < rows.length; i++) {
    const start = starts[i]!
    if (start !== NONE) rows[i]!.spelled = { ...batches, start, names, ahead }
  }
  return rows
}
