import { NONE } from './matcher.ts'

const SMALLEST_BITS = 10

/** Of the places, how many may be taken before the table doubles: beyond, the runs to search grow long. */
const LOAD = 0.6

const EMPTY = -1

/**
 * From an order's id, an integer from 0 to 2^53 − 1, to its slot: open addressing with linear probing. A deleted key's successors move back into the gap
 * (Knuth, The Art of Computer Programming, volume 3, 6.4, algorithm R), so there are no tombstones and an old table is as quick as a new one.
 */
export class OrderIndex {
  size = 0
  private keys = new Float64Array(1 << SMALLEST_BITS).fill(EMPTY)
  private slots = new Int32Array(1 << SMALLEST_BITS)
  private mask = (1 << SMALLEST_BITS) - 1
  private shift = 32 - SMALLEST_BITS
  /** Ids that it takes before it grows. */
  private most = Math.floor((1 << SMALLEST_BITS) * LOAD)

  /** @returns the slot, or NONE */
  get(id: number): number {
    const keys = this.keys
    const mask = this.mask
    for (let i = this.home(id); ; i = (i + 1) & mask) {
      const key = keys[i]!
      if (key === id) return this.slots[i]!
      if (key === EMPTY) return NONE
    }
  }

  /** @throws where the id is there already */
  set(id: number, slot: number): void {
    if (this.size >= this.most) this.grow()
    const keys = this.keys
    const mask = this.mask
    let i = this.home(id)
    for (let key = keys[i]!; key !== EMPTY; key = keys[i]!) {
      if (key === id) throw new RangeError(`order ${id} is there already`)
      i = (i + 1) & mask
    }
    keys[i] = id
    this.slots[i] = slot
    this.size++
  }

  /** @returns the slot that it was, or NONE */
  delete(id: number): number {
    const keys = this.keys
    const slots = this.slots
    const mask = this.mask
    let gap = this.home(id)
    for (; keys[gap] !== id; gap = (gap + 1) & mask) if (keys[gap] === EMPTY) return NONE
    const slot = slots[gap]!
    this.size--
    for (let i = (gap + 1) & mask; ; i = (i + 1) & mask) {
      const key = keys[i]!
      if (key === EMPTY) break
      if (((i - this.home(key)) & mask) >= ((i - gap) & mask)) {
        keys[gap] = key
        slots[gap] = slots[i]!
        gap = i
      }
    }
    keys[gap] = EMPTY
    return slot
  }

  /** Fibonacci hashing (Knuth, 6.4) of the id's lower and upper half: ids that follow each other spread evenly. */
  private home(id: number): number {
    return (Math.imul(id | 0, 0x9e3779b1) ^ Math.imul((id * 2 ** -32) | 0, 0x85ebca6b)) >>> this.shift
  }

  private grow(): void {
    const keys = this.keys
    const slots = this.slots
    this.shift--
    this.mask = this.mask * 2 + 1
    this.keys = new Float64Array(this.mask + 1).fill(EMPTY)
    this.slots = new Int32Array(this.mask + 1)
    this.most = Math.floor((this.mask + 1) * LOAD)
    this.size = 0
    for (let i = 0; i < keys.length; i++) if (keys[i] !== EMPTY) this.set(keys[i]!, slots[i]!)
  }
}
