const VARINT = 0
const FIXED64 = 1
const LENGTH_DELIMITED = 2
const FIXED32 = 5
const MAX_VARINT_BYTES = 10

/** The bytes are no protobuf message. */
export class MalformedMessage extends Error {}

export interface ProtobufField {
  readonly number: number
  /** Of a number that was written as a variable-length integer; 0 otherwise. Signed, and exact up to 2^53. */
  readonly integer: number
  /** Of a string, message, packed or fixed-size value; empty otherwise. A view of the file, no copy. */
  readonly bytes: Uint8Array
}

const NOTHING = new Uint8Array(0)

/**
 * Reads the fields of one protobuf message (https://protobuf.dev/programming-guides/encoding/) in the order they were written, and nothing
 * beyond its end. Throws `MalformedMessage`.
 */
export function* readFields(bytes: Uint8Array): Generator<ProtobufField> {
  const cursor = new Cursor(bytes)
  while (!cursor.isAtEnd) {
    const tag = cursor.varint()
    const number = Math.floor(tag / 8)
    if (number < 1) throw new MalformedMessage(`a field has the number ${number}`)
    yield { number, ...readValue(cursor, tag % 8) }
  }
}

/** @returns the integers of a repeated field: one where they are not packed, none where nothing is packed. */
export function* readIntegers({ integer, bytes }: ProtobufField): Generator<number> {
  if (bytes === NOTHING) {
    yield integer
    return
  }
  const cursor = new Cursor(bytes)
  while (!cursor.isAtEnd) yield cursor.varint()
}

/** Throws `MalformedMessage` where it is no UTF-8. */
export function readText(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new MalformedMessage('a name is no UTF-8')
  }
}

function readValue(cursor: Cursor, wireType: number): Omit<ProtobufField, 'number'> {
  switch (wireType) {
    case VARINT:
      return { integer: cursor.varint(), bytes: NOTHING }
    case FIXED64:
      return { integer: 0, bytes: cursor.take(8) }
    case LENGTH_DELIMITED:
      return { integer: 0, bytes: cursor.take(cursor.varint()) }
    case FIXED32:
      return { integer: 0, bytes: cursor.take(4) }
    default:
      throw new MalformedMessage(`a field has the wire type ${wireType}`)
  }
}

class Cursor {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length
  }

  take(length: number): Uint8Array {
    if (length < 0 || length > this.#bytes.length - this.#at)
      throw new MalformedMessage('a field ends beyond its message')
    const taken = this.#bytes.subarray(this.#at, this.#at + length)
    this.#at += length
    return taken
  }

  varint(): number {
    const first = this.#bytes[this.#at]
    if (first !== undefined && first < 0x80) {
      this.#at++
      return first
    }
    let value = 0n
    for (let i = 0; i < MAX_VARINT_BYTES; i++) {
      const byte = this.#bytes[this.#at]
      if (byte === undefined) throw new MalformedMessage('a number ends beyond its message')
      this.#at++
      value |= BigInt(byte & 0x7f) << BigInt(7 * i)
      if (byte < 0x80) return Number(BigInt.asIntN(64, value))
    }
    throw new MalformedMessage('a number has no end')
  }
}
