const INITIAL_BYTES = 4_096

/** Writes whole numbers and texts compactly: 7 bits a byte, low bits first; a repeated text is its number. */
export class ByteWriter {
  #bytes = Buffer.allocUnsafe(INITIAL_BYTES)
  #length = 0
  readonly #texts = new Map<string, number>()

  byte(value: number): void {
    this.#reserve(1)
    this.#bytes[this.#length++] = value
  }

  /** A whole number from 0 to 2^53 - 1. */
  number(value: number): void {
    if (!Number.isSafeInteger(value) || value < 0) throw new Error(`${value} cannot be journaled`)
    this.#reserve(8)
    let rest = value
    while (rest >= 128) {
      this.#bytes[this.#length++] = (rest % 128) + 128
      rest = Math.floor(rest / 128)
    }
    this.#bytes[this.#length++] = rest
  }

  /** ASCII, at most 255 characters. */
  text(value: string): void {
    const known = this.#texts.get(value)
    if (known !== undefined) {
      this.number(known + 1)
      return
    }
    this.#texts.set(value, this.#texts.size)
    this.number(0)
    this.byte(value.length)
    this.#reserve(value.length)
    this.#length += this.#bytes.write(value, this.#length, 'latin1')
  }

  finish(): Buffer {
    return this.#bytes.subarray(0, this.#length)
  }

  #reserve(bytes: number): void {
    if (this.#length + bytes <= this.#bytes.length) return
    const larger = Buffer.allocUnsafe(this.#bytes.length * 2 + bytes)
    this.#bytes.copy(larger, 0, 0, this.#length)
    this.#bytes = larger
  }
}

/** Reads what `ByteWriter` wrote. @throws where the bytes end early or name a text that was not written. */
export class ByteReader {
  readonly #bytes: Buffer
  #position = 0
  readonly #texts: string[] = []

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
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
      value += (byte % 128) * unit
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
