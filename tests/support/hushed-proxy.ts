import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'

/** Stands before a server, and on a word falls silent as a network that lost it: connections stay open, and nothing comes through. */
export class HushedProxy {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #isHushed = false
  #clients = 0

  private constructor(server: Server) {
    this.#server = server
  }

  /** @param url of the server; only host and port count. */
  static async before(url: string): Promise<HushedProxy> {
    const { hostname, port } = new URL(url)
    const server = createServer({ allowHalfOpen: true })
    const proxy = new HushedProxy(server)
    server.on('connection', (near) =>
      proxy.#join(near, connect({ host: hostname, port: Number(port), allowHalfOpen: true })),
    )
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return proxy
  }

  /** The same URL by way of the proxy. */
  url(given: string): string {
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new Error('the proxy does not listen')
    const url = new URL(given)
    url.hostname = '127.0.0.1'
    url.port = String(address.port)
    return url.toString()
  }

  /** Clients that have not ended their connections. */
  get open(): number {
    return this.#clients
  }

  hush(): void {
    this.#isHushed = true
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    if (!this.#server.listening) return
    this.#server.close()
    await once(this.#server, 'close')
  }

  #join(near: Socket, far: Socket): void {
    this.#clients++
    near.once('end', () => this.#clients--)
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(from)
      from.on('data', (chunk: Buffer) => this.#isHushed || to.write(chunk))
      from.on('end', () => this.#isHushed || to.end())
      from.on('error', () => to.destroy())
      from.on('close', () => this.#isHushed || to.destroy())
    }
  }
}
