/** Numbers before the balances, of which the last four are the places of eight integers. */
export const HEAD = 8

/**
 * What the core keeps of accounts: for each a row, so that a command finds all that it needs of one on neighbouring lines of one page of memory. In columns
 * each fact would be on a page of its own, and with many accounts the time goes into finding pages.
 *
 * ```
 * │ messages, volume │ open orders, switches │ available, held, available, held … by asset │
 *   numbers 0 to 3     integers 8 to 15        numbers from `HEAD` on
 * ```
 */
export class AccountRows {
  /** Numbers in a row. */
  declare readonly width: number
  capacity = 64
  declare numbers: Float64Array
  /** The same memory, two integers in the place of one number. */
  declare integers: Int32Array

  constructor(assets: number) {
    this.width = HEAD + 2 * assets
    this.numbers = new Float64Array(this.capacity * this.width)
    this.integers = new Int32Array(this.numbers.buffer)
  }

  /** Makes room for accounts below `capacity`; new rows are zero. */
  reserve(capacity: number): void {
    if (capacity <= this.capacity) return
    this.capacity = Math.max(capacity, 2 * this.capacity)
    const numbers = new Float64Array(this.capacity * this.width)
    numbers.set(this.numbers)
    this.numbers = numbers
    this.integers = new Int32Array(numbers.buffer)
  }
}
