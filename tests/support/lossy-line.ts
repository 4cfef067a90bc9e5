import { connect, createServer, type Server, type Socket } from 'node:net'

/** A line to a PostgreSQL that can lose what the server says, and be cut. */
export class LossyLine {
  readonly url: string
  readonly #server: Server
  readonly #sockets: Set<Socket>
  readonly #state: { lossy: boolean }

  private constructor(url: string, server: Server, sockets: Set<Socket>, state: { lossy: boolean }) {
    this.url = url
    this.#server = server
    this.#sockets = sockets
    this.#state = state
  }

  static async to(databaseUrl: string): Promise<LossyLine> {
    const url = new URL(databaseUrl)
    const there = { host: url.hostname, port: Number(url.port) }
    const sockets = new Set<Socket>()
    const state = { lossy: false }
    const server = createServer((near) => {
      const far = connect(there)
      for (const socket of [near, far]) {
        sockets.add(socket)
        socket.on('error', () => undefined)
        socket.on('close', () => {
          sockets.delete(socket)
          near.destroy()
          far.destroy()
        })
      }
      near.on('data', (sent) => far.write(sent))
      far.on('data', (answered) => {
        if (!state.lossy) near.write(answered)
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('no port')
    url.hostname = '127.0.0.1'
    url.port = String(address.port)
    return new LossyLine(url.href, server, sockets, state)
  }

  /** From now on nothing of what the server says arrives. */
  loseAnswers(): void {
    this.#state.lossy = true
  }

  /** Ends every connection; those that come after are whole again. */
  cut(): void {
    this.#state.lossy = false
    for (const socket of this.#sockets) socket.destroy()
  }

  async close(): Promise<void> {
    this.cut()
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }
}
