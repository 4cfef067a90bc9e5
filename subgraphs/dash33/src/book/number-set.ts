const SMALLEST = 64
const EMPTY = -1
/** Fibonacci hashing: numbers that follow each other fall far apart. */
const SPREAD = 0x9e3779b1

/** Numbers from 0 to 2^53 − 1, each of them once, over and over again without garbage. */
export class NumberSet {
  private table = new Float64Array(SMALLEST)
  /** Of the table as far as it is in use: its length is a power of two. */
  private mask = 0
  private shift = 0

  /** Empties it. @param most as many as will be added */
  begin(most: number): void {
    const bits = Math.ceil(Math.log2(Math.max(2 * most, SMALLEST)))
    const length = 2 ** bits
    if (this.table.length < length) this.table = new Float64Array(length)
    this.table.fill(EMPTY, 0, length)
    this.mask = length - 1
    this.shift = 32 - bits
  }

  /** @returns whether it was not there before */
  add(value: number): boolean {
    const { table, mask } = this
    let place = Math.imul(value | 0, SPREAD) >>> this.shift
    for (let there = table[place]!; there !== EMPTY; there = table[place]!) {
      if (there === value) return false
      place = (place + 1) & mask
    }
    table[place] = value
    return true
  }
}
