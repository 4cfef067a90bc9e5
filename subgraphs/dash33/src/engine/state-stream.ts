const INITIAL_BYTES = 65_536
const LOW = 128

/** Writes whole numbers and texts compactly: 7 bits a byte, low bits first. */
export class StateWriter {
  private bytes: Buffer
  private length = 0

  /** @param bytes that it writes without a copy of those before */
  constructor(bytes = INITIAL_BYTES) {
    this.bytes = Buffer.allocUnsafe(bytes)
  }

  /** A whole number from 0 to 2^53 − 1. */
  number(value: number): void {
    if (this.length + 8 > this.bytes.length) this.grow(8)
    let rest = value
    if ((value | 0) !== value || value < 0) rest = this.high(value)
    while (rest >= LOW) {
      this.bytes[this.length++] = (rest & 127) | LOW
      rest >>>= 7
    }
    this.bytes[this.length++] = rest
  }

  /** A number that may be missing. */
  optional(value: number | null): void {
    this.number(value === null ? 0 : value + 1)
  }

  /** ASCII. */
  text(value: string): void {
    this.number(value.length)
    if (this.length + value.length > this.bytes.length) this.grow(value.length)
    this.length += this.bytes.write(value, this.length, 'latin1')
  }

  /** The same of a text that is spelled somewhere. */
  spelled(source: Uint8Array, start: number, length: number): void {
    this.number(length)
    if (this.length + length > this.bytes.length) this.grow(length)
    for (let i = start; i < start + length; i++) this.bytes[this.length++] = source[i]!
  }

  finish(): Uint8Array {
    return this.bytes.subarray(0, this.length)
  }

  /** Writes all but the last 31 bits at most of a large number. @returns those */
  private high(value: number): number {
    if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${value} has no place in the state`)
    let rest = value
    while (rest > 0x7fffffff) {
      this.bytes[this.length++] = (rest % LOW) | LOW
      rest = Math.floor(rest / LOW)
    }
    return rest
  }

  private grow(by: number): void {
    const bytes = Buffer.allocUnsafe(Math.max(this.bytes.length * 2, this.length + by))
    this.bytes.copy(bytes, 0, 0, this.length)
    this.bytes = bytes
  }
}

/** Reads what `StateWriter` wrote. @throws RangeError where the bytes end early */
export class StateReader {
  private readonly bytes: Buffer
  private at = 0

  constructor(bytes: Uint8Array) {
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get done(): boolean {
    return this.at === this.bytes.length
  }

  number(): number {
    let value = 0
    for (let place = 1; ; place *= LOW) {
      const byte = this.bytes[this.at++]
      if (byte === undefined) throw new RangeError('the state ends early')
      value += (byte & 127) * place
      if (byte < LOW) return value
    }
  }

  optional(): number | null {
    const value = this.number()
    return value === 0 ? null : value - 1
  }

  text(): string {
    const length = this.number()
    if (this.at + length > this.bytes.length) throw new RangeError('the state ends early')
    this.at += length
    return this.bytes.toString('latin1', this.at - length, this.at)
  }
}
