import { BUY, NONE, type SideCode } from './matcher.ts'

const SMALLEST = 64

/** Most orders come within this many levels of the best price: looked at one by one before the search begins. */
const NEAR = 8

/** From so many levels on, moving them as a block is quicker than one by one. */
const BLOCK = 16

/** Places where a price's level may be noted, a power of two: the price's lowest bits say which. */
const NOTED = 1_024

/**
 * The prices of one side of a book, sorted so that the best is the last: there a new best price is appended and an emptied one cut off, and a change
 * of depth d moves d levels. Any safe integer is a price: no grid, no bounds, no memory for prices that nobody uses. A level is a slot, like an order.
 */
export class PriceIndex {
  readonly side: SideCode
  /** Levels in use. */
  count = 0
  /** The level of the best price, NONE of an empty side. */
  best = NONE
  /** NaN of a level that is not in use. */
  price = new Float64Array(SMALLEST).fill(Number.NaN)
  /** Lots shown at the level. */
  volume = new Float64Array(SMALLEST)
  /** First and last order of the queue, as slots of the pool. */
  head = new Int32Array(SMALLEST)
  tail = new Int32Array(SMALLEST)
  /** Prices of bids, negated prices of asks, ascending; beside each its level. */
  private keys = new Float64Array(SMALLEST)
  private levels = new Int32Array(SMALLEST)
  /** The level of the last price with those bits, perhaps another's by now: a price that is there is mostly found here, with nothing to search. */
  private readonly noted = new Int32Array(NOTED)
  private free = NONE
  private fresh = 0

  constructor(side: SideCode) {
    this.side = side
  }

  /** The level with so many better ones before it. */
  at(rank: number): number {
    return this.levels[this.count - 1 - rank]!
  }

  /** @returns the price's level, or NONE */
  find(price: number): number {
    const noted = this.noted[price & (NOTED - 1)]!
    if (this.price[noted] === price) return noted
    const place = this.locate(this.side === BUY ? price : -price)
    return place >= 0 ? this.levels[place]! : NONE
  }

  /** @returns the price's level, a new and empty one if there was none */
  ensure(price: number): number {
    const noted = this.noted[price & (NOTED - 1)]!
    return this.price[noted] === price ? noted : this.search(price)
  }

  /** Takes an empty level away. */
  drop(level: number): void {
    const last = --this.count
    const price = this.price[level]!
    this.price[level] = Number.NaN
    this.head[level] = this.free // free levels are linked by their heads
    this.free = level
    if (this.levels[last] !== level) this.closeGap(this.locate(this.side === BUY ? price : -price), last)
    this.best = last === 0 ? NONE : this.levels[last - 1]!
  }

  /** Moves the better levels down into the place. */
  private closeGap(place: number, last: number): void {
    const keys = this.keys
    const levels = this.levels
    if (last - place < BLOCK) {
      for (let i = place; i < last; i++) {
        keys[i] = keys[i + 1]!
        levels[i] = levels[i + 1]!
      }
    } else {
      keys.copyWithin(place, place + 1, last + 1)
      levels.copyWithin(place, place + 1, last + 1)
    }
  }

  private search(price: number): number {
    const key = this.side === BUY ? price : -price
    const place = this.locate(key)
    const level = place >= 0 ? this.levels[place]! : this.insert(~place, key, price)
    this.noted[price & (NOTED - 1)] = level
    return level
  }

  /** @returns the key's place, or the complement of where it would be */
  private locate(key: number): number {
    const keys = this.keys
    let last = this.count - 1
    for (const far = last - NEAR; last >= 0 && last > far; last--) {
      const near = keys[last]!
      if (near <= key) return near === key ? last : ~(last + 1)
    }
    let low = 0
    let high = last + 1
    while (low < high) {
      const middle = (low + high) >>> 1
      if (keys[middle]! < key) low = middle + 1
      else high = middle
    }
    return low <= last && keys[low] === key ? low : ~low
  }

  private insert(place: number, key: number, price: number): number {
    if (this.count === this.keys.length) this.grow()
    const keys = this.keys
    const levels = this.levels
    const count = this.count++
    if (count - place < BLOCK) {
      for (let i = count; i > place; i--) {
        keys[i] = keys[i - 1]!
        levels[i] = levels[i - 1]!
      }
    } else {
      keys.copyWithin(place + 1, place, count)
      levels.copyWithin(place + 1, place, count)
    }
    let level = this.free
    if (level !== NONE) this.free = this.head[level]!
    else level = this.fresh++
    keys[place] = key
    levels[place] = level
    this.price[level] = price
    this.volume[level] = 0
    this.head[level] = NONE
    this.tail[level] = NONE
    this.best = levels[count]!
    return level
  }

  private grow(): void {
    const grown = <Column extends Float64Array | Int32Array>(column: Column, into: Column): Column => {
      into.set(column)
      return into
    }
    const capacity = this.keys.length * 2
    this.price = grown(this.price, new Float64Array(capacity).fill(Number.NaN))
    this.volume = grown(this.volume, new Float64Array(capacity))
    this.head = grown(this.head, new Int32Array(capacity))
    this.tail = grown(this.tail, new Int32Array(capacity))
    this.keys = grown(this.keys, new Float64Array(capacity))
    this.levels = grown(this.levels, new Int32Array(capacity))
  }
}
