/**
 * Columns of many rows as parameters for `unnest`, in PostgreSQL's binary format for arrays, which neither side has to parse:
 * `INSERT … SELECT * FROM unnest($1::bigint[], $2::text[])`. All columns of a statement have one length, above 0.
 */
const HEADER_BYTES = 20
const OID = { boolean: 16, int8: 20, int2: 21, int4: 23, text: 25, timestamptz: 1184 } as const
/** PostgreSQL counts microseconds from 2000-01-01T00:00:00Z. */
const POSTGRES_EPOCH_MS = 946_684_800_000
const TWO_TO_32 = 2 ** 32

type Column<T> = readonly (T | null)[]

/** `smallint[]`. */
export const int2s = (values: Column<number>): Buffer =>
  fixed(values, OID.int2, 2, (buffer, value, at) => buffer.writeInt16BE(value, at))

/** `int[]`. */
export const int4s = (values: Column<number>): Buffer =>
  fixed(values, OID.int4, 4, (buffer, value, at) => buffer.writeInt32BE(value, at))

/** `bigint[]`. @throws where a value is not a safe integer: it has lost digits already. */
export const int8s = (values: Column<number>): Buffer => fixed(values, OID.int8, 8, writeInt64)

/** `boolean[]`. */
export const booleans = (values: Column<boolean>): Buffer =>
  fixed(values, OID.boolean, 1, (buffer, value, at) => buffer.writeUInt8(value ? 1 : 0, at))

/** `timestamptz[]`, of milliseconds since the Unix epoch. */
export const timestamps = (values: Column<number>): Buffer => fixed(values, OID.timestamptz, 8, writeMoment)

/** `text[]`; enums are cast from it. */
export function texts(values: Column<string>): Buffer {
  let bytes = 0
  for (const value of values) bytes += 4 + (value === null ? 0 : Buffer.byteLength(value))
  const buffer = header(values, OID.text, bytes)
  let at = HEADER_BYTES
  for (const value of values) {
    const length = value === null ? -1 : buffer.write(value, at + 4)
    buffer.writeInt32BE(length, at)
    at += 4 + Math.max(length, 0)
  }
  return buffer
}

function fixed<T>(
  values: Column<T>,
  oid: number,
  size: number,
  write: (buffer: Buffer, value: T, at: number) => void,
): Buffer {
  const nulls = values.reduce((count, value) => count + (value === null ? 1 : 0), 0)
  const buffer = header(values, oid, values.length * (4 + size) - nulls * size)
  let at = HEADER_BYTES
  for (const value of values) {
    buffer.writeInt32BE(value === null ? -1 : size, at)
    at += 4
    if (value === null) continue
    write(buffer, value, at)
    at += size
  }
  return buffer
}

/** One dimension that begins at 1. */
function header(values: Column<unknown>, oid: number, bytes: number): Buffer {
  if (values.length === 0) throw new Error('a column of no rows')
  const buffer = Buffer.allocUnsafe(HEADER_BYTES + bytes)
  for (const [i, word] of [1, values.includes(null) ? 1 : 0, oid, values.length, 1].entries())
    buffer.writeInt32BE(word, i * 4)
  return buffer
}

/** An order may be good until the end of the year 9999: from 2285 on microseconds are beyond 2^53. */
function writeMoment(buffer: Buffer, time: number, at: number): void {
  const ms = time - POSTGRES_EPOCH_MS
  if (Number.isSafeInteger(ms * 1_000)) writeInt64(buffer, ms * 1_000, at)
  else buffer.writeBigInt64BE(BigInt(ms) * 1_000n, at)
}

function writeInt64(buffer: Buffer, value: number, at: number): void {
  if (!Number.isSafeInteger(value)) throw new Error(`${value} is not a safe integer`)
  const high = Math.floor(value / TWO_TO_32)
  buffer.writeInt32BE(high, at)
  buffer.writeUInt32BE(value - high * TWO_TO_32, at + 4)
}
