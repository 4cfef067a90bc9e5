import { createHash } from 'node:crypto'
import { endianness } from 'node:os'

const VALUE_BYTES = Float32Array.BYTES_PER_ELEMENT

/** What a model was given of a market, as it is kept: the very numbers, and their hash with the hash of what they mean. */
export interface KeptVector {
  /** float32, little-endian, in base64. */
  readonly vector: string
  /** SHA-256 in hexadecimal. */
  readonly vectorHash: string
}

/** @param featureHash of the feature set, in hexadecimal: hashed as bytes before the values. */
export function keepVector(row: Float32Array, featureHash: string): KeptVector {
  const bytes = Buffer.from(row.buffer, row.byteOffset, row.byteLength)
  const values = endianness() === 'LE' ? bytes : Buffer.from(bytes).swap32()
  const vectorHash = createHash('sha256').update(featureHash, 'hex').update(values).digest('hex')
  return { vector: values.toString('base64'), vectorHash }
}

export function vectorOf(base64: string): Float32Array {
  const bytes = Buffer.from(base64, 'base64')
  return Float32Array.from({ length: bytes.length / VALUE_BYTES }, (_, i) => bytes.readFloatLE(i * VALUE_BYTES))
}
