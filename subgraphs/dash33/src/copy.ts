/**
 * Many rows for `COPY … FROM STDIN (FORMAT binary)`, which costs PostgreSQL less than `INSERT … SELECT FROM unnest(…)`: nothing is planned or
 * put together from columns, and pages are filled at once. One message of the protocol with all of them, and the one that ends them.
 */
const COPY_DATA = 'd'.charCodeAt(0)
const COPY_DONE = Buffer.from('c\0\0\0\x04', 'latin1')
/** The signature, no flags, no extension. */
const HEADER = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1')
const MESSAGE_BYTES = 5
const END_OF_ROWS = -1
const NULL_LENGTH = -1
/** PostgreSQL counts microseconds from 2000-01-01T00:00:00Z. */
const POSTGRES_EPOCH_MS = 946_684_800_000
const TWO_TO_32 = 2 ** 32
/** A `numeric` has digits to the base of 10,000: of a safe integer four at most. */
const NUMERIC_BASE = 10_000
const NUMERIC_NEGATIVE = 0x4000
const SMALLEST = BigInt(Number.MIN_SAFE_INTEGER)
const LARGEST = BigInt(Number.MAX_SAFE_INTEGER)
const FIRST_BYTES = 1 << 16
/** At least what any value but a text takes. */
const VALUE_BYTES = 24
/** UTF-8 takes at most three bytes for a unit of a JavaScript string. */
const BYTES_PER_UNIT = 3

/** Rows as bytes: for each of them `row`, then its values in the order of the columns. */
export class CopyRows {
  private buffer = Buffer.allocUnsafe(FIRST_BYTES)
  private at = MESSAGE_BYTES
  private count = 0

  constructor() {
    this.buffer.writeUInt8(COPY_DATA)
    this.at += HEADER.copy(this.buffer, this.at)
  }

  get rows(): number {
    return this.count
  }

  row(columns: number): void {
    this.reserve(VALUE_BYTES)
    this.at = this.buffer.writeInt16BE(columns, this.at)
    this.count += 1
  }

  int2(value: number): void {
    this.length(2)
    this.at = this.buffer.writeInt16BE(value, this.at)
  }

  int4(value: number | null): void {
    this.length(value === null ? NULL_LENGTH : 4)
    if (value !== null) this.at = this.buffer.writeInt32BE(value, this.at)
  }

  /** @throws where the value is not a safe integer: it has lost digits already. */
  int8(value: number | null): void {
    this.length(value === null ? NULL_LENGTH : 8)
    if (value !== null) this.long(value)
  }

  /** A whole number. @throws where a `number` is not a safe integer. */
  numeric(value: number | bigint): void {
    if (typeof value === 'number') this.safeNumeric(value)
    else if (value >= SMALLEST && value <= LARGEST) this.safeNumeric(Number(value))
    else this.longNumeric(value)
  }

  boolean(value: boolean): void {
    this.length(1)
    this.at = this.buffer.writeUInt8(value ? 1 : 0, this.at)
  }

  /** `timestamptz`, of milliseconds since the Unix epoch. */
  timestamp(time: number | null): void {
    this.length(time === null ? NULL_LENGTH : 8)
    if (time === null) return
    const ms = time - POSTGRES_EPOCH_MS
    // An order may be good until the end of the year 9999: from 2285 on microseconds are beyond 2^53.
    if (Number.isSafeInteger(ms * 1_000)) this.long(ms * 1_000)
    else this.at = this.buffer.writeBigInt64BE(BigInt(ms) * 1_000n, this.at)
  }

  /** `text`, `json`, or the label of an enum. */
  text(value: string | null): void {
    this.reserve(4 + (value?.length ?? 0) * BYTES_PER_UNIT)
    const bytes = value === null ? 0 : this.buffer.write(value, this.at + 4)
    this.at = this.buffer.writeInt32BE(value === null ? NULL_LENGTH : bytes, this.at) + bytes
  }

  /** @returns the messages; there can be no more rows. */
  messages(): Buffer {
    this.reserve(VALUE_BYTES)
    this.at = this.buffer.writeInt16BE(END_OF_ROWS, this.at)
    this.buffer.writeInt32BE(this.at - 1, 1)
    this.at += COPY_DONE.copy(this.buffer, this.at)
    return this.buffer.subarray(0, this.at)
  }

  private length(bytes: number): void {
    this.reserve(VALUE_BYTES)
    this.at = this.buffer.writeInt32BE(bytes, this.at)
  }

  private safeNumeric(value: number): void {
    assertSafe(value)
    let digits = 0
    for (let left = Math.abs(value); left > 0; left = Math.floor(left / NUMERIC_BASE)) digits += 1
    this.numericHeader(digits, value < 0)
    let left = Math.abs(value)
    for (let digit = digits - 1; digit >= 0; digit--) {
      this.buffer.writeInt16BE(left % NUMERIC_BASE, this.at + 2 * digit)
      left = Math.floor(left / NUMERIC_BASE)
    }
    this.at += 2 * digits
  }

  private longNumeric(value: bigint): void {
    const text = String(value < 0n ? -value : value)
    const digits = Math.ceil(text.length / 4)
    const padded = text.padStart(digits * 4, '0')
    this.numericHeader(digits, value < 0n)
    this.reserve(2 * digits)
    for (let digit = 0; digit < digits; digit++)
      this.at = this.buffer.writeInt16BE(Number(padded.slice(digit * 4, digit * 4 + 4)), this.at)
  }

  private numericHeader(digits: number, isNegative: boolean): void {
    this.length(8 + 2 * digits)
    this.at = this.buffer.writeInt16BE(digits, this.at)
    this.at = this.buffer.writeInt16BE(Math.max(digits - 1, 0), this.at)
    this.at = this.buffer.writeInt16BE(isNegative ? NUMERIC_NEGATIVE : 0, this.at)
    this.at = this.buffer.writeInt16BE(0, this.at)
  }

  private long(value: number): void {
    assertSafe(value)
    const high = Math.floor(value / TWO_TO_32)
    this.at = this.buffer.writeInt32BE(high, this.at)
    this.at = this.buffer.writeUInt32BE(value - high * TWO_TO_32, this.at)
  }

  private reserve(bytes: number): void {
    if (this.at + bytes <= this.buffer.length) return
    const larger = Buffer.allocUnsafe(Math.max(this.buffer.length * 2, this.at + bytes))
    this.buffer.copy(larger, 0, 0, this.at)
    this.buffer = larger
  }
}

function assertSafe(value: number): void {
  if (!Number.isSafeInteger(value)) throw new Error(`${value} is not a safe integer`)
}
