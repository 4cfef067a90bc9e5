import type { Writable } from 'node:stream'
import type { Payload } from '../subscribe/backlog.ts'

/** RFC 6455, 5.2: the last frame of a message, and its only one, of text; a server masks nothing. */
const FINAL_TEXT = 0x81
const LENGTH_IN_2_BYTES = 126
const LENGTH_IN_8_BYTES = 127

/** What goes before one message of text. @param length of the message, in bytes. @returns a character for each byte of it. */
export function textFrameHeader(length: number): string {
  if (length < LENGTH_IN_2_BYTES) return String.fromCharCode(FINAL_TEXT, length)
  if (length < 0x10000) return String.fromCharCode(FINAL_TEXT, LENGTH_IN_2_BYTES, length >>> 8, length & 0xff)
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(BigInt(length))
  return String.fromCharCode(FINAL_TEXT, LENGTH_IN_8_BYTES, ...bytes)
}

/** One message of text for many sockets, of which only the head is each one's own. */
class SharedFrame {
  readonly #headAt: number
  #bytes: Buffer
  /** Whether a socket that could not send it at once still needs it as it is. */
  #isTaken = false

  constructor(headLength: number, tail: string) {
    const tailLength = Buffer.byteLength(tail)
    const header = textFrameHeader(headLength + tailLength)
    this.#headAt = header.length
    this.#bytes = Buffer.allocUnsafe(header.length + headLength + tailLength)
    this.#bytes.write(header, 0, 'latin1')
    this.#bytes.write(tail, header.length + headLength)
  }

  writeTo(stream: Writable, head: Buffer): void {
    if (this.#isTaken) this.#bytes = Buffer.from(this.#bytes)
    this.#bytes.set(head, this.#headAt)
    stream.write(this.#bytes)
    // Nothing waits in the stream: the kernel has a copy of its own.
    this.#isTaken = stream.writableLength > 0
  }
}

/**
 * Frames of the newest event that was sent, one for each length of head: ids are mostly UUIDs. A socket's head is written over that of the socket
 * before it, so that nothing is allocated or copied for each.
 */
export class SharedFrames {
  readonly #frames = new Map<number, SharedFrame>()
  #payload: Payload | null = null

  send(stream: Writable, head: Buffer, payload: Payload): void {
    if (payload !== this.#payload) {
      this.#payload = payload
      this.#frames.clear()
    }
    let frame = this.#frames.get(head.length)
    if (!frame) {
      frame = new SharedFrame(head.length, payload.tail)
      this.#frames.set(head.length, frame)
    }
    frame.writeTo(stream, head)
  }
}
