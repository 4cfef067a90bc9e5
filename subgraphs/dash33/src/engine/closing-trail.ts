const FIRST_LENGTH = 256

/**
 * Which orders closed one after the other, each with the hash of its client order id: a hint at what will be forgotten next, to be read in a row. Following the
 * chain of closed orders instead, each link would be waited for.
 */
export class ClosingTrail {
  /** Pairs: a record and its hash. */
  private pairs = new Int32Array(2 * FIRST_LENGTH)
  private closings = 0

  /** @param remembered how many closings will be asked for */
  add(record: number, hash: number, remembered: number): void {
    // What was there is lost: no more than hints.
    if (2 * remembered > this.pairs.length) this.pairs = new Int32Array(2 * this.pairs.length)
    const at = this.place(this.closings++)
    this.pairs[at] = record
    this.pairs[at + 1] = hash
  }

  /** The record that closed before so many others, and the last. */
  record(before: number): number {
    return this.pairs[this.place(this.closings - before)]!
  }

  /** Its hash. */
  hash(before: number): number {
    return this.pairs[this.place(this.closings - before) + 1]!
  }

  private place(closing: number): number {
    return (2 * closing) & (this.pairs.length - 1)
  }
}
