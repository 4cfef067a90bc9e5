import { type BookSide, isWorse, placeOf } from './price-order.ts'

/** A price in ticks and what rests there in lots. */
export type Level = readonly [price: number, quantity: number]

/** What a change made of one entry of a book's side: null where there was none before, or is none any more. */
export interface Change<E> {
  readonly before: E | null
  readonly after: E | null
}

/** The price levels of one side of a book, in ticks and lots. */
export class Levels {
  readonly side: BookSide
  /** Sorted so that the best price is the last: what changes most costs least to move. */
  readonly #prices: number[] = []
  readonly #quantities: number[] = []

  constructor(side: BookSide, levels: Iterable<Level> = []) {
    this.side = side
    for (const [price, quantity] of levels) this.set(price, quantity)
  }

  get size(): number {
    return this.#prices.length
  }

  /** The level at `rank` (0 is the best), or null beyond the last. */
  at(rank: number): Level | null {
    const index = this.#prices.length - 1 - rank
    return index < 0 ? null : [this.#prices[index]!, this.#quantities[index]!]
  }

  /** Whether `a` comes before `b`. */
  isBetter([a]: Level, [b]: Level): boolean {
    return isWorse(this.side, b, a)
  }

  quantityOf(price: number): number {
    const index = placeOf(this.#prices, price, this.side)
    return this.#prices[index] === price ? this.#quantities[index]! : 0
  }

  /** Sets what rests at `price`; 0 removes the level. @returns what that changed. */
  set(price: number, quantity: number): Change<Level> {
    const index = placeOf(this.#prices, price, this.side)
    const found = this.#prices[index] === price
    const before: Level | null = found ? [price, this.#quantities[index]!] : null
    if (quantity === 0) {
      if (found) {
        this.#prices.splice(index, 1)
        this.#quantities.splice(index, 1)
      }
    } else if (found) this.#quantities[index] = quantity
    else {
      this.#prices.splice(index, 0, price)
      this.#quantities.splice(index, 0, quantity)
    }
    return { before, after: quantity === 0 ? null : [price, quantity] }
  }

  /** The best `count` levels, best first. */
  best(count: number): Level[] {
    const levels: Level[] = []
    for (let i = this.#prices.length - 1; i >= 0 && levels.length < count; i--)
      levels.push([this.#prices[i]!, this.#quantities[i]!])
    return levels
  }

  /** The levels that are as good as `price` or better, best first. */
  through(price: number): Level[] {
    const levels: Level[] = []
    for (let i = this.#prices.length - 1; i >= 0 && !isWorse(this.side, this.#prices[i]!, price); i--)
      levels.push([this.#prices[i]!, this.#quantities[i]!])
    return levels
  }
}
