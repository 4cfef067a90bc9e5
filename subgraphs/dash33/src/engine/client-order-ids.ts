import { randomFillSync } from 'node:crypto'
import { NONE } from '../book/index.ts'
import { ACCOUNT, HASH, type OrderRecords } from './order-records.ts'

const FIRST_BITS = 10
/** Longer than any admissible text; a power of two. */
const KEYS = 128
/** The hash is of this process alone, so that no client can choose ids that fall on one place. It decides nothing that is seen. */
const KEY = randomFillSync(new Int32Array(KEYS))

/** Records by account and client order id: an open table of numbers, where maps of strings would be the dearest part of a command. */
export class ClientOrderIds {
  private readonly records: OrderRecords
  /** Pairs: a hash, and the record plus one; 0: nothing is there. */
  private table = new Int32Array(2 << FIRST_BITS)
  private shift = 32 - FIRST_BITS
  private size = 0

  constructor(records: OrderRecords) {
    this.records = records
  }

  /** The record, or NONE. */
  find(account: number, text: string): number {
    const { table } = this
    const mask = (table.length >> 1) - 1
    const hash = hashOf(account, text)
    for (let i = hash >>> this.shift; ; i = (i + 1) & mask) {
      const record = table[2 * i + 1]! - 1
      if (record === NONE) return NONE
      if (table[2 * i] === hash && this.isOf(record, account, text)) return record
    }
  }

  /** Of an id that is not in it. */
  add(record: number, account: number, text: string): void {
    if (this.size * 4 > this.table.length) this.grow()
    const hash = hashOf(account, text)
    this.records.values(record)[this.records.at(record) + HASH] = hash
    this.put(hash, record)
    this.size++
  }

  delete(record: number): void {
    const { table, shift } = this
    const mask = (table.length >> 1) - 1
    let hole = this.records.values(record)[this.records.at(record) + HASH]! >>> shift
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

  private isOf(record: number, account: number, text: string): boolean {
    const { records } = this
    return records.values(record)[records.at(record) + ACCOUNT] === account && records.clientOrderIds[record] === text
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

/** Multilinear, whose high bits fall evenly whatever the text: 2 << 20 places are far from too many for it. */
function hashOf(account: number, text: string): number {
  let hash = Math.imul(KEY[0]!, account) + Math.imul(KEY[1]!, text.length)
  for (let i = 0; i < text.length; i++) hash = (hash + Math.imul(KEY[(i + 2) & (KEYS - 1)]!, text.charCodeAt(i))) | 0
  return hash | 0
}
