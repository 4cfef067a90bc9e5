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

/** By a hash of their bytes, whatever was read there last. */
const names: string[] = Array.from({ length: KNOWN_NAMES }, () => '')

/** Reads what `ByteWriter` wrote. @throws where the bytes end early or name a text that was not written. */
export class ByteReader {
  private readonly bytes: Buffer
  private position = 0
  private texts: string[] = []

  constructor(bytes: Uint8Array) {
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get atEnd(): boolean {
    return this.position >= this.bytes.length
  }

  /** The texts after this are numbered anew. */
  forgetTexts(): void {
    if (this.texts.length > 0) this.texts = []
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
    const reference = this.number()
    if (reference > 0) return this.known(reference - 1)
    const start = this.begin()
    const value = this.bytes.toString('latin1', start, this.position)
    this.texts.push(value)
    return value
  }

  /** The same of a text that is likely to have come before: the same object, so that maps need not hash it again. */
  name(): string {
    const reference = this.number()
    if (reference > 0) return this.known(reference - 1)
    const start = this.begin()
    const end = this.position
    const { bytes } = this
    let hash = 0
    for (let i = start; i < end; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193)
    const place = (hash ^ (hash >>> 16)) & (KNOWN_NAMES - 1)
    let value = names[place]!
    if (!this.spells(value, start, end)) {
      value = bytes.toString('latin1', start, end)
      names[place] = value
    }
    this.texts.push(value)
    return value
  }

  /** Passes a text. @returns where it begins */
  private begin(): number {
    const length = this.byte()
    const start = this.position
    this.position += length
    if (this.position > this.bytes.length) throw new Error('the journal batch ends early')
    return start
  }

  private spells(text: string, start: number, end: number): boolean {
    if (text.length !== end - start) return false
    const { bytes } = this
    for (let i = start; i < end; i++) if (bytes[i] !== text.charCodeAt(i - start)) return false
    return true
  }

  private known(index: number): string {
    const text = this.texts[index]
    if (text === undefined) throw new Error('the journal batch names an unknown text')
    return text
  }
}
