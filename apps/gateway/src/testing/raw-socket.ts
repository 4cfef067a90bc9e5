import WebSocket from 'ws'

interface Message {
  readonly id?: string
  readonly type: string
  readonly payload?: unknown
}

/** A socket without a client library: it sends what the test says, and reads when the test lets it. */
export class RawSocket {
  readonly messages: Message[] = []
  closed: { code: number; reason: string } | null = null
  readonly #socket: WebSocket

  constructor(url: string, protocol: string | null = 'graphql-transport-ws') {
    this.#socket = new WebSocket(url.replace('http', 'ws'), protocol ?? [])
    this.#socket.on('message', (data) => this.messages.push(JSON.parse(String(data))))
    this.#socket.on('close', (code, reason) => {
      this.closed = { code, reason: String(reason) }
    })
    this.#socket.on('error', () => {})
  }

  /** A socket whose caller is known to the gateway. */
  static async greeted(url: string, payload: object = {}): Promise<RawSocket> {
    const socket = new RawSocket(url)
    await socket.opened()
    socket.send({ type: 'connection_init', payload })
    await new Promise((resolve) => socket.#socket.once('message', resolve))
    return socket
  }

  opened(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#socket.once('open', resolve)
      this.#socket.once('error', reject)
    })
  }

  send(message: object | string | Buffer): void {
    this.#socket.send(typeof message === 'string' || Buffer.isBuffer(message) ? message : JSON.stringify(message))
  }

  subscribe(id: string, query: string): void {
    this.send({ id, type: 'subscribe', payload: { query } })
  }

  /** What came for one subscription. */
  of(id: string): Message[] {
    return this.messages.filter((message) => message.id === id)
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  close(): void {
    this.#socket.terminate()
  }
}
