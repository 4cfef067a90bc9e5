import { Book } from './book.ts'
import { BUY, type Matcher, NONE, SELL, type SideCode, STOP } from './matcher.ts'
import { OrderIndex } from './order-index.ts'
import { OrderPool } from './order-pool.ts'

/** What a bare book tells of each message, in the order in which it happens. */
export interface Reports {
  accepted(sequence: number, side: SideCode, id: number, price: number, quantity: number): void
  traded(sequence: number, price: number, quantity: number, maker: number, taker: number): void
  cancelled(sequence: number, side: SideCode, id: number, price: number): void
  modified(sequence: number, side: SideCode, id: number, price: number, quantity: number): void
  cancelRejected(sequence: number, id: number): void
  modifyRejected(sequence: number, id: number): void
}

/** The book with ids and nothing else: no accounts, no money, no rules. What a benchmark of matching engines measures. */
export class BareBook implements Matcher {
  readonly pool = new OrderPool()
  readonly index = new OrderIndex(this.pool)
  readonly book = new Book(this.pool)
  private readonly reports: Reports
  private sequence = 0
  private taker = 0

  constructor(reports: Reports) {
    this.reports = reports
  }

  /** @param immediate what does not trade at once is cancelled, otherwise it rests */
  place(sequence: number, id: number, side: SideCode, price: number, quantity: number, immediate: boolean): void {
    this.reports.accepted(sequence, side, id, price, quantity)
    const left = this.match(sequence, id, side, price, quantity)
    if (left === 0) return
    if (immediate) this.reports.cancelled(sequence, side, id, price)
    else this.rest(id, side, price, left)
  }

  cancel(sequence: number, id: number): void {
    const slot = this.index.delete(id)
    if (slot === NONE) {
      this.reports.cancelRejected(sequence, id)
      return
    }
    const side = this.pool.side[slot] === BUY ? BUY : SELL
    const price = this.pool.price[slot]!
    this.book.remove(slot)
    this.pool.free(slot)
    this.reports.cancelled(sequence, side, id, price)
  }

  /** Takes the order away and brings it in anew, at the end of the queue. */
  modify(sequence: number, id: number, price: number, quantity: number): void {
    const slot = this.index.delete(id)
    if (slot === NONE) {
      this.reports.modifyRejected(sequence, id)
      return
    }
    const side = this.pool.side[slot] === BUY ? BUY : SELL
    this.book.remove(slot)
    this.pool.free(slot)
    const left = this.match(sequence, id, side, price, quantity)
    if (left > 0) this.rest(id, side, price, left)
    this.reports.modified(sequence, side, id, price, quantity)
  }

  admits(): boolean {
    return true
  }

  /** Never asked: nobody owns anything here. */
  selfTrade(): typeof STOP {
    return STOP
  }

  allowance(_price: number, wanted: number): number {
    return wanted
  }

  fill(maker: number, price: number, quantity: number): void {
    const id = this.pool.id[maker]!
    this.reports.traded(this.sequence, price, quantity, id, this.taker)
    if (this.pool.level[maker] !== NONE) return
    this.index.delete(id)
    this.pool.free(maker)
  }

  private match(sequence: number, id: number, side: SideCode, price: number, quantity: number): number {
    if (!this.book.crosses(side, price)) return quantity
    this.sequence = sequence
    this.taker = id
    return this.book.match(side, price, quantity, NONE, this)
  }

  private rest(id: number, side: SideCode, price: number, quantity: number): void {
    const pool = this.pool
    const slot = pool.allocate()
    pool.id[slot] = id
    pool.side[slot] = side
    pool.price[slot] = price
    pool.shown[slot] = quantity
    this.index.set(id, slot)
    this.book.rest(slot)
  }
}
