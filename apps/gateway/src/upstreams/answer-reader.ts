/** What a server answered to one request. */
export interface Posted {
  readonly status: number
  readonly cacheControl: string | null
  readonly text: string
  /** How long the server keeps the connection for another request, in milliseconds; 0 for not at all. */
  readonly keptMs: number
}

/** A server that sends more before its answer's first line of content is none of GraphQL. */
const MAX_HEAD_BYTES = 16_384
const HEAD_END = Buffer.from('\r\n\r\n')
const LINE_END = Buffer.from('\r\n')
const STATUS_LINE = /^HTTP\/1\.([01]) (\d{3})(?: |$)/
const FIELD_NAME = /^[!#$%&'*+\-.^_`|~\w]+$/
/** No server sends a longer one; 15 digits are exact as a number. */
const LENGTH = /^\d{1,15}$/
const CHUNK_SIZE = /^([\da-fA-F]{1,12})[ \t]*(?:;|$)/
const KEEP_TIMEOUT = /(?:^|[,\s])timeout=(\d{1,6})(?:[,\s]|$)/

/**
 * Reads the answer to one POST of HTTP/1.1 (RFC 9112) as its bytes come, however they are split. Whatever the RFC leaves open to two
 * readings is refused: the connection is of no use then. Bytes are copied where they are kept, so that a buffer may be used again.
 */
export class AnswerReader {
  #early: Buffer | null = null
  #head: Head | null = null
  #body: Body | null = null

  /** @returns the answer when it is whole. @throws Error saying what is wrong with it. */
  read(bytes: Buffer): Posted | null {
    if (this.#head && this.#body) return posted(this.#head, this.#body.read(bytes))
    const known = this.#early ? Buffer.concat([this.#early, bytes]) : bytes
    const end = known.indexOf(HEAD_END)
    if (end === -1 ? known.length > MAX_HEAD_BYTES : end > MAX_HEAD_BYTES)
      throw new Error('the head of the answer is too large')
    if (end === -1) {
      this.#early = known === bytes ? Buffer.from(bytes) : known
      return null
    }
    const head = knownHead(known.toString('latin1', 0, end))
    const rest = known.subarray(end + HEAD_END.length)
    this.#early = null
    // What comes before an answer, such as 103, is none.
    if (head.status < 200) return rest.length > 0 ? this.read(rest) : null
    this.#head = head
    this.#body = bodyOf(head)
    return posted(head, this.#body.read(rest))
  }

  /** The server has closed its side. @returns the answer where that is its end. @throws Error where it is not. */
  end(): Posted {
    const text = this.#body?.end() ?? null
    if (this.#head === null || text === null) throw new Error('the connection was closed before the end of the answer')
    return { status: this.#head.status, cacheControl: this.#head.cacheControl, keptMs: 0, text }
  }
}

interface Head {
  readonly status: number
  readonly cacheControl: string | null
  readonly keptMs: number
  /** Undefined where the head says nothing of it. */
  readonly length: number | undefined
  readonly isChunked: boolean
}

function posted({ status, cacheControl, keptMs }: Head, text: string | null): Posted | null {
  return text === null ? null : { status, cacheControl, keptMs, text }
}

/** Heads of answers of one length within one second are the same. */
const knownHeads = new Map<string, Head>()
const MAX_KNOWN_HEADS = 256

function knownHead(text: string): Head {
  let head = knownHeads.get(text)
  if (head) return head
  head = headOf(text)
  if (knownHeads.size >= MAX_KNOWN_HEADS) knownHeads.clear()
  knownHeads.set(text, head)
  return head
}

function headOf(text: string): Head {
  const [line = '', ...fields] = text.split('\r\n')
  const [, minor, status] = STATUS_LINE.exec(line) ?? []
  if (status === undefined || status === '101' || status < '100') throw new Error('the answer is not HTTP')
  let length: number | undefined
  let isChunked = false
  let cacheControl: string | null = null
  let isKept = minor === '1'
  let keptMs = Number.POSITIVE_INFINITY
  for (const field of fields) {
    const colon = field.indexOf(':')
    const name = field.slice(0, Math.max(0, colon)).toLowerCase()
    const value = field.slice(colon + 1).trim()
    if (!FIELD_NAME.test(name)) throw new Error('a header of the answer cannot be read')
    if (name === 'content-length') {
      if (!LENGTH.test(value) || length !== undefined) throw new Error('the length of the answer cannot be read')
      length = Number(value)
    } else if (name === 'transfer-encoding') {
      if (value.toLowerCase() !== 'chunked' || isChunked || minor === '0')
        throw new Error('the answer is encoded in a way of its own')
      isChunked = true
    } else if (name === 'connection') {
      const options = value.toLowerCase()
      if (options.includes('close')) isKept = false
    } else if (name === 'keep-alive') keptMs = Number(KEEP_TIMEOUT.exec(value)?.[1] ?? Number.POSITIVE_INFINITY) * 1_000
    else if (name === 'cache-control') cacheControl = cacheControl === null ? value : `${cacheControl}, ${value}`
    else if (name === 'content-encoding' && value.toLowerCase() !== 'identity')
      throw new Error('the answer is compressed')
  }
  if (isChunked && length !== undefined) throw new Error('the answer has two lengths')
  const isDelimited = isChunked || length !== undefined
  return { status: Number(status), cacheControl, keptMs: isKept && isDelimited ? keptMs : 0, length, isChunked }
}

interface Body {
  /** @returns the text when it is whole. @throws Error where there is more than that. */
  read(bytes: Buffer): string | null
  /** @returns the text where it ends with the connection, else null. */
  end(): string | null
}

function bodyOf({ status, length, isChunked }: Head): Body {
  if (status === 204 || status === 304) return new SizedBody(0)
  if (isChunked) return new ChunkedBody()
  return length === undefined ? new EndlessBody() : new SizedBody(length)
}

class SizedBody implements Body {
  readonly #length: number
  readonly #parts: Buffer[] = []
  #size = 0

  constructor(length: number) {
    this.#length = length
  }

  read(bytes: Buffer): string | null {
    this.#size += bytes.length
    if (this.#size > this.#length) throw new Error('the answer is longer than it says')
    if (bytes.length === this.#length) return bytes.toString()
    if (bytes.length > 0) this.#parts.push(Buffer.from(bytes))
    return this.#size === this.#length ? Buffer.concat(this.#parts).toString() : null
  }

  end(): null {
    return null
  }
}

/** Ends where the connection does. */
class EndlessBody implements Body {
  readonly #parts: Buffer[] = []

  read(bytes: Buffer): null {
    if (bytes.length > 0) this.#parts.push(Buffer.from(bytes))
    return null
  }

  end(): string {
    return Buffer.concat(this.#parts).toString()
  }
}

/** https://www.rfc-editor.org/rfc/rfc9112#section-7.1 */
class ChunkedBody implements Body {
  readonly #parts: Buffer[] = []
  /** Part of a line that has not come whole. */
  #line: Buffer | null = null
  /** Bytes that the chunk at hand still has. */
  #left = 0
  #state: 'SIZE' | 'DATA' | 'DATA_END' | 'TRAILER' = 'SIZE'
  #trailerBytes = 0

  read(bytes: Buffer): string | null {
    let rest = bytes
    while (rest.length > 0) {
      if (this.#state === 'DATA') {
        const part = rest.subarray(0, this.#left)
        this.#parts.push(Buffer.from(part))
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
        return Buffer.concat(this.#parts).toString()
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
