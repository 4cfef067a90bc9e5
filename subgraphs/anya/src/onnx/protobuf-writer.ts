const VARINT = 0
const LENGTH_DELIMITED = 2

/** Writes one protobuf message (https://protobuf.dev/programming-guides/encoding/): fields in the order of the calls. */
export class ProtobufWriter {
  readonly #parts: Uint8Array[] = []

  int(field: number, value: number | bigint): this {
    return this.#tag(field, VARINT).#varint(value)
  }

  string(field: number, value: string): this {
    return this.bytes(field, new TextEncoder().encode(value))
  }

  bytes(field: number, value: Uint8Array): this {
    this.#tag(field, LENGTH_DELIMITED).#varint(value.length).#parts.push(value)
    return this
  }

  message(field: number, value: ProtobufWriter): this {
    return this.bytes(field, value.finish())
  }

  packedInts(field: number, values: Iterable<number>): this {
    const packed = new ProtobufWriter()
    for (const value of values) packed.#varint(value)
    return this.message(field, packed)
  }

  packedFloats(field: number, values: Float32Array): this {
    return this.bytes(field, littleEndian(values))
  }

  finish(): Uint8Array {
    return Buffer.concat(this.#parts)
  }

  #tag(field: number, wireType: number): this {
    return this.#varint((field << 3) | wireType)
  }

  #varint(value: number | bigint): this {
    const bytes: number[] = []
    let rest = BigInt.asUintN(64, BigInt(value))
    do {
      const low = Number(rest & 0x7fn)
      rest >>= 7n
      bytes.push(rest > 0n ? low | 0x80 : low)
    } while (rest > 0n)
    this.#parts.push(Uint8Array.from(bytes))
    return this
  }
}

export function littleEndian(values: Float32Array | BigInt64Array): Uint8Array {
  const bytes = new Uint8Array(values.byteLength)
  const view = new DataView(bytes.buffer)
  for (const [i, value] of values.entries()) {
    if (typeof value === 'bigint') view.setBigInt64(i * 8, value, true)
    else view.setFloat32(i * 4, value, true)
  }
  return bytes
}
