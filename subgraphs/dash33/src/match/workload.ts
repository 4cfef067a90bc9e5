import { gunzipSync } from 'node:zlib'
import type { SideCode } from '../book/index.ts'

/** "MEBW_001" and the version of the format that follows it. */
const MAGIC = 0x4d4542575f303031n
const VERSION = 1
const HEADER_BYTES = 16
const RECORD_BYTES = 40

export const NEW = 0
export const CANCEL = 1
export const MODIFY = 2

/** A file that is no workload; the message says what is wrong with it, in one line. */
export class BadWorkload extends Error {}

/** One message to a matching engine. Of a cancel only the id says anything. */
export interface Message {
  readonly type: typeof NEW | typeof CANCEL | typeof MODIFY
  readonly id: number
  readonly side: SideCode
  readonly price: number
  readonly quantity: number
  /** What does not trade at once is cancelled. */
  readonly immediate: boolean
}

/**
 * A workload of the public matching-engine benchmark (github.com/flash1-dev/matching-engine-benchmark) as columns, one entry per message.
 * The file: header `u64 magic, u32 version, u32 count`, then per message
 * `u8 type, u8 side, u8 immediate, u8 0, u32 quantity, u64 sequence, u64 id, i64 price, i64 0`, all little-endian.
 */
export class Workload {
  count = 0
  type: Uint8Array
  side: Uint8Array
  immediate: Uint8Array
  quantity: Uint32Array
  sequence: Float64Array
  id: Float64Array
  price: Float64Array

  constructor(capacity = 1_024) {
    this.type = new Uint8Array(capacity)
    this.side = new Uint8Array(capacity)
    this.immediate = new Uint8Array(capacity)
    this.quantity = new Uint32Array(capacity)
    this.sequence = new Float64Array(capacity)
    this.id = new Float64Array(capacity)
    this.price = new Float64Array(capacity)
  }

  /** With their places as sequence numbers, from 0. */
  static of(messages: readonly Message[]): Workload {
    const workload = new Workload(messages.length)
    for (const message of messages) workload.append(message)
    return workload
  }

  append(message: Message): void {
    if (this.count === this.type.length) this.#grow()
    const i = this.count++
    this.type[i] = message.type
    this.side[i] = message.side
    this.immediate[i] = message.immediate ? 1 : 0
    this.quantity[i] = message.quantity
    this.sequence[i] = i
    this.id[i] = message.id
    this.price[i] = message.price
  }

  /** @throws BadWorkload */
  static decode(file: Uint8Array): Workload {
    const bytes = unzipped(file)
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const workload = new Workload(countOf(view))
    workload.count = workload.type.length
    for (let i = 0, at = HEADER_BYTES; i < workload.count; i++, at += RECORD_BYTES) {
      workload.type[i] = view.getUint8(at)
      workload.side[i] = view.getUint8(at + 1)
      workload.immediate[i] = view.getUint8(at + 2)
      workload.quantity[i] = view.getUint32(at + 4, true)
      workload.sequence[i] = view.getUint32(at + 12, true) * 2 ** 32 + view.getUint32(at + 8, true)
      workload.id[i] = view.getUint32(at + 20, true) * 2 ** 32 + view.getUint32(at + 16, true)
      workload.price[i] = view.getInt32(at + 28, true) * 2 ** 32 + view.getUint32(at + 24, true)
      workload.#check(i)
    }
    return workload
  }

  encode(): Uint8Array {
    const bytes = new Uint8Array(HEADER_BYTES + this.count * RECORD_BYTES)
    const view = new DataView(bytes.buffer)
    view.setBigUint64(0, MAGIC, true)
    view.setUint32(8, VERSION, true)
    view.setUint32(12, this.count, true)
    for (let i = 0, at = HEADER_BYTES; i < this.count; i++, at += RECORD_BYTES) {
      bytes[at] = this.type[i]!
      bytes[at + 1] = this.side[i]!
      bytes[at + 2] = this.immediate[i]!
      view.setUint32(at + 4, this.quantity[i]!, true)
      setInt64(view, at + 8, this.sequence[i]!)
      setInt64(view, at + 16, this.id[i]!)
      setInt64(view, at + 24, this.price[i]!)
    }
    return bytes
  }

  #grow(): void {
    const room = new Workload(this.count * 2 + 1)
    for (const column of ['type', 'side', 'immediate', 'quantity', 'sequence', 'id', 'price'] as const) {
      room[column].set(this[column])
    }
    const { count, ...columns } = room
    Object.assign(this, columns)
  }

  #check(i: number): void {
    const bad = (what: string): never => {
      throw new BadWorkload(`message ${i + 1} of ${this.count}: ${what}`)
    }
    const type = this.type[i]!
    if (type > MODIFY) bad(`type ${type} is none of 0 (new), 1 (cancel), 2 (modify)`)
    if (this.side[i]! > 1) bad(`side ${this.side[i]} is neither 0 (buy) nor 1 (sell)`)
    if (this.immediate[i]! > 1) bad(`the immediate-or-cancel flag is ${this.immediate[i]}, not 0 or 1`)
    if (type !== CANCEL && this.quantity[i] === 0) bad('the quantity is 0')
    for (const column of ['sequence', 'id', 'price'] as const)
      if (!Number.isSafeInteger(this[column][i])) bad(`the ${column} is beyond 2^53`)
    if (i > 0 && this.sequence[i]! <= this.sequence[i - 1]!) bad('its sequence number is not above the one before')
  }
}

function unzipped(file: Uint8Array): Uint8Array {
  if (file[0] !== 0x1f || file[1] !== 0x8b) return file
  try {
    return gunzipSync(file)
  } catch (cause) {
    throw new BadWorkload('the gzip stream is broken or cut off', { cause })
  }
}

function countOf(view: DataView): number {
  if (view.byteLength < HEADER_BYTES) throw new BadWorkload(`only ${view.byteLength} bytes: not even a header`)
  if (view.getBigUint64(0, true) !== MAGIC) throw new BadWorkload('it does not begin with "MEBW_001" (little-endian)')
  const version = view.getUint32(8, true)
  if (version !== VERSION) throw new BadWorkload(`version ${version} of the format, not ${VERSION}`)
  const count = view.getUint32(12, true)
  const expected = HEADER_BYTES + count * RECORD_BYTES
  if (view.byteLength !== expected)
    throw new BadWorkload(`its header promises ${count} messages, ${expected} bytes, and it has ${view.byteLength}`)
  return count
}

function setInt64(view: DataView, at: number, value: number): void {
  view.setUint32(at, value >>> 0, true)
  view.setInt32(at + 4, Math.floor(value / 2 ** 32), true)
}
