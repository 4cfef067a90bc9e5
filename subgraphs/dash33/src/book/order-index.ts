import { NONE } from './matcher.ts'
import type { OrderPool } from './order-pool.ts'

const SMALLEST_BITS = 10

/** Orders per chain, at most, on average: beyond, the chains double. */
const LOAD = 0.5

/**
 * From an order's id, an integer from 0 to 2^53 − 1, to its slot: hash chains, linked by slot. The ids themselves are the pool's, so a chain takes four bytes; and
 * ids that follow each other have neighbouring chains: orders of one time, which trade and end together, share lines of the processor's cache.
 */
export class OrderIndex {
  size = 0
  private readonly pool: OrderPool
  /** The first slot of each chain, or NONE. */
  private first = new Int32Array(1 << SMALLEST_BITS).fill(NONE)
  /** By slot: the next one of its chain, or NONE. */
  private after: Int32Array
  private mask = (1 << SMALLEST_BITS) - 1
  private shift = 32 - SMALLEST_BITS

  constructor(pool: OrderPool) {
    this.pool = pool
    this.after = new Int32Array(pool.capacity)
    pool.onGrow((capacity) => {
      const after = new Int32Array(capacity)
      after.set(this.after)
      this.after = after
    })
  }

  /** @returns the slot, or NONE */
  get(id: number): number {
    let slot = this.first[this.chain(id)]!
    while (slot !== NONE && this.pool.id[slot] !== id) slot = this.after[slot]!
    return slot
  }

  /**
   * @param slot one that has the id, and keeps it as long as it is here
   * @throws where the id is there already
   */
  set(id: number, slot: number): void {
    if (this.size > LOAD * this.mask) this.grow()
    const chain = this.chain(id)
    const first = this.first[chain]!
    for (let other = first; other !== NONE; other = this.after[other]!)
      if (this.pool.id[other] === id) throw new RangeError(`order ${id} is there already`)
    this.after[slot] = first
    this.first[chain] = slot
    this.size++
  }

  /** @returns the slot that it was, or NONE */
  delete(id: number): number {
    const chain = this.chain(id)
    const first = this.first[chain]!
    if (first === NONE) return NONE
    let slot = first
    if (this.pool.id[first] === id) this.first[chain] = this.after[first]!
    else slot = this.unlink(first, id)
    if (slot !== NONE) this.size--
    return slot
  }

  /** Takes an order out of a chain of which it is not the first. */
  private unlink(first: number, id: number): number {
    let before = first
    let slot = this.after[first]!
    while (slot !== NONE && this.pool.id[slot] !== id) {
      before = slot
      slot = this.after[slot]!
    }
    if (slot !== NONE) this.after[before] = this.after[slot]!
    return slot
  }

  /** Fibonacci hashing (Knuth, The Art of Computer Programming, volume 3, 6.4) of sixteen ids at once, lower and upper half; within these by the id itself. */
  private chain(id: number): number {
    const low = id | 0
    const sixteen = (low >>> 4) ^ Math.imul((id * 2 ** -32) | 0, 0x85ebca6b)
    return ((Math.imul(sixteen, 0x9e3779b1) >>> this.shift) + (low & 15)) & this.mask
  }

  private grow(): void {
    const old = this.first
    this.shift--
    this.mask = this.mask * 2 + 1
    this.first = new Int32Array(this.mask + 1).fill(NONE)
    for (const first of old) {
      for (let slot = first; slot !== NONE; ) {
        const after = this.after[slot]!
        const chain = this.chain(this.pool.id[slot]!)
        this.after[slot] = this.first[chain]!
        this.first[chain] = slot
        slot = after
      }
    }
  }
}
