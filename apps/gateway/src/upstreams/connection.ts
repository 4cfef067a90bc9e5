import { connect as connectPlainly, isIP, type Socket } from 'node:net'
import { connect as connectSecurely } from 'node:tls'
import { AnswerReader, type Posted } from './answer-reader.ts'

/** Where all connections read into, one after the other: what is kept of it is copied. */
const READ_BYTES = 65_536
const shared = Buffer.allocUnsafeSlow(READ_BYTES)

export interface Endpoint {
  readonly isSecure: boolean
  readonly hostname: string
  readonly port: number
  /** Certificates trusted besides the machine's own, as PEM. */
  readonly ca?: string
  /** Of the content of one answer. */
  readonly maxAnswerBytes: number
}

/** A request, head and body. */
export interface RequestText {
  readonly text: string
  readonly encoding: 'latin1' | 'utf8'
}

/** What becomes of the request in hand. */
export interface Expectant {
  answered(answer: Posted): void
  failed(reason: Error): void
}

/** One kept connection to a server, with at most one request on it at a time. */
export class Connection {
  readonly #socket: Socket
  readonly #closed: (connection: Connection) => void
  #expectant: Expectant | null = null
  readonly #maxAnswerBytes: number
  #reader: AnswerReader
  #reason: Error | null = null
  #isOpen = true
  /** Until when it may be used again, by `performance.now()`. */
  keptUntil = Number.POSITIVE_INFINITY

  /** @param closed is called when it is of no use any more. */
  constructor(endpoint: Endpoint, closed: (connection: Connection) => void) {
    this.#closed = closed
    this.#maxAnswerBytes = endpoint.maxAnswerBytes
    this.#reader = new AnswerReader(endpoint.maxAnswerBytes)
    this.#socket = endpoint.isSecure ? this.#secure(endpoint) : this.#plain(endpoint)
    this.#socket.on('error', (error) => {
      this.#reason ??= error
    })
    this.#socket.on('end', () => this.#ended())
    this.#socket.once('close', () => this.#over())
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  send({ text, encoding }: RequestText, expectant: Expectant): void {
    this.#expectant = expectant
    this.#socket.write(text, encoding)
  }

  /** Closes it; a request in hand fails with the reason. */
  destroy(reason: Error): void {
    this.#isOpen = false
    this.#reason ??= reason
    this.#socket.destroy()
    this.#over()
  }

  #plain({ hostname, port }: Endpoint): Socket {
    return connectPlainly({
      host: hostname,
      port,
      noDelay: true,
      onread: {
        buffer: shared,
        callback: (length) => {
          this.#take(shared.subarray(0, length))
          return true
        },
      },
    })
  }

  #secure({ hostname, port, ca }: Endpoint): Socket {
    const socket = connectSecurely({
      host: hostname,
      port,
      ALPNProtocols: ['http/1.1'],
      ...(isIP(hostname) === 0 ? { servername: hostname } : {}),
      ...(ca === undefined ? {} : { ca }),
    })
    socket.setNoDelay(true)
    socket.on('data', (bytes) => this.#take(bytes))
    return socket
  }

  #take(bytes: Buffer): void {
    if (!this.#isOpen) return
    // Nothing was asked: what comes now would be taken for the next answer.
    if (this.#expectant === null) {
      this.destroy(new Error('the server speaks unasked'))
      return
    }
    try {
      const answer = this.#reader.read(bytes)
      if (answer) this.#answer(answer)
    } catch (error) {
      this.destroy(error instanceof Error ? error : new Error(String(error)))
    }
  }

  #answer(answer: Posted): void {
    const expectant = this.#expectant
    this.#expectant = null
    this.#reader = new AnswerReader(this.#maxAnswerBytes)
    if (answer.keptMs === 0) this.destroy(new Error('the server keeps no connection'))
    // Answered before it was read: nobody knows whether the rest ever is, and the next request would wait behind it.
    else if (this.#socket.writableLength > 0) this.destroy(new Error('the server has not read the request'))
    expectant?.answered(answer)
  }

  #ended(): void {
    this.#isOpen = false
    if (this.#expectant === null) return
    try {
      this.#answer(this.#reader.end())
    } catch (error) {
      this.destroy(error instanceof Error ? error : new Error(String(error)))
    }
  }

  #over(): void {
    this.#isOpen = false
    const expectant = this.#expectant
    this.#expectant = null
    this.#closed(this)
    expectant?.failed(this.#reason ?? new Error('the connection was closed'))
  }
}
