import { connect, type Socket } from 'node:net'
import { type Posted, ResponseReader } from './response-reader.ts'

/** Enough to keep a subgraph's two or three database connections busy; more only moves the queue. */
const MAX_CONNECTIONS = 64
/** A connection that was not used for so long is closed, earlier where its server says so. */
const KEEP_ALIVE_MS = 30_000
/** A server that closes at the very moment of a request would cost that request: it is taken to close so much earlier. */
const KEEP_ALIVE_MARGIN_MS = 1_000
const SWEEP_EVERY_MS = 5_000
const READ_BYTES = 64 * 1024
const FORBIDDEN_IN_HEADER = /[^\t\x20-\x7e\x80-\xff]/

export interface PostLimits {
  readonly timeoutMs: number
  readonly signal?: AbortSignal
}

/**
 * POSTs to one server over kept HTTP/1.1 connections, one request at a time on each. This is the gateway's hottest path: an answer is read
 * out of the socket's memory at once, with no stream, no signal and no headers between that nobody reads.
 */
export class KeptConnections {
  readonly #server: { readonly host: string; readonly port: number }
  /** Every request's first lines. */
  readonly #head: string
  readonly #idle: Connection[] = []
  readonly #open = new Set<Connection>()
  readonly #waiting = new Set<Job>()
  readonly #sweep: NodeJS.Timeout

  constructor({ hostname, port, host, pathname, search }: URL) {
    this.#server = { host: hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(port || 80) }
    this.#head = `POST ${pathname}${search} HTTP/1.1\r\nhost: ${host}\r\nconnection: keep-alive\r\n`
    this.#sweep = setInterval(() => this.#closeOld(), SWEEP_EVERY_MS).unref()
  }

  /** Rejects where the connection breaks, what comes is not HTTP, `timeoutMs` passes or the signal fires. */
  post(headers: Readonly<Record<string, string>>, body: string, limits: PostLimits): Promise<Posted> {
    return new Promise((resolve, reject) => {
      const job = new Job(this.#requestOf(headers, body), { resolve, reject }, limits)
      if (job.isSettled) return
      job.onSettled = () => this.#waiting.delete(job)
      const connection = this.#takeIdle() ?? (this.#open.size < MAX_CONNECTIONS ? this.#connect() : null)
      if (connection) connection.run(job)
      else this.#waiting.add(job)
    })
  }

  close(): void {
    clearInterval(this.#sweep)
    for (const job of this.#waiting) job.fail(new Error('the gateway is stopping'))
    for (const connection of this.#open) connection.destroy()
  }

  #requestOf(headers: Readonly<Record<string, string>>, body: string): string {
    let text = this.#head
    for (const name in headers) {
      const value = headers[name] ?? ''
      if (FORBIDDEN_IN_HEADER.test(value)) throw new Error(`the header ${name} cannot be sent`)
      text += `${name}: ${value}\r\n`
    }
    return `${text}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
  }

  /** The one used last: those that are not needed grow old. */
  #takeIdle(): Connection | null {
    for (let connection = this.#idle.pop(); connection; connection = this.#idle.pop()) {
      if (connection.isUsable) return connection
      connection.destroy()
    }
    return null
  }

  #connect(): Connection {
    const connection: Connection = new Connection(this.#server, {
      onIdle: () => {
        const [next] = this.#waiting
        if (!next) return void this.#idle.push(connection)
        this.#waiting.delete(next)
        connection.run(next)
      },
      onClose: () => {
        this.#open.delete(connection)
        const [next] = this.#waiting
        if (!next) return
        this.#waiting.delete(next)
        this.#connect().run(next)
      },
    })
    this.#open.add(connection)
    return connection
  }

  #closeOld(): void {
    for (const connection of this.#idle) if (!connection.isUsable) connection.destroy()
    const usable = this.#idle.filter((connection) => connection.isUsable)
    this.#idle.splice(0, this.#idle.length, ...usable)
  }
}

interface Settling {
  readonly resolve: (posted: Posted) => void
  readonly reject: (error: Error) => void
}

/** One request, until it is answered or given up. */
class Job {
  readonly request: string
  isSettled = false
  /** Called once. */
  onSettled: () => void = () => {}
  readonly #settling: Settling
  readonly #timer: NodeJS.Timeout
  readonly #signal: AbortSignal | undefined

  constructor(request: string, settling: Settling, { timeoutMs, signal }: PostLimits) {
    this.request = request
    this.#settling = settling
    this.#signal = signal
    this.#timer = setTimeout(() => this.fail(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs)
    signal?.addEventListener('abort', this.#abandon)
    if (signal?.aborted) this.#abandon()
  }

  answer(posted: Posted): void {
    if (this.#settle()) this.#settling.resolve(posted)
  }

  fail(error: Error): void {
    if (this.#settle()) this.#settling.reject(error)
  }

  readonly #abandon = () => this.fail(new Error('the request was abandoned'))

  #settle(): boolean {
    if (this.isSettled) return false
    this.isSettled = true
    clearTimeout(this.#timer)
    this.#signal?.removeEventListener('abort', this.#abandon)
    this.onSettled()
    return true
  }
}

interface ConnectionEvents {
  /** It can take another request. */
  readonly onIdle: () => void
  readonly onClose: () => void
}

class Connection {
  readonly #socket: Socket
  readonly #events: ConnectionEvents
  #job: Job | null = null
  #reader = new ResponseReader()
  #usableUntil = Number.POSITIVE_INFINITY

  constructor(server: { readonly host: string; readonly port: number }, events: ConnectionEvents) {
    this.#events = events
    this.#socket = connect({
      ...server,
      noDelay: true,
      keepAlive: true,
      // One buffer serves all: what is read is used up before anything else is read.
      onread: {
        buffer: () => shared,
        callback: (bytes) => this.#read(shared.subarray(0, bytes)),
      },
    })
    this.#socket.on('error', (error) => this.#break(error))
    this.#socket.on('end', () => this.#end())
    this.#socket.on('close', () => {
      this.#break(new Error('the connection was closed'))
      events.onClose()
    })
  }

  get isUsable(): boolean {
    return !this.#socket.destroyed && this.#socket.writable && performance.now() < this.#usableUntil
  }

  run(job: Job): void {
    if (job.isSettled) {
      this.#events.onIdle()
      return
    }
    this.#job = job
    this.#reader = new ResponseReader()
    // An answer that nobody waits for would be taken for the next one's.
    job.onSettled = () => {
      if (this.#job === job) this.destroy()
    }
    this.#socket.write(job.request)
  }

  destroy(): void {
    this.#socket.destroy()
  }

  #read(piece: Buffer): boolean {
    if (!this.#job) this.destroy()
    else {
      try {
        const posted = this.#reader.feed(piece)
        if (posted) this.#answer(posted)
      } catch (error) {
        this.#break(error instanceof Error ? error : new Error(String(error)))
        this.destroy()
      }
    }
    return true
  }

  #end(): void {
    const posted = this.#job ? this.#reader.end() : null
    if (posted) this.#answer(posted)
    this.destroy()
  }

  #answer(posted: Posted): void {
    const job = this.#job
    this.#job = null
    const { keepsAlive, keepAliveMs } = this.#reader
    job?.answer(posted)
    const keptMs = keepAliveMs === null ? KEEP_ALIVE_MS : Math.min(KEEP_ALIVE_MS, keepAliveMs - KEEP_ALIVE_MARGIN_MS)
    this.#usableUntil = performance.now() + keptMs
    if (keepsAlive && this.isUsable) this.#events.onIdle()
    else this.destroy()
  }

  #break(error: Error): void {
    const job = this.#job
    this.#job = null
    job?.fail(error)
  }
}

const shared = Buffer.allocUnsafeSlow(READ_BYTES)
