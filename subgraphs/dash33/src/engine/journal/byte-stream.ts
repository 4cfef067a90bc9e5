const INITIAL_BYTES = 4_096
/** Up to this length a loop beats the call into the runtime. */
const SHORT_TEXT = 32
const MAX_TEXT_BYTES = 255

/** A place to go back to. */
export interface Mark {
  readonly length: number
  readonly texts: number
}

/** Writes whole numbers and texts compactly: 7 bits a byte, low bits first; a repeated text is its number. */
export class ByteWriter {
  #bytes = Buffer.from(new ArrayBuffer(INITIAL_BYTES))
  #length = 0
  readonly #numbers = new Map<string, number>()
  readonly #texts: string[] = []

  get length(): number {
    return this.#length
  }

  byte(value: number): void {
    this.#reserve(1)
    this.#bytes[this.#length++] = value
  }

  /** A whole number from 0 to 2^53 - 1. */
  number(value: number): void {
    if (!Number.isSafeInteger(value) || value < 0) throw new Error(`${value} cannot be journaled`)
    this.#reserve(8)
    let rest = value
    while (rest >= 0x8000_0000) {
      this.#bytes[this.#length++] = (rest % 128) + 128
      rest = Math.floor(rest / 128)
    }
    while (rest >= 128) {
      this.#bytes[this.#length++] = (rest & 127) | 128
      rest >>>= 7
    }
    this.#bytes[this.#length++] = rest
  }

  /** ASCII, at most 255 characters. */
  text(value: string): void {
    const known = this.#numbers.get(value)
    if (known !== undefined) {
      this.number(known + 1)
      return
    }
    if (value.length > MAX_TEXT_BYTES) throw new Error('a text of more than 255 characters cannot be journaled')
    this.#numbers.set(value, this.#texts.length)
    this.#texts.push(value)
    this.number(0)
    this.byte(value.length)
    this.#reserve(value.length)
    if (value.length > SHORT_TEXT) this.#length += this.#bytes.write(value, this.#length, 'latin1')
    else for (let i = 0; i < value.length; i++) this.#bytes[this.#length++] = value.charCodeAt(i)
  }

  mark(): Mark {
    return { length: this.#length, texts: this.#texts.length }
  }

  /** Forgets what was written since. */
  reset({ length, texts }: Mark): void {
    this.#length = length
    for (const text of this.#texts.splice(texts)) this.#numbers.delete(text)
  }

  /** @returns what was written, in a buffer of its own, and begins anew. */
  finish(): Uint8Array<ArrayBuffer> {
    const written = new Uint8Array(this.#length)
    written.set(this.#bytes.subarray(0, this.#length))
    this.#length = 0
    this.#numbers.clear()
    this.#texts.length = 0
    return written
  }

  #reserve(bytes: number): void {
    if (this.#length + bytes <= this.#bytes.length) return
    const larger = Buffer.from(new ArrayBuffer(this.#bytes.length * 2 + bytes))
    this.#bytes.copy(larger, 0, 0, this.#length)
    this.#bytes = larger
  }
}

/** Reads what `ByteWriter` wrote. @throws where the bytes end early or name a text that was not written. */
export class ByteReader {
  readonly #bytes: Buffer
  #position = 0
  #texts: string[] = []

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get atEnd(): boolean {
    return this.#position >= this.#bytes.length
  }

  /** The texts after this are numbered anew. */
  forgetTexts(): void {
    this.#texts = []
  }

  byte(): number {
    const value = this.#bytes[this.#position++]
    if (value === undefined) throw new Error('the journal batch ends early')
    return value
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
    if (reference > 0) return this.#known(reference - 1)
    const length = this.byte()
    const value = this.#bytes.toString('latin1', this.#position, this.#position + length)
    if (value.length !== length) throw new Error('the journal batch ends early')
    this.#position += length
    this.#texts.push(value)
    return value
  }

  #known(index: number): string {
    const text = this.#texts[index]
    if (text === undefined) throw new Error('the journal batch names an unknown text')
    return text
  }
}
