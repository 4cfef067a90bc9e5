/** [price in ticks, quantity in lots]; quantity 0 removes the level. */
export type Level = readonly [price: number, quantity: number]

/** One side of an order book: prices in ticks, best first, with their quantities in lots. */
export class BookSide {
  readonly #better: (a: number, b: number) => boolean
  readonly #prices: number[] = []
  readonly #quantities: number[] = []

  constructor(side: 'BID' | 'ASK') {
    this.#better = side === 'BID' ? (a, b) => a > b : (a, b) => a < b
  }

  get bestPrice(): number | undefined {
    return this.#prices[0]
  }

  get bestQuantity(): number {
    return this.#quantities[0] ?? 0
  }

  get size(): number {
    return this.#prices.length
  }

  replace(levels: readonly Level[]): void {
    this.#prices.length = 0
    this.#quantities.length = 0
    for (const level of levels) this.set(level)
  }

  set([price, quantity]: Level): void {
    const index = this.#find(price)
    const known = this.#prices[index] === price
    if (quantity === 0) {
      if (!known) return
      this.#prices.splice(index, 1)
      this.#quantities.splice(index, 1)
    } else if (known) {
      this.#quantities[index] = quantity
    } else {
      this.#prices.splice(index, 0, price)
      this.#quantities.splice(index, 0, quantity)
    }
  }

  /** @returns lots in the best `levels` levels together. */
  depth(levels: number): number {
    let lots = 0
    for (let i = 0; i < levels && i < this.#quantities.length; i++) lots += this.#quantities[i]!
    return lots
  }

  #find(price: number): number {
    let low = 0
    let high = this.#prices.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#better(this.#prices[middle]!, price)) low = middle + 1
      else high = middle
    }
    return low
  }
}
