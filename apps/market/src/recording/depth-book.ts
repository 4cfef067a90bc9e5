import type { Instrument, Lots, Ticks } from './instrument.ts'
import type { RecordedLevel } from './line.ts'

export interface Level {
  readonly price: Ticks
  readonly quantity: Lots
}

/** The best levels of both sides, best first. */
export interface View {
  readonly bids: readonly Level[]
  readonly asks: readonly Level[]
}

/** One side of a recorded book. Prices are kept worst first, so that the busy end of the array is the cheap one to change. */
class BookSide {
  readonly #sign: 1 | -1
  readonly #quantities = new Map<Ticks, Lots>()
  readonly #prices: Ticks[] = []

  /** @param sign 1 where the highest price is best, -1 where the lowest is. */
  constructor(sign: 1 | -1) {
    this.#sign = sign
  }

  set(price: Ticks, quantity: Lots): void {
    const known = this.#quantities.has(price)
    if (quantity > 0) this.#quantities.set(price, quantity)
    if (quantity > 0 && !known) this.#prices.splice(this.#indexOf(price), 0, price)
    if (quantity === 0 && this.#quantities.delete(price)) this.#prices.splice(this.#indexOf(price), 1)
  }

  best(depth: number): Level[] {
    const prices = this.#prices.slice(-depth).reverse()
    return prices.map((price) => ({ price, quantity: this.#quantities.get(price) ?? (0 as Lots) }))
  }

  #indexOf(price: Ticks): number {
    let low = 0
    let high = this.#prices.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#prices[middle] ?? 0) * this.#sign < price * this.#sign) low = middle + 1
      else high = middle
    }
    return low
  }
}

/** The book that a recording describes, in ticks and lots. */
export class DepthBook {
  readonly #instrument: Instrument
  #bids = new BookSide(1)
  #asks = new BookSide(-1)

  constructor(instrument: Instrument) {
    this.#instrument = instrument
  }

  clear(): void {
    this.#bids = new BookSide(1)
    this.#asks = new BookSide(-1)
  }

  /** Sets levels to what they are now. @throws OffGridError where a price is not on the market's grid. */
  apply(change: { readonly bids: readonly RecordedLevel[]; readonly asks: readonly RecordedLevel[] }): void {
    this.#set(this.#bids, change.bids)
    this.#set(this.#asks, change.asks)
  }

  #set(side: BookSide, levels: readonly RecordedLevel[]): void {
    for (const [price, quantity] of levels)
      side.set(this.#instrument.ticks(price), this.#instrument.lotsWithin(quantity))
  }

  view(depth: number): View {
    return { bids: this.#bids.best(depth), asks: this.#asks.best(depth) }
  }
}
