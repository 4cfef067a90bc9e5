import type { Lots, Ticks } from '../market/instruments.ts'
import {
  type Affordable,
  type BookSide,
  crosses,
  type MatchEnd,
  type OrderBook,
  opposite,
  type Resting,
} from './order-book.ts'

/** The oracle: one list by time, searched whole. Slow, and short enough to be seen to be right. */
export class NaiveBook<O extends Resting<O>> implements OrderBook<O> {
  #byTime: O[] = []

  match(incoming: O, affordable: Affordable | null, fill: (maker: O, price: Ticks, quantity: Lots) => void): MatchEnd {
    while (incoming.remaining > 0) {
      const maker = this.orders(opposite(incoming.side))[0]
      if (!maker || !crosses(incoming.side, incoming.price, maker.price!)) return 'NO_MATCH'
      if (maker.owner === incoming.owner) return 'SELF_TRADE'
      const budget = affordable ? affordable(maker.price!) : incoming.remaining
      const quantity = Math.min(budget, incoming.remaining, maker.remaining)
      if (quantity === 0) return 'UNAFFORDABLE'
      incoming.remaining -= quantity
      maker.remaining -= quantity
      this.#byTime = this.#byTime.filter((order) => order.remaining > 0)
      fill(maker, maker.price!, quantity)
    }
    return 'FILLED'
  }

  rest(order: O): void {
    this.#byTime.push(order)
  }

  remove(order: O): void {
    this.#byTime = this.#byTime.filter((other) => other !== order)
  }

  bestPrice(side: BookSide): Ticks | null {
    return this.orders(side)[0]?.price ?? null
  }

  volumeAt(side: BookSide, price: Ticks): Lots {
    return this.orders(side).reduce((sum, order) => sum + (order.price === price ? order.remaining : 0), 0)
  }

  levels(side: BookSide): [price: Ticks, volume: Lots][] {
    const prices = [...new Set(this.orders(side).map((order) => order.price!))]
    return prices.map((price) => [price, this.volumeAt(side, price)])
  }

  orders(side: BookSide): O[] {
    const sign = side === 'BUY' ? -1 : 1
    return this.#byTime.filter((order) => order.side === side).sort((a, b) => sign * (a.price! - b.price!))
  }
}
