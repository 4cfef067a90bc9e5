import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import type { GraphQLError } from 'graphql'
import { CloseCode, handleProtocols } from 'graphql-ws'
import type { Logger } from 'pino'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Addresses } from '../identity/addresses.ts'
import type { Connections } from '../identity/connections.ts'
import type { Gate } from '../limits/gate.ts'
import { limits } from '../limits/limits.ts'
import { SharedFrames } from './frames.ts'
import { Outlet } from './outlet.ts'
import type { SocketProtocol, SocketState } from './websocket.ts'

/** A socket that does not answer a ping is dead: proxies and phones drop connections without a word. */
const PING_EVERY_MS = 12_000
/**
 * How many pings in a row may go without an answer. Who has left unread what was sent before them may only be asleep, and costs nothing
 * meanwhile; but a caller who is known may have orders that hang on the connection (`cancelOnDisconnect`), so that is found out soon.
 */
const UNANSWERED = { usual: 1, asleep: 7 }
const UNEXPECTED = /^Unexpected message of type/
/** RFC 6455: the server is going away. */
const CLOSE_GOING_AWAY = 1001
/** Of the WebSocket registry: try again later. */
const CLOSE_TRY_AGAIN_LATER = 1013
/** Whoever does not answer a close is cut off after this: refused sockets would else fill the door. */
const CLOSE_WITHIN_MS = 1_000
/** A close frame carries at most 123 bytes of reason. */
const MAX_REASON_BYTES = 123

export interface SocketsOptions {
  /** The one path that is upgraded. */
  readonly path: string
  /** Browsers on other origins than the gateway's own that may connect: CORS does not bind WebSockets, so this must. */
  readonly allowedOrigins: readonly string[]
  readonly protocol: Pick<SocketProtocol, 'server'>
  readonly addresses: Addresses
  readonly gate: Pick<Gate, 'arrive'>
  readonly connections: Connections
  readonly log: Logger
}

/** Carries the socket protocol over `ws`: bounded in sockets and frame size, and silent sockets are let go. */
export class Sockets {
  readonly #wss: WebSocketServer
  readonly #protocol: SocketsOptions['protocol']
  readonly #addresses: Addresses
  readonly #connections: Connections
  readonly #log: Logger

  constructor(http: Server, { path, allowedOrigins, protocol, addresses, gate, connections, log }: SocketsOptions) {
    this.#protocol = protocol
    this.#addresses = addresses
    this.#connections = connections
    this.#log = log
    // A longer frame is refused with close code 1009.
    this.#wss = new WebSocketServer({ noServer: true, maxPayload: limits.bodyBytes, handleProtocols })
    const frames = new SharedFrames()
    http.on('upgrade', (request, socket, head) => {
      if (request.url?.split('?', 1)[0] !== path) return refuse(socket, '404 Not Found')
      if (!mayConnect(request, allowedOrigins)) return refuse(socket, '403 Forbidden')
      if (gate.arrive(addresses.of(request))) return refuse(socket, '429 Too Many Requests')
      this.#wss.handleUpgrade(request, socket, head, (opened) =>
        this.#open(opened, request, new Outlet(opened, socket, frames)),
      )
    })
  }

  get count(): number {
    return this.#wss.clients.size
  }

  async close(): Promise<void> {
    for (const socket of this.#wss.clients) socket.close(CLOSE_GOING_AWAY, 'SERVER_SHUTDOWN')
    await new Promise<void>((resolve) => {
      this.#wss.close(() => resolve())
      setTimeout(() => {
        for (const socket of this.#wss.clients) socket.terminate()
      }, 1_000).unref()
    })
  }

  #open(socket: WebSocket, request: IncomingMessage, outlet: Outlet): void {
    socket.on('error', (error) => this.#log.debug({ reason: error.message }, 'socket failed'))
    const refuse = ({ message, extensions: { code } }: GraphQLError) => {
      // 4401 is for good: whom nobody can judge now, and who has too many sockets, may come again.
      const close = code === 'UNAUTHENTICATED' ? CloseCode.Unauthorized : CLOSE_TRY_AGAIN_LATER
      socket.close(close, `${code}: ${message}`.slice(0, MAX_REASON_BYTES))
      const timer = setTimeout(() => socket.terminate(), CLOSE_WITHIN_MS)
      socket.once('close', () => clearTimeout(timer))
    }
    if (this.#wss.clients.size > limits.sockets) return void refuse(this.#connections.full())
    const address = this.#addresses.of(request)
    const place = this.#connections.take({ userId: undefined, address })
    if (!place.ok) return void refuse(place.error)
    const state: SocketState = {
      authorization: request.headers.authorization,
      address,
      outlet,
      place: place.value,
      refuse,
    }
    const stopPinging = pingRegularly(socket, () => outlet.isBlocked && !state.session?.caller.identity)
    const closed = this.#protocol.server.opened(
      {
        protocol: socket.protocol,
        // Resolves when the frame has left.
        send: (data) => outlet.send(data),
        close: (code, reason) => socket.close(code, reason?.slice(0, MAX_REASON_BYTES)),
        onMessage: (handle) => {
          const isTooFast = messagesCounted()
          socket.on('message', (frame) => {
            if (isTooFast()) return socket.close(CLOSE_TRY_AGAIN_LATER, 'RATE_LIMITED')
            handle(String(frame)).catch((error: Error) => {
              // graphql-ws throws over messages that only a server sends.
              if (UNEXPECTED.test(error.message)) return socket.close(CloseCode.BadRequest, 'unexpected message')
              this.#log.error({ reason: error.message }, 'socket message failed')
              socket.close(CloseCode.InternalServerError, 'INTERNAL_SERVER_ERROR')
            })
          })
        },
      },
      state,
    )
    socket.once('close', (code, reason) => {
      stopPinging()
      // Before the operations are ended, which may fail or take their time.
      letGo(state)
      closed(code, String(reason)).catch((error: Error) =>
        this.#log.error({ reason: error.message }, 'socket close failed'),
      )
    })
  }
}

/** Clients that would rather speak HTTP/2, as Java's does, ask for it with every first request: those stay HTTP/1.1. */
export function asksForSocket({ headers }: IncomingMessage): boolean {
  return headers.upgrade?.toLowerCase() === 'websocket'
}

/** Programs name no origin. A page that a browser loaded from elsewhere does, and must be listed as for CORS. */
function mayConnect({ headers }: IncomingMessage, allowedOrigins: readonly string[]): boolean {
  const { origin, host } = headers
  if (origin === undefined || allowedOrigins.includes(origin)) return true
  return URL.canParse(origin) && new URL(origin).host === host?.toLowerCase()
}

function refuse(socket: Duplex, status: string): void {
  // The caller may be gone already, which is no news.
  socket.once('error', () => socket.destroy())
  socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`)
}

/** Gives back what a socket that has closed holds. */
function letGo(state: SocketState): void {
  state.closed = true
  state.place.release()
  state.session?.close()
}

/** @returns a function to call for each message, that says when there were too many within a second. */
function messagesCounted(): () => boolean {
  let second = 0
  let count = 0
  return () => {
    const now = Math.floor(performance.now() / 1000)
    count = now === second ? count + 1 : 1
    second = now
    return count > limits.messagesPerSecond
  }
}

function pingRegularly(socket: WebSocket, mayBeAsleep: () => boolean): () => void {
  let unanswered = 0
  socket.on('pong', () => {
    unanswered = 0
  })
  const timer = setInterval(() => {
    if (unanswered >= (mayBeAsleep() ? UNANSWERED.asleep : UNANSWERED.usual)) socket.terminate()
    else {
      unanswered++
      socket.ping()
    }
  }, PING_EVERY_MS)
  return () => clearInterval(timer)
}
