import { randomFillSync } from 'node:crypto'
import { NONE } from '../book/index.ts'
import { MAX_TEXT_LENGTH } from './commands.ts'
import { ACCOUNT, HASH, type OrderRows } from './order-rows.ts'

const FIRST_BITS = 10
/** The hash is of this thread alone, so that no client can choose ids that fall on one place. It decides nothing that is seen. */
export const KEY = randomFillSync(new Int32Array(MAX_TEXT_LENGTH + 2))
const ACCOUNT_KEY = KEY[MAX_TEXT_LENGTH]!
const LENGTH_KEY = KEY[MAX_TEXT_LENGTH + 1]!

/** The part of an id's hash that is its own, whosever it is. @param key of the thread whose table it is for; the id is at most `MAX_TEXT_LENGTH` long */
export function keyedSum(key: Int32Array, source: Uint8Array, start: number, length: number): number {
  let sum = Math.imul(key[MAX_TEXT_LENGTH + 1]!, length)
  for (let i = 0; i < length; i++) sum = (sum + Math.imul(key[i]!, source[start + i]!)) | 0
  return sum
}

/** Records by account and client order id: an open table of numbers, where maps of strings would be the dearest part of a command. */
export class ClientOrderIds {
  /** Where the id is spelled that was taken up last: what `find` and `add` are about. */
  bytes: Uint8Array = new Uint8Array(MAX_TEXT_LENGTH)
  start = 0
  length = 0
  /** Where texts are spelled. */
  private readonly own = this.bytes
  private sum = 0
  private text: string | null = null
  private readonly rows: OrderRows
  /** Pairs: a hash, and the record plus one; 0: nothing is there. */
  private table = new Int32Array(2 << FIRST_BITS)
  private shift = 32 - FIRST_BITS
  private size = 0

  constructor(rows: OrderRows) {
    this.rows = rows
  }

  /** @throws RangeError where it is longer than ids may be, or no ASCII */
  take(text: string): void {
    if (text === this.text) return
    const { length } = text
    if (length > MAX_TEXT_LENGTH) throw new RangeError(`a client order id of ${length} characters`)
    const { own } = this
    let sum = Math.imul(LENGTH_KEY, length)
    let all = 0
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i)
      own[i] = code
      all |= code
      sum = (sum + Math.imul(KEY[i]!, code)) | 0
    }
    if (all > 127) throw new RangeError('a client order id that is no ASCII')
    this.bytes = own
    this.start = 0
    this.length = length
    this.sum = sum
    this.text = text
  }

  /** The same of an id that stays spelled somewhere until the next one is taken up, and whose sum is known. */
  takeSummed(source: Uint8Array, start: number, length: number, sum: number): void {
    if (this.bytes !== source) this.bytes = source
    this.start = start
    this.length = length
    this.sum = sum
    this.text = null
  }

  /** The account's record of the id, or NONE. */
  find(account: number): number {
    const { table } = this
    const mask = (table.length >> 1) - 1
    const hash = this.hashOf(account, this.sum)
    for (let i = hash >>> this.shift; ; i = (i + 1) & mask) {
      const record = table[2 * i + 1]! - 1
      if (record === NONE) return NONE
      if (table[2 * i] === hash && this.isOf(record, account)) return record
    }
  }

  /** The id becomes a record's, of which there is none yet. */
  add(record: number, account: number): void {
    const { rows, bytes, start: from, length } = this
    if (this.size * 4 > this.table.length) this.grow()
    const spelled = rows.spelled(record)
    const start = rows.spelledAt(record)
    for (let i = 0; i < length; i++) spelled[start + i] = bytes[from + i]!
    if (length < MAX_TEXT_LENGTH) spelled[start + length] = 0
    const hash = this.hashOf(account, this.sum)
    rows.setInt(record, HASH, hash)
    this.put(hash, record)
    this.size++
  }

  delete(record: number): void {
    const { table, shift } = this
    const mask = (table.length >> 1) - 1
    let hole = this.rows.int(record, HASH) >>> shift
    while (table[2 * hole + 1] !== record + 1) hole = (hole + 1) & mask
    // What was put behind it moves up, as far as its own place allows, so that searches need no marks of the dead.
    for (let i = (hole + 1) & mask; table[2 * i + 1] !== 0; i = (i + 1) & mask) {
      const home = table[2 * i]! >>> shift
      if (((i - home) & mask) < ((i - hole) & mask)) continue
      table[2 * hole] = table[2 * i]!
      table[2 * hole + 1] = table[2 * i + 1]!
      hole = i
    }
    table[2 * hole + 1] = 0
    this.size--
  }

  /** Of an account's id with this sum: multilinear, whose high bits fall evenly whatever the text. */
  hashOf(account: number, sum: number): number {
    return (sum + Math.imul(ACCOUNT_KEY, account)) | 0
  }

  /** Fetches the place where a search for a hash begins. @returns something of it */
  touch(hash: number): number {
    return this.table[2 * (hash >>> this.shift)]!
  }

  /** The record at that place, if it has the hash; else NONE. */
  guess(hash: number): number {
    const { table } = this
    const place = 2 * (hash >>> this.shift)
    return table[place] === hash ? table[place + 1]! - 1 : NONE
  }

  private isOf(record: number, account: number): boolean {
    const { rows, bytes, start: from, length } = this
    if (rows.int(record, ACCOUNT) !== account) return false
    const spelled = rows.spelled(record)
    const start = rows.spelledAt(record)
    for (let i = 0; i < length; i++) if (spelled[start + i] !== bytes[from + i]) return false
    return length === MAX_TEXT_LENGTH || spelled[start + length] === 0
  }

  private put(hash: number, record: number): void {
    const { table } = this
    const mask = (table.length >> 1) - 1
    let i = hash >>> this.shift
    while (table[2 * i + 1] !== 0) i = (i + 1) & mask
    table[2 * i] = hash
    table[2 * i + 1] = record + 1
  }

  private grow(): void {
    const old = this.table
    this.table = new Int32Array(old.length * 2)
    this.shift--
    for (let i = 0; i < old.length; i += 2) if (old[i + 1] !== 0) this.put(old[i]!, old[i + 1]! - 1)
  }
}
