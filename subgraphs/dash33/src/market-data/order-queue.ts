import type { Change } from './levels.ts'
import { type BookSide, isWorse, placeOf } from './price-order.ts'

/** An order on the book: its price in ticks and what it shows in lots. Of two at one price the lower priority comes first. */
export interface RestingOrder {
  readonly orderId: string
  readonly price: number
  readonly quantity: number
  readonly priority: number
}

/** The orders of one side of a book, in the order in which they trade: a queue at each price. */
export class OrderQueue {
  readonly side: BookSide
  /** Sorted so that the best price is the last: what changes most costs least to move. */
  readonly #prices: number[] = []
  /** Of each price, by priority; never empty. */
  readonly #queues: RestingOrder[][] = []
  readonly #byId = new Map<string, RestingOrder>()

  constructor(side: BookSide, orders: Iterable<RestingOrder> = []) {
    this.side = side
    for (const order of orders) this.set(order)
  }

  get size(): number {
    return this.#byId.size
  }

  /** The order at `rank` (0 is the best), or null beyond the last. Costs as much as there are better prices. */
  at(rank: number): RestingOrder | null {
    let left = rank
    for (let level = this.#queues.length - 1; level >= 0; level--) {
      const queue = this.#queues[level]!
      if (left < queue.length) return queue[left]!
      left -= queue.length
    }
    return null
  }

  /** The best `count` orders, best first. */
  best(count: number): RestingOrder[] {
    const orders: RestingOrder[] = []
    for (let level = this.#queues.length - 1; level >= 0 && orders.length < count; level--) {
      for (const order of this.#queues[level]!) {
        if (orders.length === count) break
        orders.push(order)
      }
    }
    return orders
  }

  /** Whether `a` trades before `b`. */
  isBetter(a: RestingOrder, b: RestingOrder): boolean {
    return a.price === b.price ? a.priority < b.priority : isWorse(this.side, b.price, a.price)
  }

  /** Sets what is known of an order; quantity 0 removes it. @returns what that changed. */
  set(order: RestingOrder): Change<RestingOrder> {
    const before = this.#byId.get(order.orderId) ?? null
    const after = order.quantity === 0 ? null : order
    if (before && after && before.price === after.price && before.priority === after.priority) {
      const queue = this.#queues[placeOf(this.#prices, before.price, this.side)]!
      queue[placeIn(queue, before.priority)] = after
    } else {
      if (before) this.#take(before)
      if (after) this.#put(after)
    }
    if (after) this.#byId.set(after.orderId, after)
    else if (before) this.#byId.delete(before.orderId)
    return { before, after }
  }

  #put(order: RestingOrder): void {
    const level = placeOf(this.#prices, order.price, this.side)
    const queue = this.#queues[level]
    if (this.#prices[level] !== order.price || !queue) {
      this.#prices.splice(level, 0, order.price)
      this.#queues.splice(level, 0, [order])
    } else if (queue.at(-1)!.priority < order.priority) queue.push(order)
    else queue.splice(placeIn(queue, order.priority), 0, order)
  }

  #take({ price, priority }: RestingOrder): void {
    const level = placeOf(this.#prices, price, this.side)
    const queue = this.#queues[level]!
    if (queue.length > 1) queue.splice(placeIn(queue, priority), 1)
    else {
      this.#prices.splice(level, 1)
      this.#queues.splice(level, 1)
    }
  }
}

/** @returns the index of the order of that priority, or where it belongs. */
function placeIn(queue: readonly RestingOrder[], priority: number): number {
  let low = 0
  let high = queue.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (queue[middle]!.priority < priority) low = middle + 1
    else high = middle
  }
  return low
}
