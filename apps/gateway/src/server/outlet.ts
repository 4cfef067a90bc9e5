import type { Duplex } from 'node:stream'
import type { GraphQLError } from 'graphql'
import type { WebSocket } from 'ws'
import type { Payload } from '../subscribe/backlog.ts'
import type { Sink } from '../subscribe/sink.ts'
import { type SharedFrames, textFrameHeader } from './frames.ts'

/** With this much unsent nothing is added: what a reader has not read yet is kept once for all, not in its socket. In bytes. */
export const MAX_UNSENT = 256 * 1024
/** Who asks and asks and reads no answer is cut off. In bytes. */
const MAX_UNREAD_ANSWERS = 8 * 1024 * 1024
/** Events of so many characters go out from the one buffer that all share; shorter ones in one piece with the head. */
export const SHARED_FROM = 16 * 1024

/** The way out of one socket: bounded in what waits in it, and whoever found it full hears when it is empty. */
export class Outlet {
  readonly #socket: WebSocket
  readonly #stream: Duplex
  readonly #frames: SharedFrames
  readonly #waiting = new Set<() => void>()

  /** @param stream what the socket writes to. @param frames which all outlets of a server have in common. */
  constructor(socket: WebSocket, stream: Duplex, frames: SharedFrames) {
    this.#frames = frames
    this.#socket = socket
    this.#stream = stream
    stream.on('drain', () => {
      for (const wake of [...this.#waiting]) wake()
    })
  }

  get isReady(): boolean {
    return this.#socket.readyState === this.#socket.OPEN && this.#stream.writableLength < MAX_UNSENT
  }

  /** Whether the other side leaves unread what it was sent. */
  get isBlocked(): boolean {
    return this.#socket.bufferedAmount > 0
  }

  /** Sends a message of the protocol. Resolves when it has left. */
  send(text: string): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#socket.readyState !== this.#socket.OPEN) return resolve()
      this.#socket.send(text, (error) => (error ? reject(error) : resolve()))
      if (this.#socket.bufferedAmount > MAX_UNREAD_ANSWERS) this.#socket.terminate()
    })
  }

  /** Sends an event, of which only the head is this reader's own: past the WebSocket, whose own way costs a fifth more. */
  sendEvent(head: Buffer, payload: Payload): void {
    if (payload.size < SHARED_FROM) return void this.#frames.send(this.#stream, head, payload)
    const { bytes } = payload
    this.#stream.cork()
    this.#stream.write(textFrameHeader(head.length + bytes.length), 'latin1')
    this.#stream.write(head)
    this.#stream.write(bytes)
    this.#stream.uncork()
  }

  /** @returns a function that ends the listening. */
  onRoom(wake: () => void): () => void {
    this.#waiting.add(wake)
    return () => this.#waiting.delete(wake)
  }
}

/** A subscription of a socket: its events are `next` messages of graphql-transport-ws, spliced from its id and the shared text. */
export class SocketSink implements Sink {
  readonly end: (fault: GraphQLError | null) => void
  readonly #outlet: Outlet
  readonly #head: Buffer

  constructor(outlet: Outlet, id: string, end: (fault: GraphQLError | null) => void) {
    this.end = end
    this.#outlet = outlet
    this.#head = Buffer.from(`{"id":${JSON.stringify(id)},"type":"next","payload":`)
  }

  get isReady(): boolean {
    return this.#outlet.isReady
  }

  write(payload: Payload): void {
    this.#outlet.sendEvent(this.#head, payload)
  }
}
