import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { err, ok, type Result } from '@opsource/kernel'
import {
  type OperationInput,
  type OperationName,
  type OperationOutput,
  operations,
  replySchema,
  type StoreRequest,
} from './protocol.ts'
import { refusalOf, type StoreRefusal } from './refusal.ts'

const PROGRAM = fileURLToPath(new URL('./worker.ts', import.meta.url))
/** Reads that wait behind a long write. */
const MAX_WAITING = 32
/** What is not asked for that long, ends: a platform that has no use for the store does not pay for it. */
const IDLE_MS = 60_000
/** Of the child's JavaScript heap: a history of 100,000 rows takes some 60 MB. DuckDB's own limit comes on top. */
const MAX_HEAP_MB = 512

export interface StoreFolders {
  /** The Parquet files. */
  readonly store: string
  /** The histories that come with the code. */
  readonly data: string
}

export interface AskOptions {
  readonly onProgress?: (rows: number) => void
  readonly signal?: AbortSignal
}

interface Waiting {
  readonly settle: (result: Result<unknown, StoreRefusal>) => void
  readonly onProgress: (rows: number) => void
}

/** The offline store's process: started when it is asked, ended when nobody asks. What it had in hand when it died is refused as `AWAY`. */
export class StoreProcess {
  readonly #folders: StoreFolders
  readonly #onLost: (reason: string) => void
  readonly #waiting = new Map<number, Waiting>()
  #child: ChildProcess | undefined
  #idle: NodeJS.Timeout | undefined
  #nextId = 1
  #isClosed = false

  constructor(folders: StoreFolders, onLost: (reason: string) => void = () => {}) {
    this.#folders = folders
    this.#onLost = onLost
  }

  /** Undefined while nothing runs. */
  get pid(): number | undefined {
    return this.#child?.pid
  }

  get isRunning(): boolean {
    return this.#child !== undefined
  }

  async ask<Name extends OperationName>(
    name: Name,
    input: OperationInput<Name>,
    { onProgress = () => {}, signal }: AskOptions = {},
  ): Promise<Result<OperationOutput<Name>, StoreRefusal>> {
    if (this.#isClosed) return err({ code: 'AWAY', message: 'The offline store is closed.' })
    // What was given up before it was asked is told of by no event any more.
    if (signal?.aborted) return err({ code: 'CANCELLED', message: 'It was given up.' })
    if (this.#waiting.size >= MAX_WAITING)
      return err({ code: 'BUSY', message: 'Too much is being asked of the offline store.' })
    const id = this.#nextId++
    const result = await new Promise<Result<unknown, StoreRefusal>>((resolve) => {
      clearTimeout(this.#idle)
      this.#waiting.set(id, { settle: resolve, onProgress })
      this.#child ??= this.#start()
      this.#send({ kind: 'DO', id, name, input })
      signal?.addEventListener('abort', () => this.#send({ kind: 'CANCEL', id }), { once: true })
    })
    if (!result.ok) return result
    const parsed = operations[name].output.safeParse(result.value)
    // The schema of a name gives that name's output: TypeScript cannot follow that through the table.
    return parsed.success ? ok(parsed.data as OperationOutput<Name>) : err(refusalOf(parsed.error))
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await this.#end()
  }

  #send(request: StoreRequest): void {
    if (this.#child?.connected) this.#child.send(request)
  }

  #start(): ChildProcess {
    const child = fork(PROGRAM, [this.#folders.store, this.#folders.data], {
      execArgv: [`--max-old-space-size=${MAX_HEAP_MB}`],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    let said = ''
    child.stderr?.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-1_000)
    })
    child.on('message', (message) => this.#receive(message))
    child.on('error', (error) => {
      said = error.message
    })
    child.on('close', (code, signal) => this.#lose(child, said || `${code ?? signal}`))
    return child
  }

  #receive(message: unknown): void {
    const reply = replySchema.parse(message)
    const waiting = this.#waiting.get(reply.id)
    if (!waiting) return
    if (reply.kind === 'PROGRESS') {
      waiting.onProgress(reply.rows)
      return
    }
    this.#waiting.delete(reply.id)
    waiting.settle(reply.kind === 'DONE' ? ok(reply.output) : err({ code: reply.code, message: reply.message }))
    if (this.#waiting.size === 0) this.#idle = setTimeout(() => void this.#end(), IDLE_MS).unref()
  }

  #lose(child: ChildProcess, reason: string): void {
    if (this.#child !== child) return
    this.#child = undefined
    this.#onLost(reason)
    this.#refuseAll()
  }

  #refuseAll(): void {
    const message = 'The process of the offline store ended. What it was writing is as it was before.'
    for (const { settle } of this.#waiting.values()) settle(err({ code: 'AWAY', message }))
    this.#waiting.clear()
  }

  async #end(): Promise<void> {
    clearTimeout(this.#idle)
    const child = this.#child
    this.#child = undefined
    this.#refuseAll()
    if (!child) return
    const ended = new Promise((resolve) => child.once('close', resolve))
    // Nothing that is half done counts: it may go at any moment.
    child.kill('SIGKILL')
    await ended
  }
}
