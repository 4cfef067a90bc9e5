import type { BookSide, Change } from './levels.ts'

/** An order on the book: its price in ticks and what it shows in lots. Of two at one price the lower priority comes first. */
export interface RestingOrder {
  readonly orderId: string
  readonly price: number
  readonly quantity: number
  readonly priority: number
}

/** Most changes touch the best orders, so they are looked for there before the rest is bisected. */
const NEAR_BEST = 8

/** The orders of one side of a book, in the order in which they trade. */
export class OrderQueue {
  readonly side: BookSide
  /** Sorted so that the best order is the last: what changes most costs least to move. */
  readonly #orders: RestingOrder[] = []
  readonly #byId = new Map<string, RestingOrder>()

  constructor(side: BookSide, orders: Iterable<RestingOrder> = []) {
    this.side = side
    for (const order of orders) this.set(order)
  }

  get size(): number {
    return this.#orders.length
  }

  /** The order at `rank` (0 is the best), or null beyond the last. */
  at(rank: number): RestingOrder | null {
    return this.#orders[this.#orders.length - 1 - rank] ?? null
  }

  /** The best `count` orders, best first. */
  best(count: number): RestingOrder[] {
    return this.#orders.slice(Math.max(0, this.#orders.length - count)).reverse()
  }

  /** Whether `a` trades before `b`. */
  isBetter(a: RestingOrder, b: RestingOrder): boolean {
    if (a.price !== b.price) return this.side === 'BUY' ? a.price > b.price : a.price < b.price
    return a.priority < b.priority
  }

  /** Sets what is known of an order; quantity 0 removes it. @returns what that changed. */
  set(order: RestingOrder): Change<RestingOrder> {
    const before = this.#byId.get(order.orderId) ?? null
    const after = order.quantity === 0 ? null : order
    if (before && after && before.price === after.price && before.priority === after.priority) {
      this.#orders[this.#find(before)] = after
    } else {
      if (before) this.#orders.splice(this.#find(before), 1)
      if (after) this.#orders.splice(this.#find(after), 0, after)
    }
    if (after) this.#byId.set(after.orderId, after)
    else if (before) this.#byId.delete(before.orderId)
    return { before, after }
  }

  /** @returns the index of the order, or where it belongs. */
  #find(order: RestingOrder): number {
    const orders = this.#orders
    let high = orders.length
    for (let near = 0; near < NEAR_BEST && high > 0; near++) {
      if (this.isBetter(order, orders[high - 1]!)) return high
      high--
    }
    let low = 0
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.isBetter(order, orders[middle]!)) low = middle + 1
      else high = middle
    }
    return low
  }
}
