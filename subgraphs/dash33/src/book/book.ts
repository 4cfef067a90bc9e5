import type { BookChanges } from './changes.ts'
import { BUY, LOOK_AGAIN, type Matcher, NONE, SELL, type SideCode, STOP } from './matcher.ts'
import type { OrderPool } from './order-pool.ts'
import { PriceIndex } from './price-index.ts'

/**
 * One market's book in price-time priority, over a pool that it shares with others: each price is a queue, linked through the pool's own columns.
 *
 * ```
 * asks  level 101: head ─► slot 7 ⇄ slot 2 ◄─ tail        the best price is the last of its index
 * bids  level 100: head ─► slot 4 ◄─ tail                 a slot's `level` leads back to its price
 * ```
 *
 * Rest, remove and fill take constant time; opening or closing a price moves the better prices of its side.
 * Members are `private`, not `#private`, here and in the classes that it works with: measured, V8 takes a third longer with those.
 */
export class Book {
  readonly pool: OrderPool
  readonly bids = new PriceIndex(BUY)
  readonly asks = new PriceIndex(SELL)
  /** The priority of the next order to take a place at the end of a queue. */
  nextPriority = 1
  private readonly changes: BookChanges | null
  private taker = 0

  constructor(pool: OrderPool, changes: BookChanges | null = null) {
    this.pool = pool
    this.changes = changes
  }

  /**
   * Takes what crosses, best price first, then first come; an iceberg's next slice goes to the end of its queue.
   * @param side the taker's
   * @param limit the worst price that it takes; ±Infinity: any
   * @param owner NONE: nobody's, who trades with all
   * @returns the lots that are left
   */
  match(side: SideCode, limit: number, quantity: number, owner: number, matcher: Matcher): number {
    const pool = this.pool
    const makers = side === BUY ? this.asks : this.bids
    let left = +quantity // a parameter could be anything, so what is counted from it would be kept as an object
    let admitted = Number.NaN
    while (left > 0) {
      const level = makers.best
      if (level === NONE) break
      const price = makers.price[level]!
      if (side === BUY ? price > limit : price < limit) break
      if (price !== admitted) {
        if (!matcher.admits(price)) break
        admitted = price
      }
      const maker = makers.head[level]!
      if (owner !== NONE && pool.owner[maker] === owner) {
        this.taker = left
        const verdict = matcher.selfTrade(maker)
        left = this.taker
        if (verdict === STOP) break
        if (verdict === LOOK_AGAIN) continue
      }
      const shown = pool.shown[maker]!
      const lots = matcher.allowance(price, Math.min(left, shown))
      if (!(lots > 0)) break
      left -= lots
      makers.volume[level]! -= lots
      pool.shown[maker] = shown - lots
      if (lots === shown) {
        if (pool.hidden[maker] === 0) this.leave(makers, level, maker)
        else this.refresh(makers, level, maker)
      }
      if (this.changes?.isKept) this.note(makers, maker, price)
      matcher.fill(maker, price, lots)
    }
    return left
  }

  /** Takes lots off the incoming order; from within `Matcher.selfTrade`, nowhere else. */
  reduceTaker(by: number): void {
    this.taker -= by
  }

  /** Whether a taker at this limit finds anyone. */
  crosses(side: SideCode, limit: number): boolean {
    const makers = side === BUY ? this.asks : this.bids
    if (makers.best === NONE) return false
    const price = makers.price[makers.best]!
    return side === BUY ? price <= limit : price >= limit
  }

  /** Puts a slot with side, price and shown lots at the end of its price's queue, whatever it crosses. */
  rest(slot: number): void {
    const pool = this.pool
    const index = pool.side[slot] === BUY ? this.bids : this.asks
    const price = pool.price[slot]!
    const level = index.ensure(price)
    pool.priority[slot] = this.nextPriority++
    pool.level[slot] = level
    this.enqueue(index, level, slot)
    index.volume[level]! += pool.shown[slot]!
    if (this.changes?.isKept) this.note(index, slot, price)
  }

  /** `rest` with the priority that the slot has: of a book that is put together again, the lowest of a price first. */
  restore(slot: number): void {
    const next = this.nextPriority
    this.nextPriority = this.pool.priority[slot]!
    this.rest(slot)
    this.nextPriority = Math.max(next, this.nextPriority)
  }

  /** Takes an order off the book. It keeps its quantities, and its slot. */
  remove(slot: number): void {
    const pool = this.pool
    const level = pool.level[slot]!
    if (level === NONE) throw new RangeError(`slot ${slot} is on no book`)
    const index = pool.side[slot] === BUY ? this.bids : this.asks
    const previous = pool.previous[slot]!
    const next = pool.next[slot]!
    if (previous === NONE) index.head[level] = next
    else pool.next[previous] = next
    if (next === NONE) index.tail[level] = previous
    else pool.previous[next] = previous
    index.volume[level]! -= pool.shown[slot]!
    pool.level[slot] = NONE
    if (previous === NONE && next === NONE) index.drop(level)
    if (this.changes?.isKept) this.note(index, slot, pool.price[slot]!)
  }

  /** Takes lots off an order in its place, hidden ones first. One with nothing left leaves the book. */
  reduce(slot: number, by: number): void {
    const pool = this.pool
    const hidden = Math.min(by, pool.hidden[slot]!)
    pool.hidden[slot]! -= hidden
    this.shorten(slot, by - hidden)
  }

  /** Takes lots that traded otherwise than in `match`, the whole order's, hidden ones included: it keeps its place and shows again what it may. */
  trade(slot: number, lots: number): void {
    const pool = this.pool
    const left = pool.shown[slot]! + pool.hidden[slot]! - lots
    const shown = pool.peak[slot]! > 0 ? Math.min(pool.peak[slot]!, left) : left
    pool.hidden[slot] = left - shown
    this.shorten(slot, pool.shown[slot]! - shown)
  }

  /** The best price; NaN of an empty side. */
  best(side: SideCode): number {
    const index = this.side(side)
    return index.count === 0 ? Number.NaN : index.price[index.best]!
  }

  /** The first order at the best price, or NONE. */
  first(side: SideCode): number {
    const index = this.side(side)
    return index.count === 0 ? NONE : index.head[index.best]!
  }

  /** Best bid at or above best ask: only in auctions. */
  get crossed(): boolean {
    return this.best(BUY) >= this.best(SELL)
  }

  /** Lots shown; 0 where there is no level. */
  volumeAt(side: SideCode, price: number): number {
    const index = this.side(side)
    const level = index.find(price)
    return level === NONE ? 0 : index.volume[level]!
  }

  /** Best first, with the lots shown. */
  levels(side: SideCode, depth = Number.POSITIVE_INFINITY): [price: number, volume: number][] {
    const index = this.side(side)
    return Array.from({ length: Math.min(depth, index.count) }, (_, rank) => {
      const level = index.at(rank)
      return [index.price[level]!, index.volume[level]!]
    })
  }

  /** By priority: better price first, then who came first. */
  slots(side: SideCode): number[] {
    const slots: number[] = []
    this.visit(side, (slot) => {
      slots.push(slot)
      return true
    })
    return slots
  }

  /** Calls with each order of a side, by priority, until the answer is false. The visitor must leave the book alone. */
  visit(side: SideCode, visitor: (slot: number, price: number) => boolean): void {
    const index = this.side(side)
    for (let rank = 0; rank < index.count; rank++) {
      const level = index.at(rank)
      const price = index.price[level]!
      for (let slot = index.head[level]!; slot !== NONE; slot = this.pool.next[slot]!) {
        if (!visitor(slot, price)) return
      }
    }
  }

  /**
   * Lots that a taker would find, hidden ones included, of others than `owner`; counts no further than `wanted`.
   * @param side the taker's
   */
  available(side: SideCode, limit: number, wanted: number, owner: number): number {
    const pool = this.pool
    let found = 0
    this.visit(side === BUY ? SELL : BUY, (slot, price) => {
      if (side === BUY ? price > limit : price < limit) return false
      if (owner === NONE || pool.owner[slot] !== owner) found += pool.shown[slot]! + pool.hidden[slot]!
      return found < wanted
    })
    return Math.min(found, wanted)
  }

  private side(side: SideCode): PriceIndex {
    return side === BUY ? this.bids : this.asks
  }

  private enqueue(index: PriceIndex, level: number, slot: number): void {
    const pool = this.pool
    const tail = index.tail[level]!
    pool.previous[slot] = tail
    pool.next[slot] = NONE
    if (tail === NONE) index.head[level] = slot
    else pool.next[tail] = slot
    index.tail[level] = slot
  }

  /** The first order of a queue has nothing left. */
  private leave(index: PriceIndex, level: number, slot: number): void {
    const pool = this.pool
    const next = pool.next[slot]!
    pool.level[slot] = NONE
    index.head[level] = next
    if (next === NONE) index.drop(level)
    else pool.previous[next] = NONE
  }

  /** What the first order of a queue showed has traded: its next slice goes to the end. */
  private refresh(index: PriceIndex, level: number, slot: number): void {
    const pool = this.pool
    const next = pool.next[slot]!
    const hidden = pool.hidden[slot]!
    const slice = Math.min(pool.peak[slot]!, hidden)
    pool.shown[slot] = slice
    pool.hidden[slot] = hidden - slice
    pool.priority[slot] = this.nextPriority++
    index.volume[level]! += slice
    if (next === NONE) return
    index.head[level] = next
    pool.previous[next] = NONE
    this.enqueue(index, level, slot)
  }

  /** Takes lots off what an order shows; negative ones: shows more. */
  private shorten(slot: number, by: number): void {
    const pool = this.pool
    const index = pool.side[slot] === BUY ? this.bids : this.asks
    index.volume[pool.level[slot]!]! -= by
    pool.shown[slot]! -= by
    if (pool.shown[slot] === 0) this.remove(slot)
    else if (this.changes?.isKept) this.note(index, slot, pool.price[slot]!)
  }

  private note(index: PriceIndex, slot: number, price: number): void {
    const pool = this.pool
    const shown = pool.level[slot] === NONE ? 0 : pool.shown[slot]!
    this.changes!.order(index.side, pool.id[slot]!, price, shown, pool.priority[slot]!)
    this.changes!.level(index.side, price, this.volumeAt(index.side, price))
  }
}
