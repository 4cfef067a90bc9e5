import { MAX_TEXT_LENGTH } from './commands.ts'

/** Numbers of one row. */
const WIDTH = 18
/** Integers of one row: what finding, closing and forgetting an order touch. */
const INTEGERS = 12
const FIRST_ROWS = 256
/** Rows whose numbers share their memory: more of them need no copy of those that are there, and what V8 keeps of each such memory is in no row's way. */
const CHUNK_BITS = 12
const CHUNK_MASK = (1 << CHUNK_BITS) - 1

// Integers.
export const HASH = 0
/** Links of `ClosedOrders`. */
export const NEXT_CLOSED = 1
export const PREVIOUS_CLOSED = 2
export const NEXT_OF_ACCOUNT = 3
export const ACCOUNT = 4
/** While it is open or pending; NONE once it is closed. */
export const SLOT = 5
/** What it is: see `order-codes.ts`. */
export const CODES = 6
/** What it traded as it arrived, as `FillLists` knows it; NONE: nothing. */
export const FILLS = 7
/** What few orders have, as `Particulars` know it; NONE: nothing. */
export const PARTICULARS = 8
/** Whether what is held for it has changed since holds were last told. */
export const HOLD_TOUCHED = 9
/** Status and reason, as of now and as of its own command, a byte each. */
export const STATES = 10

// Numbers.
/** The core's id. */
export const NUMBER = 0
export const CREATED_AT = 1
/** The terms as accepted: what a repeated client order id is compared with. */
export const QUANTITY = 2
/** 0: it has none. */
export const PRICE = 3
/** How it stands: three numbers, see below. While it is open, as it was last looked at. */
export const NOW_AMOUNTS = 4
/** How its own command left it: the answer that a repeated client order id gets. */
export const FIRST_AMOUNTS = 7
export const AT_QUANTITY = 0
export const AT_REMAINING = 1
export const AT_FILLED_QUOTE = 2
export const AMOUNTS = 3

/** Where the client order id begins, in numbers: it ends with a 0 where it is not as long as can be. */
const SPELLED = WIDTH - MAX_TEXT_LENGTH / Float64Array.BYTES_PER_ELEMENT

/**
 * The memory of `OrderRecords`: a row of integers and a row of numbers for each. With so many of them that no cache holds them, each line of memory that an order
 * takes is one that is fetched when its row is written anew; `FreeRows` sees to it that rows which are used at one time are neighbours.
 *
 * ```
 * integers  │ eleven, and one to spare │
 * numbers   │ id, time, terms │ how it stands now, and first │ client order id │
 *             0 to 3            4 to 9                         the last 64 bytes
 * ```
 */
export class OrderRows {
  private ints = new Int32Array(INTEGERS * FIRST_ROWS)
  private readonly numberChunks: Float64Array[] = []
  private readonly byteChunks: Uint8Array[] = []

  /** Makes room for a row behind the last one. */
  reserve(row: number): void {
    if (INTEGERS * row >= this.ints.length) {
      const ints = new Int32Array(2 * this.ints.length)
      ints.set(this.ints)
      this.ints = ints
    }
    if (row >> CHUNK_BITS < this.numberChunks.length) return
    const numbers = new Float64Array(WIDTH << CHUNK_BITS)
    this.numberChunks.push(numbers)
    this.byteChunks.push(new Uint8Array(numbers.buffer))
  }

  int(row: number, field: number): number {
    return this.ints[row * INTEGERS + field]!
  }

  setInt(row: number, field: number, value: number): void {
    this.ints[row * INTEGERS + field] = value
  }

  number(row: number, field: number): number {
    return this.numberChunks[row >> CHUNK_BITS]![(row & CHUNK_MASK) * WIDTH + field]!
  }

  setNumber(row: number, field: number, value: number): void {
    this.numberChunks[row >> CHUNK_BITS]![(row & CHUNK_MASK) * WIDTH + field] = value
  }

  /** The integers of all rows. More rows may replace them. */
  get integers(): Int32Array {
    return this.ints
  }

  /** Where a row's own begin among them. */
  integersAt(row: number): number {
    return row * INTEGERS
  }

  /** The numbers of a row, and of others. */
  numbers(row: number): Float64Array {
    return this.numberChunks[row >> CHUNK_BITS]!
  }

  /** Where a row's own begin among them. */
  numbersAt(row: number): number {
    return (row & CHUNK_MASK) * WIDTH
  }

  /** The bytes of a row's client order id, and of others. */
  spelled(row: number): Uint8Array {
    return this.byteChunks[row >> CHUNK_BITS]!
  }

  /** Where a row's own begin among them. */
  spelledAt(row: number): number {
    return ((row & CHUNK_MASK) * WIDTH + SPELLED) * Float64Array.BYTES_PER_ELEMENT
  }

  spelledLength(row: number): number {
    const spelled = this.spelled(row)
    const start = this.spelledAt(row)
    let length = 0
    while (length < MAX_TEXT_LENGTH && spelled[start + length] !== 0) length++
    return length
  }

  /** Fetches what finding an order reads. @returns something of it */
  touch(row: number): number {
    return this.int(row, HASH) ^ this.spelled(row)[this.spelledAt(row)]!
  }

  /** The text of a row's client order id. */
  text(row: number): string {
    const start = this.spelledAt(row)
    return Buffer.from(this.spelled(row).buffer).toString('latin1', start, start + this.spelledLength(row))
  }
}
