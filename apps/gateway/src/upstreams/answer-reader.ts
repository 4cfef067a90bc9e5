import { type Body, bodyOf, type Extent, MAX_HEAD_BYTES } from './answer-body.ts'

/** What a server answered to one request. */
export interface Posted {
  readonly status: number
  readonly cacheControl: string | null
  readonly text: string
  /** How long the server keeps the connection for another request, in milliseconds; 0 for not at all. */
  readonly keptMs: number
}

const HEAD_END = Buffer.from('\r\n\r\n')
const STATUS_LINE = /^HTTP\/1\.([01]) (\d{3})(?: |$)/
const FIELD_NAME = /^[!#$%&'*+\-.^_`|~\w]+$/
/** No server sends a longer one; 15 digits are exact as a number. */
const LENGTH = /^\d{1,15}$/
const KEEP_TIMEOUT = /(?:^|[,\s])timeout=(\d{1,6})(?:[,\s]|$)/

/**
 * Reads the answer to one POST of HTTP/1.1 (RFC 9112) as its bytes come, however they are split. Whatever the RFC leaves open to two
 * readings is refused: the connection is of no use then. Bytes are copied where they are kept, so that a buffer may be used again.
 */
export class AnswerReader {
  readonly #maxBytes: number
  #early: Buffer | null = null
  #head: Head | null = null
  #body: Body | null = null

  /** @param maxBytes of content: more is not waited for. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** @returns the answer when it is whole. @throws Error saying what is wrong with it, `AnswerTooLarge` as soon as that shows. */
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
    this.#body = bodyOf(head, this.#maxBytes)
    return posted(head, this.#body.read(rest))
  }

  /** The server has closed its side. @returns the answer where that is its end. @throws Error where it is not. */
  end(): Posted {
    const text = this.#body?.end() ?? null
    if (this.#head === null || text === null) throw new Error('the connection was closed before the end of the answer')
    return { status: this.#head.status, cacheControl: this.#head.cacheControl, keptMs: 0, text }
  }
}

interface Head extends Extent {
  readonly cacheControl: string | null
  readonly keptMs: number
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
