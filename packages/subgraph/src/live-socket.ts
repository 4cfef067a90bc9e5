import type { IncomingMessage, Server } from 'node:http'
import { CloseCode, handleProtocols, MessageType, parseMessage, stringifyMessage } from 'graphql-ws'
import type { Logger } from 'pino'
import { type WebSocket, WebSocketServer } from 'ws'
import { z } from 'zod'
import { MAX_BODY_BYTES } from './limits.ts'
import type { Subgraph } from './subgraph.ts'

/** A gateway shares what its clients have in common; more than this on one socket is a runaway client. */
const MAX_SUBSCRIPTIONS_PER_SOCKET = 1_000
/** A peer that has vanished without a word is noticed within two of these. */
const PING_INTERVAL_MS = 15_000
/** A socket that never introduces itself holds nothing longer. */
const INIT_TIMEOUT_MS = 3_000
/** RFC 6455: the server goes away. */
const GOING_AWAY = 1001

const connectionParams = z.object({ authorization: z.string().optional(), Authorization: z.string().optional() })

/** graphql-transport-ws on `/graphql` of an HTTP server. Results are passed on as the text that the subgraph wrote. */
export class LiveSocket {
  readonly #server: WebSocketServer
  readonly #sessions = new Set<Session>()

  constructor(subgraph: Subgraph, http: Server, log: Logger) {
    this.#server = new WebSocketServer({
      noServer: true,
      maxPayload: MAX_BODY_BYTES,
      perMessageDeflate: false,
      handleProtocols: (protocols) => handleProtocols(protocols),
    })
    http.on('upgrade', (request, socket, head) => {
      if (request.url?.split('?', 1)[0] !== '/graphql') return socket.destroy()
      this.#server.handleUpgrade(request, socket, head, (opened) => {
        const session = new Session(subgraph, opened, request, log)
        this.#sessions.add(session)
        opened.once('close', () => this.#sessions.delete(session))
      })
    })
  }

  /** Ends all subscriptions and sockets. */
  async close(): Promise<void> {
    await Promise.all([...this.#sessions].map((session) => session.close()))
    this.#server.close()
  }
}

class Session {
  readonly #subgraph: Subgraph
  readonly #socket: WebSocket
  readonly #log: Logger
  readonly #open = new Map<string, AsyncIterator<string>>()
  readonly #ping: NodeJS.Timeout
  readonly #initTimer: NodeJS.Timeout
  #authorization: string | undefined
  #greeted = false
  #alive = true

  constructor(subgraph: Subgraph, socket: WebSocket, request: IncomingMessage, log: Logger) {
    this.#subgraph = subgraph
    this.#socket = socket
    this.#log = log
    this.#authorization = request.headers.authorization
    this.#ping = setInterval(() => this.#checkPeer(), PING_INTERVAL_MS)
    this.#initTimer = setTimeout(
      () => socket.close(CloseCode.ConnectionInitialisationTimeout, 'Connection initialisation timeout'),
      INIT_TIMEOUT_MS,
    )
    socket.on('pong', () => {
      this.#alive = true
    })
    socket.on('error', (error) => log.debug({ err: error }, 'a socket failed'))
    socket.on('close', () => void this.#release())
    socket.on('message', (data) => {
      this.#receive(String(data)).catch((error: unknown) => {
        log.warn({ err: error }, 'a socket sent what cannot be read')
        socket.close(CloseCode.BadRequest, 'Invalid message received')
      })
    })
    if (socket.protocol !== 'graphql-transport-ws')
      socket.close(CloseCode.SubprotocolNotAcceptable, 'Subprotocol not acceptable')
  }

  async close(): Promise<void> {
    await this.#release()
    this.#socket.close(GOING_AWAY, 'SERVER_SHUTDOWN')
  }

  async #receive(text: string): Promise<void> {
    const message = parseMessage(text)
    switch (message.type) {
      case MessageType.ConnectionInit: {
        if (this.#greeted)
          return this.#socket.close(CloseCode.TooManyInitialisationRequests, 'Too many initialisation requests')
        this.#greeted = true
        clearTimeout(this.#initTimer)
        const params = connectionParams.safeParse(message.payload ?? {})
        this.#authorization = params.data?.authorization ?? params.data?.Authorization ?? this.#authorization
        return this.#send(stringifyMessage({ type: MessageType.ConnectionAck }))
      }
      case MessageType.Ping:
        return this.#send(stringifyMessage({ type: MessageType.Pong }))
      case MessageType.Subscribe:
        return this.#subscribe(message.id, JSON.stringify(message.payload))
      case MessageType.Complete: {
        const events = this.#open.get(message.id)
        this.#open.delete(message.id)
        await events?.return?.()
      }
    }
  }

  async #subscribe(id: string, body: string): Promise<void> {
    if (!this.#greeted) return this.#socket.close(CloseCode.Unauthorized, 'Unauthorized')
    if (this.#open.has(id))
      return this.#socket.close(CloseCode.SubscriberAlreadyExists, `Subscriber for ${id} already exists`)
    if (this.#open.size >= MAX_SUBSCRIPTIONS_PER_SOCKET)
      return this.#socket.close(CloseCode.BadRequest, 'Too many subscriptions')
    const headers = this.#authorization === undefined ? {} : { authorization: this.#authorization }
    const events = this.#subgraph.subscribe({ body, headers })
    this.#open.set(id, events)
    const name = JSON.stringify(id)
    let isFirst = true
    for await (const result of events) {
      if (this.#open.get(id) !== events) break
      // What never began is an error of the operation, not one of its events.
      if (isFirst && result.startsWith('{"errors"') && !('data' in (JSON.parse(result) as object))) {
        this.#open.delete(id)
        const { errors } = JSON.parse(result) as { errors: unknown }
        await this.#send(`{"id":${name},"type":"error","payload":${JSON.stringify(errors)}}`)
        await events.return?.()
        return
      }
      isFirst = false
      await this.#send(`{"id":${name},"type":"next","payload":${result}}`)
    }
    if (this.#open.get(id) !== events) return
    this.#open.delete(id)
    await this.#send(stringifyMessage({ id, type: MessageType.Complete }))
  }

  /** Waits until the text has left for the network, so that a slow reader slows its own subscriptions down. */
  #send(text: string): Promise<void> {
    return new Promise((resolve) => {
      if (this.#socket.readyState !== this.#socket.OPEN) return resolve()
      this.#socket.send(text, (error) => {
        if (error) this.#log.debug({ err: error }, 'a socket took no more')
        resolve()
      })
    })
  }

  #checkPeer(): void {
    if (this.#alive) this.#socket.ping()
    else this.#socket.terminate()
    this.#alive = false
  }

  async #release(): Promise<void> {
    clearInterval(this.#ping)
    clearTimeout(this.#initTimer)
    const open = [...this.#open.values()]
    this.#open.clear()
    await Promise.all(open.map((events) => events.return?.()))
  }
}
