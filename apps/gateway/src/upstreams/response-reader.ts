/** No subgraph of ours answers with a tenth of it; what is longer is given up, since it is held in memory whole. */
const MAX_BODY_BYTES = 64 * 1024 * 1024
/** Node's own limit. */
const MAX_HEAD_BYTES = 16 * 1024
const STATUS_LINE = /^HTTP\/1\.([01]) (\d{3})(?: |$)/

export interface Posted {
  readonly status: number
  readonly cacheControl: string | null
  readonly text: string
}

/** How an answer's body ends (RFC 9112, section 6.3). */
type Framing =
  | { readonly kind: 'LENGTH'; readonly bytes: number }
  | { readonly kind: 'CHUNKED' }
  | { readonly kind: 'CLOSE' }

/** Reads one HTTP/1.1 answer out of pieces of any size. Whatever is not one throws. */
export class ResponseReader {
  /** Whether the connection may be used again. */
  keepsAlive = true
  /** How long the server keeps the connection, where it says so. */
  keepAliveMs: number | null = null
  #status = 0
  #cacheControl: string | null = null
  #framing: Framing | null = null
  /** What has come and is not understood yet. */
  #pending: Buffer | null = null
  readonly #parts: Buffer[] = []
  #size = 0
  #isInTrailer = false

  get hasBegun(): boolean {
    return this.#framing !== null || this.#pending !== null
  }

  /** @param piece is read before this returns; its memory may then be used again. @returns the answer once it is whole. */
  feed(piece: Buffer): Posted | null {
    let rest = this.#pending ? Buffer.concat([this.#pending, piece]) : piece
    this.#pending = null
    while (!this.#framing) {
      const end = rest.indexOf('\r\n\r\n')
      if (end > MAX_HEAD_BYTES || (end === -1 && rest.length > MAX_HEAD_BYTES)) throw new Error('the head is too long')
      if (end === -1) return this.#keep(rest)
      this.#readHead(rest.toString('latin1', 0, end))
      rest = rest.subarray(end + 4)
    }
    return this.#readBody(rest, this.#framing)
  }

  /** The connection has ended. @returns the answer where that was its end. */
  end(): Posted | null {
    return this.#framing?.kind === 'CLOSE' ? this.#whole() : null
  }

  #keep(rest: Buffer): null {
    if (rest.length > 0) this.#pending = Buffer.from(rest)
    return null
  }

  #readHead(head: string): void {
    const [first = '', ...lines] = head.split('\r\n')
    const [, minor, status] = STATUS_LINE.exec(first) ?? []
    if (status === undefined || status === '101') throw new Error('the answer is not HTTP/1.1')
    // Interim answers (1xx) are passed over: the next head is the one.
    if (status.startsWith('1')) return
    this.#status = Number(status)
    this.keepsAlive = minor === '1'
    let length: string | null = null
    let encoding: string | null = null
    for (const line of lines) {
      const colon = line.indexOf(':')
      if (colon < 1) throw new Error('a header has no name')
      const value = line.slice(colon + 1).trim()
      switch (line.slice(0, colon).toLowerCase()) {
        case 'content-length':
          if (!/^\d{1,15}$/.test(value) || (length !== null && length !== value))
            throw new Error('the length is unclear')
          length = value
          break
        case 'transfer-encoding':
          encoding = value.toLowerCase()
          break
        case 'connection':
          this.keepsAlive = !/\bclose\b/i.test(value) && (this.keepsAlive || /\bkeep-alive\b/i.test(value))
          break
        case 'keep-alive':
          this.keepAliveMs = Number(/\btimeout=(\d{1,9})/i.exec(value)?.[1] ?? Number.NaN) * 1_000 || null
          break
        case 'cache-control':
          this.#cacheControl = this.#cacheControl === null ? value : `${this.#cacheControl}, ${value}`
          break
      }
    }
    this.#framing = framingOf(status, length, encoding)
    if (this.#framing.kind === 'CLOSE') this.keepsAlive = false
  }

  #readBody(rest: Buffer, framing: Framing): Posted | null {
    if (framing.kind === 'CHUNKED') return this.#readChunks(rest)
    const bytes = framing.kind === 'LENGTH' ? framing.bytes : Number.POSITIVE_INFINITY
    // More than was announced belongs to no request of ours.
    if (this.#size + rest.length > bytes) throw new Error('there is more than the answer')
    if (rest.length === bytes) return this.#posted(rest)
    this.#add(rest)
    return this.#size === bytes ? this.#whole() : null
  }

  #readChunks(piece: Buffer): Posted | null {
    let rest = piece
    for (;;) {
      const end = rest.indexOf('\r\n')
      if (end === -1 && rest.length > MAX_HEAD_BYTES) throw new Error('a chunk has no end')
      if (end === -1) return this.#keep(rest)
      if (this.#isInTrailer) {
        if (end === 0) return this.#finish(rest.length - 2)
        rest = rest.subarray(end + 2)
        continue
      }
      const size = /^([\da-f]{1,8})[ \t]*(?:;|$)/i.exec(rest.toString('latin1', 0, end))?.[1]
      if (size === undefined) throw new Error('a chunk has no size')
      const bytes = Number.parseInt(size, 16)
      if (bytes === 0) {
        this.#isInTrailer = true
        rest = rest.subarray(end + 2)
        continue
      }
      if (this.#size + bytes > MAX_BODY_BYTES) throw new Error('the answer is too long')
      const next = end + 2 + bytes
      if (rest.length < next + 2) return this.#keep(rest)
      if (rest.toString('latin1', next, next + 2) !== '\r\n') throw new Error('a chunk is longer than it says')
      this.#add(rest.subarray(end + 2, next))
      rest = rest.subarray(next + 2)
    }
  }

  #finish(left: number): Posted {
    if (left > 0) throw new Error('there is more than the answer')
    return this.#whole()
  }

  #add(part: Buffer): void {
    this.#size += part.length
    if (this.#size > MAX_BODY_BYTES) throw new Error('the answer is too long')
    if (part.length > 0) this.#parts.push(Buffer.from(part))
  }

  #whole(): Posted {
    return this.#posted(Buffer.concat(this.#parts))
  }

  #posted(body: Buffer): Posted {
    return { status: this.#status, cacheControl: this.#cacheControl, text: body.toString('utf8') }
  }
}

function framingOf(status: string, length: string | null, encoding: string | null): Framing {
  if (status === '204' || status === '304') return { kind: 'LENGTH', bytes: 0 }
  if (encoding !== null) {
    if (encoding !== 'chunked' || length !== null) throw new Error('the end of the answer is unclear')
    return { kind: 'CHUNKED' }
  }
  if (length === null) return { kind: 'CLOSE' }
  const bytes = Number(length)
  if (bytes > MAX_BODY_BYTES) throw new Error('the answer is too long')
  return { kind: 'LENGTH', bytes }
}
