const INITIAL_BYTES = 4_096
/** Up to this length a loop beats the call into the runtime. */
const SHORT_TEXT = 32
const MAX_TEXT_BYTES = 255
/** Names that are recognised without being made anew: a power of two. */
const KNOWN_NAMES = 2 ** 16

/** A place to go back to. */
export interface Mark {
  readonly length: number
  readonly texts: number
}

/** Writes whole numbers and texts compactly: 7 bits a byte, low bits first; a repeated name is its number. */
export class ByteWriter {
  private bytes = Buffer.from(new ArrayBuffer(INITIAL_BYTES))
  private size = 0
  private readonly numbers = new Map<string, number>()
  /** In the order in which they were spelled out: the number of a name counts all texts. */
  private readonly texts: string[] = []

  get length(): number {
    return this.size
  }

  byte(value: number): void {
    this.reserve(1)
    this.bytes[this.size++] = value
  }

  /** A whole number from 0 to 2^53 - 1. */
  number(value: number): void {
    if (!Number.isSafeInteger(value) || value < 0) throw new Error(`${value} cannot be journaled`)
    this.reserve(8)
    let rest = value
    while (rest >= 0x8000_0000) {
      this.bytes[this.size++] = (rest % 128) + 128
      rest = Math.floor(rest / 128)
    }
    while (rest >= 128) {
      this.bytes[this.size++] = (rest & 127) | 128
      rest >>>= 7
    }
    this.bytes[this.size++] = rest
  }

  /** A text that is likely to come again: an account's id, a symbol. ASCII, at most 255 characters. */
  name(value: string): void {
    const known = this.numbers.get(value)
    if (known !== undefined) {
      this.number(known + 1)
      return
    }
    this.text(value)
    this.numbers.set(value, this.texts.length - 1)
  }

  /** A text that is likely to come only once: an order's id. ASCII, at most 255 characters. */
  text(value: string): void {
    if (value.length > MAX_TEXT_BYTES) throw new Error('a text of more than 255 characters cannot be journaled')
    this.texts.push(value)
    this.reserve(value.length + 2)
    this.bytes[this.size++] = 0
    this.bytes[this.size++] = value.length
    if (value.length > SHORT_TEXT) this.size += this.bytes.write(value, this.size, 'latin1')
    else for (let i = 0; i < value.length; i++) this.bytes[this.size++] = value.charCodeAt(i)
  }

  mark(): Mark {
    return { length: this.size, texts: this.texts.length }
  }

  /** Forgets what was written since. */
  reset({ length, texts }: Mark): void {
    this.size = length
    for (const text of this.texts.splice(texts)) {
      if ((this.numbers.get(text) ?? -1) >= texts) this.numbers.delete(text)
    }
  }

  /** @returns what was written, in a buffer of its own, and begins anew. */
  finish(): Uint8Array<ArrayBuffer> {
    const written = new Uint8Array(this.size)
    written.set(this.bytes.subarray(0, this.size))
    this.size = 0
    this.numbers.clear()
    this.texts.length = 0
    return written
  }

  private reserve(bytes: number): void {
    if (this.size + bytes <= this.bytes.length) return
    const larger = Buffer.from(new ArrayBuffer(this.bytes.length * 2 + bytes))
    this.bytes.copy(larger, 0, 0, this.size)
    this.bytes = larger
  }
}

const NO_BYTES = Buffer.alloc(0)

/** By a hash of their bytes, whatever was read there last. */
const names: string[] = Array.from({ length: KNOWN_NAMES }, () => '')

/** Reads what `ByteWriter` wrote. @throws where the bytes end early or name a text that was not written. */
export class ByteReader {
  bytes: Buffer = NO_BYTES
  /** Where the text begins that `span` has passed, and how long it is. */
  spanStart = 0
  spanLength = 0
  private position = 0
  private marked = 0
  private markedCount = 0
  /** Of the texts so far: where each begins, and itself where it was read as a text. Both lists may go on beyond the count. */
  private count = 0
  private readonly starts: number[] = []
  private readonly texts: (string | null)[] = []

  constructor(bytes: Uint8Array) {
    this.open(bytes)
  }

  /** Begins anew with other bytes. */
  open(bytes: Uint8Array): void {
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.position = 0
    this.count = 0
  }

  get atEnd(): boolean {
    return this.position >= this.bytes.length
  }

  /** The texts after this are numbered anew. */
  forgetTexts(): void {
    this.count = 0
  }

  /** Remembers this place. */
  mark(): void {
    this.marked = this.position
    this.markedCount = this.count
  }

  /** Goes back to the place that was remembered last. */
  reset(): void {
    this.position = this.marked
    this.count = this.markedCount
  }

  byte(): number {
    if (this.position >= this.bytes.length) throw new Error('the journal batch ends early')
    return this.bytes[this.position++]!
  }

  number(): number {
    let value = 0
    let unit = 1
    for (;;) {
      const byte = this.byte()
      value += (byte & 127) * unit
      if (byte < 128) return value
      unit *= 128
    }
  }

  text(): string {
    this.span()
    return this.spelled()
  }

  /** Passes a text. @returns its number */
  span(): number {
    const reference = this.number()
    if (reference > this.count) throw new Error('the journal batch names an unknown text')
    if (reference > 0) {
      this.spanStart = this.starts[reference - 1]!
      this.spanLength = this.bytes[this.spanStart - 1]!
      return reference - 1
    }
    this.spanLength = this.byte()
    this.spanStart = this.position
    this.position += this.spanLength
    if (this.position > this.bytes.length) throw new Error('the journal batch ends early')
    this.starts[this.count] = this.spanStart
    this.texts[this.count] = null
    return this.count++
  }

  /** A text that is likely to have come before: the same object, so that maps need not hash it again. */
  name(): string {
    const number = this.span()
    const known = this.texts[number]!
    if (known !== null) return known
    const { bytes, spanStart, spanLength } = this
    const end = spanStart + spanLength
    let hash = 0
    for (let i = spanStart; i < end; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193)
    const place = (hash ^ (hash >>> 16)) & (KNOWN_NAMES - 1)
    let value = names[place]!
    if (!this.spells(value)) {
      value = this.spelled()
      names[place] = value
    }
    this.texts[number] = value
    return value
  }

  private spelled(): string {
    return this.bytes.toString('latin1', this.spanStart, this.spanStart + this.spanLength)
  }

  private spells(text: string): boolean {
    const { bytes, spanStart, spanLength } = this
    if (text.length !== spanLength) return false
    for (let i = 0; i < spanLength; i++) if (bytes[spanStart + i] !== text.charCodeAt(i)) return false
    return true
  }
}
