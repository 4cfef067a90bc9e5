/** A server that sends more before its answer's first line of content is none of GraphQL. */
export const MAX_HEAD_BYTES = 16_384
const LINE_END = Buffer.from('\r\n')
const CHUNK_SIZE = /^([\da-fA-F]{1,12})[ \t]*(?:;|$)/

/** The server sends more than is kept of one answer. */
export class AnswerTooLarge extends Error {
  override readonly name = 'AnswerTooLarge'

  constructor(limit: number) {
    super(`the answer is larger than ${limit} bytes`)
  }
}

/** The content of one answer as it comes. */
export interface Body {
  /** @returns the text when it is whole. @throws Error where there is more than that. */
  read(bytes: Buffer): string | null
  /** @returns the text where it ends with the connection, else null. */
  end(): string | null
}

/** How an answer says where its content ends. */
export interface Extent {
  readonly status: number
  /** Undefined where the head says nothing of it. */
  readonly length: number | undefined
  readonly isChunked: boolean
}

/** @throws AnswerTooLarge where the head says so. */
export function bodyOf({ status, length, isChunked }: Extent, maxBytes: number): Body {
  if (length !== undefined && length > maxBytes) throw new AnswerTooLarge(maxBytes)
  if (status === 204 || status === 304) return new SizedBody(0)
  if (isChunked) return new ChunkedBody(maxBytes)
  return length === undefined ? new EndlessBody(maxBytes) : new SizedBody(length)
}

/** Bytes one after the other in one piece, so that a thousand small parts cost no more than a large one. */
class Content {
  readonly #maxBytes: number
  #bytes: Buffer = Buffer.alloc(0)
  #size = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  get size(): number {
    return this.#size
  }

  add(part: Buffer): void {
    const size = this.#size + part.length
    if (size > this.#maxBytes) throw new AnswerTooLarge(this.#maxBytes)
    if (size > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(size, 2 * this.#bytes.length))
      this.#bytes.copy(larger, 0, 0, this.#size)
      this.#bytes = larger
    }
    part.copy(this.#bytes, this.#size)
    this.#size = size
  }

  text(): string {
    return this.#bytes.toString('utf8', 0, this.#size)
  }
}

class SizedBody implements Body {
  readonly #length: number
  readonly #content: Content

  constructor(length: number) {
    this.#length = length
    this.#content = new Content(length)
  }

  read(bytes: Buffer): string | null {
    const size = this.#content.size + bytes.length
    if (size > this.#length) throw new Error('the answer is longer than it says')
    if (bytes.length === this.#length) return bytes.toString()
    this.#content.add(bytes)
    return size === this.#length ? this.#content.text() : null
  }

  end(): null {
    return null
  }
}

/** Ends where the connection does. */
class EndlessBody implements Body {
  readonly #content: Content

  constructor(maxBytes: number) {
    this.#content = new Content(maxBytes)
  }

  read(bytes: Buffer): null {
    this.#content.add(bytes)
    return null
  }

  end(): string {
    return this.#content.text()
  }
}

/** https://www.rfc-editor.org/rfc/rfc9112#section-7.1 */
class ChunkedBody implements Body {
  readonly #content: Content
  /** Part of a line that has not come whole. */
  #line: Buffer | null = null
  /** Bytes that the chunk at hand still has. */
  #left = 0
  #state: 'SIZE' | 'DATA' | 'DATA_END' | 'TRAILER' = 'SIZE'
  #trailerBytes = 0

  constructor(maxBytes: number) {
    this.#content = new Content(maxBytes)
  }

  read(bytes: Buffer): string | null {
    let rest = bytes
    while (rest.length > 0) {
      if (this.#state === 'DATA') {
        const part = rest.subarray(0, this.#left)
        this.#content.add(part)
        this.#left -= part.length
        rest = rest.subarray(part.length)
        if (this.#left === 0) this.#state = 'DATA_END'
        continue
      }
      const known = this.#line ? Buffer.concat([this.#line, rest]) : rest
      const end = known.indexOf(LINE_END)
      if (end === -1) {
        if (known.length > MAX_HEAD_BYTES) throw new Error('a line of the answer is too long')
        this.#line = Buffer.from(known)
        return null
      }
      this.#line = null
      rest = known.subarray(end + LINE_END.length)
      if (this.#take(known.toString('latin1', 0, end))) {
        if (rest.length > 0) throw new Error('the answer is longer than it says')
        return this.#content.text()
      }
    }
    return null
  }

  end(): null {
    return null
  }

  /** Takes one line between the chunks. @returns whether it was the last. */
  #take(line: string): boolean {
    if (this.#state === 'SIZE') {
      const size = CHUNK_SIZE.exec(line)?.[1]
      if (size === undefined) throw new Error('the size of a chunk cannot be read')
      this.#left = Number.parseInt(size, 16)
      this.#state = this.#left === 0 ? 'TRAILER' : 'DATA'
      return false
    }
    if (this.#state === 'DATA_END') {
      if (line !== '') throw new Error('a chunk is longer than it says')
      this.#state = 'SIZE'
      return false
    }
    this.#trailerBytes += line.length
    if (this.#trailerBytes > MAX_HEAD_BYTES) throw new Error('the end of the answer is too long')
    return line === ''
  }
}
