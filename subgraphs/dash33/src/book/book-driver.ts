import { isDeepStrictEqual } from 'node:util'
import { Book } from './book.ts'
import { BookChanges } from './changes.ts'
import type { ListFill, ListOrder, ListTerms } from './list-book.ts'
import {
  BUY,
  LOOK_AGAIN,
  type Matcher,
  NONE,
  SELL,
  type SelfTradeVerdict,
  type SideCode,
  STOP,
  TRADE,
} from './matcher.ts'
import { OrderIndex } from './order-index.ts'
import { OrderPool } from './order-pool.ts'

/** The book of columns behind the face of the list book, for their common tests. */
export class BookDriver implements Matcher {
  readonly pool = new OrderPool()
  readonly changes = new BookChanges()
  readonly book = new Book(this.pool, this.changes)
  readonly index = new OrderIndex(this.pool)
  #terms: ListTerms | null = null
  #left = 0
  #budget = 0
  #fills: ListFill[] = []

  match(quantity: number, terms: ListTerms): { fills: ListFill[]; left: number } {
    this.#terms = terms
    this.#left = quantity
    this.#budget = terms.budget
    this.#fills = []
    const left = this.book.match(terms.side, terms.limit, quantity, terms.owner, this)
    return { fills: this.#fills, left }
  }

  rest(order: ListOrder): void {
    const { pool } = this
    const slot = pool.allocate()
    pool.id[slot] = order.id
    pool.side[slot] = order.side
    pool.price[slot] = order.price
    pool.owner[slot] = order.owner
    pool.peak[slot] = order.peak
    pool.shown[slot] = order.shown
    pool.hidden[slot] = order.hidden
    this.index.set(order.id, slot)
    this.book.rest(slot)
  }

  remove(id: number): void {
    const slot = this.index.get(id)
    this.book.remove(slot)
    this.#forget(slot)
  }

  reduce(id: number, by: number): void {
    const slot = this.index.get(id)
    this.book.reduce(slot, by)
    if (this.pool.level[slot] === NONE) this.#forget(slot)
  }

  trade(id: number, lots: number): void {
    const slot = this.index.get(id)
    this.book.trade(slot, lots)
    if (this.pool.level[slot] === NONE) this.#forget(slot)
  }

  side(side: SideCode): ListOrder[] {
    const { pool } = this
    return this.book.slots(side).map((slot) => ({
      id: pool.id[slot]!,
      side,
      price: pool.price[slot]!,
      owner: pool.owner[slot]!,
      peak: pool.peak[slot]!,
      shown: pool.shown[slot]!,
      hidden: pool.hidden[slot]!,
    }))
  }

  levels(side: SideCode): [price: number, volume: number][] {
    return this.book.levels(side)
  }

  admits(price: number): boolean {
    const { side, band } = this.#terms!
    return side === BUY ? price <= band : price >= band
  }

  selfTrade(maker: number): SelfTradeVerdict {
    const { selfTrade } = this.#terms!
    if (selfTrade === 'TRADE') return TRADE
    if (selfTrade === 'STOP') return STOP
    const { pool } = this
    if (selfTrade === 'REMOVE') {
      this.remove(pool.id[maker]!)
      return LOOK_AGAIN
    }
    const both = Math.min(this.#left, pool.shown[maker]! + pool.hidden[maker]!)
    this.book.reduceTaker(both)
    this.#left -= both
    this.reduce(pool.id[maker]!, both)
    return LOOK_AGAIN
  }

  allowance(_price: number, wanted: number): number {
    return Math.min(wanted, this.#budget)
  }

  fill(maker: number, price: number, quantity: number): void {
    this.#left -= quantity
    this.#budget -= quantity
    this.#fills.push({ maker: this.pool.id[maker]!, price, quantity })
    if (this.pool.level[maker] === NONE) this.#forget(maker)
  }

  /** What is wrong with the columns, the queues and the index; empty of a sound book. */
  faults(): string[] {
    const faults: string[] = []
    const expect = (what: string, truth: boolean) => {
      if (!truth) faults.push(what)
    }
    let orders = 0
    for (const side of [BUY, SELL] as const) {
      const slots = this.book.slots(side)
      orders += slots.length
      const volumes = new Map<number, number>()
      for (const slot of slots) {
        const price = this.pool.price[slot]!
        volumes.set(price, (volumes.get(price) ?? 0) + this.pool.shown[slot]!)
        this.#inspect(slot, side, expect)
      }
      const levels = this.book.levels(side)
      expect('the levels are the orders, summed', isDeepStrictEqual(levels, [...volumes]))
      const rising = levels.map(([price]) => (side === BUY ? -price : price))
      expect(
        'prices are sorted',
        isDeepStrictEqual(
          rising,
          rising.toSorted((a, b) => a - b),
        ),
      )
      for (const [price, volume] of levels) expect('a level is found', this.book.volumeAt(side, price) === volume)
    }
    expect('every live slot is on the book once', orders === this.pool.live && orders === this.index.size)
    return faults
  }

  #inspect(slot: number, side: SideCode, expect: (what: string, truth: boolean) => void): void {
    const { pool } = this
    const next = pool.next[slot]!
    expect('an order stands on its own side', pool.side[slot] === side)
    expect('the index leads to the order', this.index.get(pool.id[slot]!) === slot)
    expect('neighbours know each other', next === NONE || pool.previous[next] === slot)
    expect('who came first has the lower priority', next === NONE || pool.priority[next]! > pool.priority[slot]!)
    expect('something is shown', pool.shown[slot]! > 0)
    expect('an iceberg shows at most its peak', pool.peak[slot] === 0 || pool.shown[slot]! <= pool.peak[slot]!)
    expect('nothing else hides', pool.peak[slot]! > 0 || pool.hidden[slot] === 0)
  }

  #forget(slot: number): void {
    this.index.delete(this.pool.id[slot]!)
    this.pool.free(slot)
  }
}
