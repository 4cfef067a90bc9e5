import { limits } from '../limits/limits.ts'
import type { Posted } from './answer-reader.ts'
import { Connection, type Endpoint, type Expectant, type RequestText } from './connection.ts'
import type { FetchLimits } from './upstream.ts'

/** Enough to keep a subgraph's two or three database connections busy; more only moves the queue. */
const MAX_CONNECTIONS = 64
/** No connection lies unused for longer. */
const KEEP_ALIVE_MS = 30_000
/** What is on its way when the server closes is lost: a connection is not used so shortly before that. */
const MARGIN_MS = 1_000
/** What would end a header, and begin another. */
const UNFIT = /[^\t\x20-\x7e\x80-\xff]/
/** A value as long as this is a token: to look through it costs more than to know it again. */
const LONG_CHARACTERS = 128
/** Long values in use at once, some 1 kB each. */
const MAX_KNOWN_FIT = 10_000

/** Sends requests to one server over kept connections, one at a time on each, and reads their answers whole. */
export class Poster {
  readonly #endpoint: Endpoint
  /** The head of every request, up to what differs. */
  readonly #head: string
  readonly #open = new Set<Connection>()
  /** Used last, used first: the others may be given up. */
  readonly #idle: Connection[] = []
  /** Longest first. */
  readonly #waiting = new Set<Exchange>()
  #sweeper: NodeJS.Timeout | null = null
  #isClosed = false

  constructor(
    { protocol, hostname, host, port, pathname, search }: URL,
    options: Partial<Pick<Endpoint, 'ca' | 'maxAnswerBytes'>> = {},
  ) {
    const isSecure = protocol === 'https:'
    // The brackets of an IPv6 address belong to the URL alone.
    const plain = hostname.replace(/^\[|\]$/g, '')
    this.#endpoint = {
      isSecure,
      hostname: plain,
      port: Number(port || (isSecure ? 443 : 80)),
      maxAnswerBytes: limits.answerBytes,
      ...options,
    }
    this.#head = `POST ${pathname}${search} HTTP/1.1\r\nhost: ${host}\r\n`
  }

  /** Rejects where the connection breaks, `timeoutMs` passes or who asked has left. */
  post(
    headers: Readonly<Record<string, string>>,
    body: string,
    { timeoutMs, departure }: FetchLimits,
  ): Promise<Posted> {
    if (departure?.hasLeft) return Promise.reject(new Error('the request was abandoned'))
    if (this.#isClosed) return Promise.reject(new Error('it is closed'))
    let text = this.#head
    for (const name in headers) {
      const value = headers[name] ?? ''
      if (!isFit(value)) return Promise.reject(new Error(`the header ${name} cannot be sent`))
      text += `${name}: ${value}\r\n`
    }
    const length = Buffer.byteLength(body)
    text += `content-length: ${length}\r\n\r\n${body}`
    // The same bytes, but that nothing has to be encoded.
    const encoding = length === body.length ? 'latin1' : 'utf8'
    return new Promise((resolve, reject) => {
      const exchange: Exchange = new Exchange({ text, encoding }, resolve, reject, this.#freed)
      exchange.limit(timeoutMs, departure)
      const connection = this.#connection()
      if (connection) exchange.begin(connection)
      else this.#waiting.add(exchange)
    })
  }

  async close(): Promise<void> {
    this.#isClosed = true
    if (this.#sweeper) clearInterval(this.#sweeper)
    for (const exchange of this.#waiting) exchange.failed(new Error('it is closed'))
    for (const connection of this.#open) connection.destroy(new Error('it is closed'))
  }

  /** @returns null where all that may be open are in use. */
  #connection(): Connection | null {
    for (let kept = this.#idle.pop(); kept; kept = this.#idle.pop()) {
      if (kept.isOpen && performance.now() < kept.keptUntil) return kept
      kept.destroy(new Error('it was kept for long enough'))
    }
    if (this.#open.size >= MAX_CONNECTIONS) return null
    const connection = new Connection(this.#endpoint, this.#closed)
    this.#open.add(connection)
    this.#sweeper ??= setInterval(() => this.#sweep(), KEEP_ALIVE_MS / 10).unref()
    return connection
  }

  readonly #freed: Freed = (exchange, connection, keptMs) => {
    if (connection === null) return void this.#waiting.delete(exchange)
    if (!connection.isOpen) return
    const keepMs = Math.min(keptMs - MARGIN_MS, KEEP_ALIVE_MS)
    if (keepMs <= 0) return connection.destroy(new Error('the server keeps no connection'))
    connection.keptUntil = performance.now() + keepMs
    if (this.#waiting.size > 0) this.#beginNext(connection)
    else this.#idle.push(connection)
  }

  readonly #closed = (connection: Connection): void => {
    if (!this.#open.delete(connection) || this.#isClosed) return
    const place = this.#idle.indexOf(connection)
    if (place !== -1) this.#idle.splice(place, 1)
    const fresh = this.#waiting.size > 0 ? this.#connection() : null
    if (fresh) this.#beginNext(fresh)
  }

  #beginNext(connection: Connection): void {
    const [next] = this.#waiting
    if (!next) return
    this.#waiting.delete(next)
    next.begin(connection)
  }

  #sweep(): void {
    const now = performance.now()
    for (const connection of [...this.#idle])
      if (now >= connection.keptUntil) connection.destroy(new Error('it was kept for long enough'))
  }
}

const knownFit = new Set<string>()

function isFit(value: string): boolean {
  const isLong = value.length >= LONG_CHARACTERS
  if (isLong && knownFit.has(value)) return true
  if (UNFIT.test(value)) return false
  if (isLong) {
    if (knownFit.size >= MAX_KNOWN_FIT) knownFit.clear()
    knownFit.add(value)
  }
  return true
}

/** What an exchange had is free again: its place among those that wait, or its connection, which the server keeps for so long. */
type Freed = (exchange: Exchange, connection: Connection | null, keptMs: number) => void

/** One request and what becomes of it. */
class Exchange implements Expectant {
  readonly #request: RequestText
  readonly #resolve: (posted: Posted) => void
  readonly #reject: (error: Error) => void
  readonly #freed: Freed
  #timer: NodeJS.Timeout | undefined
  #departure: FetchLimits['departure']
  #connection: Connection | null = null

  constructor(request: RequestText, resolve: (posted: Posted) => void, reject: (error: Error) => void, freed: Freed) {
    this.#request = request
    this.#resolve = resolve
    this.#reject = reject
    this.#freed = freed
  }

  limit(timeoutMs: number, departure: FetchLimits['departure']): void {
    this.#timer = setTimeout(() => this.#giveUp(`no answer within ${timeoutMs} ms`), timeoutMs)
    this.#departure = departure
    departure?.watch(this.#abandon)
  }

  begin(connection: Connection): void {
    this.#connection = connection
    connection.send(this.#request, this)
  }

  answered(answer: Posted): void {
    this.#settle()
    this.#freed(this, this.#connection, answer.keptMs)
    this.#resolve(answer)
  }

  failed(reason: Error): void {
    this.#settle()
    this.#freed(this, null, 0)
    this.#reject(reason)
  }

  readonly #abandon = () => this.#giveUp('the request was abandoned')

  /** What a connection would still bring is of no use, and so is the connection. */
  #giveUp(why: string): void {
    if (this.#connection) this.#connection.destroy(new Error(why))
    else this.failed(new Error(why))
  }

  #settle(): void {
    clearTimeout(this.#timer)
    this.#departure?.unwatch(this.#abandon)
  }
}
