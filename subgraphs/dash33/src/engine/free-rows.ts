import { NONE } from '../book/index.ts'

const FIRST_WORDS = 32
/** One row in so many is free before any is taken again: those that are let go of at about the same time are all there when their turn comes. */
const RESERVE = 16

/**
 * Rows that nobody uses, given out in turn from the first to the last, then from the first again. What is placed at one time then lies side by side, round after round:
 * in the order in which rows become free it would be scattered more each time, and the processor could not fetch what comes next.
 */
export class FreeRows {
  /** A bit for each row. */
  private words = new Int32Array(FIRST_WORDS)
  private count = 0
  /** The row behind the one that was taken last. */
  private cursor = 0

  add(row: number): void {
    const word = row >>> 5
    if (word >= this.words.length) this.grow(word)
    this.words[word]! |= 1 << row
    this.count++
  }

  /** @param used rows that there are, free ones included @returns the next one in turn, or NONE where another one is better */
  take(used: number): number {
    if (this.count * RESERVE <= used) return NONE
    const { words } = this
    let word = this.cursor >>> 5
    let found = word < words.length ? words[word]! & (-1 << this.cursor) : 0
    while (found === 0) {
      word = word + 1 < words.length ? word + 1 : 0
      found = words[word]!
    }
    const bit = found & -found
    words[word]! &= ~bit
    this.count--
    const row = (word << 5) | (31 - Math.clz32(bit))
    this.cursor = row + 1
    return row
  }

  private grow(word: number): void {
    const words = new Int32Array(Math.max(word + 1, 2 * this.words.length))
    words.set(this.words)
    this.words = words
  }
}
