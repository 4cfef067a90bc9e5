import type { Lots, Ticks } from '../market/instruments.ts'
import {
  type Affordable,
  type BookSide,
  crosses,
  type Level,
  type MatchEnd,
  type OrderBook,
  opposite,
  type Resting,
} from './order-book.ts'

/** One side: levels by price, and their prices sorted so that the best is the last, where most changes happen. */
class Ladder<O extends Resting<O>> {
  readonly levels = new Map<Ticks, Level<O>>()
  /** Ascending rank: the price of a bid, the negated price of an ask. */
  readonly ranks: number[] = []
  readonly #sign: 1 | -1

  constructor(side: BookSide) {
    this.#sign = side === 'BUY' ? 1 : -1
  }

  best(): Level<O> | null {
    const rank = this.ranks.at(-1)
    return rank === undefined ? null : (this.levels.get(rank * this.#sign) ?? null)
  }

  ensure(price: Ticks): Level<O> {
    const found = this.levels.get(price)
    if (found) return found
    const level: Level<O> = { price, volume: 0, head: null, tail: null }
    this.levels.set(price, level)
    const rank = price * this.#sign
    this.ranks.splice(this.#position(rank), 0, rank)
    return level
  }

  drop(price: Ticks): void {
    this.levels.delete(price)
    this.ranks.splice(this.#position(price * this.#sign), 1)
  }

  bestFirst(): Level<O>[] {
    return this.ranks.toReversed().map((rank) => this.levels.get(rank * this.#sign)!)
  }

  /** The first index whose rank is not below `rank`. */
  #position(rank: number): number {
    let low = 0
    let high = this.ranks.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.ranks[middle]! < rank) low = middle + 1
      else high = middle
    }
    return low
  }
}

/** Orders linked into their price's queue: O(1) to cancel or fill, O(log levels) plus a short shift to open or close a price. */
export class LinkedBook<O extends Resting<O>> implements OrderBook<O> {
  readonly #bids = new Ladder<O>('BUY')
  readonly #asks = new Ladder<O>('SELL')

  match(incoming: O, affordable: Affordable | null, fill: (maker: O, price: Ticks, quantity: Lots) => void): MatchEnd {
    const ladder = this.#ladder(opposite(incoming.side))
    while (incoming.remaining > 0) {
      const level = ladder.best()
      if (level === null || !crosses(incoming.side, incoming.price, level.price)) return 'NO_MATCH'
      const maker = level.head!
      if (maker.owner === incoming.owner) return 'SELF_TRADE'
      const wanted = affordable === null ? incoming.remaining : Math.min(incoming.remaining, affordable(level.price))
      const quantity = Math.min(wanted, maker.remaining)
      if (quantity === 0) return 'UNAFFORDABLE'
      incoming.remaining -= quantity
      maker.remaining -= quantity
      level.volume -= quantity
      if (maker.remaining === 0) this.#unlink(ladder, level, maker)
      fill(maker, level.price, quantity)
    }
    return 'FILLED'
  }

  rest(order: O): void {
    const level = this.#ladder(order.side).ensure(order.price!)
    order.level = level
    order.previous = level.tail
    order.next = null
    if (level.tail) level.tail.next = order
    else level.head = order
    level.tail = order
    level.volume += order.remaining
  }

  remove(order: O): void {
    const level = order.level
    if (level === null) throw new Error('the order does not rest on this book')
    level.volume -= order.remaining
    this.#unlink(this.#ladder(order.side), level, order)
  }

  bestPrice(side: BookSide): Ticks | null {
    return this.#ladder(side).best()?.price ?? null
  }

  volumeAt(side: BookSide, price: Ticks): Lots {
    return this.#ladder(side).levels.get(price)?.volume ?? 0
  }

  levels(side: BookSide): [price: Ticks, volume: Lots][] {
    return this.#ladder(side)
      .bestFirst()
      .map((level) => [level.price, level.volume])
  }

  orders(side: BookSide): O[] {
    const orders: O[] = []
    for (const level of this.#ladder(side).bestFirst()) {
      for (let order = level.head; order !== null; order = order.next) orders.push(order)
    }
    return orders
  }

  #ladder(side: BookSide): Ladder<O> {
    return side === 'BUY' ? this.#bids : this.#asks
  }

  #unlink(ladder: Ladder<O>, level: Level<O>, order: O): void {
    if (order.previous) order.previous.next = order.next
    else level.head = order.next
    if (order.next) order.next.previous = order.previous
    else level.tail = order.previous
    order.level = null
    order.previous = null
    order.next = null
    if (level.head === null) ladder.drop(level.price)
  }
}
