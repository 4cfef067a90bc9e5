import { BUY, NONE } from '../../book/matcher.ts'
import { feeOn } from '../../market/instruments.ts'
import { HeapColumns, IndexedHeap } from './indexed-heap.ts'

/** What the queues of all markets know of a waiting order, by its slot. */
export class TriggerColumns {
  /** Sorted by stop price: a sell's negated, so that the highest is first. */
  readonly stops = new HeapColumns()
  /** Of trailing stops, sorted by the last price from which on something happens to them: a buy's negated. */
  readonly followers = new HeapColumns()
  side = new Uint8Array(64)
  /** Of trailing stops: ticks behind the best price. */
  amount = new Float64Array(64)
  /** Of trailing stops: instead of `amount`, hundredths of a percent of the best price. */
  bps = new Float64Array(64)

  /** Makes room for slots below `capacity`. */
  grow(capacity: number): void {
    if (capacity <= this.side.length) return
    this.stops.grow(capacity)
    this.followers.grow(capacity)
    const side = new Uint8Array(capacity)
    const amount = new Float64Array(capacity)
    const bps = new Float64Array(capacity)
    side.set(this.side)
    amount.set(this.amount)
    bps.set(this.bps)
    this.side = side
    this.amount = amount
    this.bps = bps
  }
}

/** The stops of one market that wait for its last price. An order is named by its slot; side 0 buys, 1 sells. */
export class TriggerQueue {
  declare private readonly columns: TriggerColumns
  /** By side. */
  declare private readonly stopHeaps: readonly [IndexedHeap, IndexedHeap]
  declare private readonly followerHeaps: readonly [IndexedHeap, IndexedHeap]

  constructor(columns: TriggerColumns = new TriggerColumns()) {
    this.columns = columns
    this.stopHeaps = [new IndexedHeap(columns.stops), new IndexedHeap(columns.stops)]
    this.followerHeaps = [new IndexedHeap(columns.followers), new IndexedHeap(columns.followers)]
  }

  /** Lets an order wait for its stop price. */
  add(slot: number, side: number, price: number, sequence: number): void {
    this.reserve(slot, side)
    this.stopHeaps[side]!.insert(slot, side === BUY ? price : -price, sequence)
  }

  /**
   * Lets a trailing stop follow the last price, `amount` ticks or (where `amount` is 0) `bps` hundredths of a percent behind the best.
   * @param activation the last price that begins it; NaN: the first trade. Of no matter where `best` is given.
   * @param best the best last price since it began, or NaN where it has not begun
   */
  follow(
    slot: number,
    side: number,
    sequence: number,
    amount: number,
    bps: number,
    activation: number,
    best: number,
  ): void {
    this.reserve(slot, side)
    this.columns.amount[slot] = amount
    this.columns.bps[slot] = bps
    if (!Number.isNaN(best)) {
      this.followerHeaps[side]!.insert(slot, this.nextBest(side, best), sequence)
      this.stopHeaps[side]!.insert(slot, this.stopKey(slot, side, best), sequence)
    } else if (Number.isNaN(activation)) {
      this.followerHeaps[side]!.insert(slot, Number.NEGATIVE_INFINITY, sequence)
    } else {
      this.followerHeaps[side]!.insert(slot, side === BUY ? -activation : activation, sequence)
    }
  }

  /** Takes out an order that is in this queue. */
  remove(slot: number): void {
    const { side, stops, followers } = this.columns
    if (stops.position[slot] !== NONE) this.stopHeaps[side[slot]!]!.remove(slot)
    if (followers.position[slot] !== NONE) this.followerHeaps[side[slot]!]!.remove(slot)
  }

  /** Whether the order waits in this queue or in another one of the same columns. */
  has(slot: number): boolean {
    const { stops, followers, side } = this.columns
    return slot < side.length && (stops.position[slot] !== NONE || followers.position[slot] !== NONE)
  }

  /** The price of a trade: moves the trailing stops for which it is a new best one, and begins those that waited for it. */
  observe(price: number): void {
    this.follows(0, price)
    this.follows(1, price)
  }

  /** The next order that `last` meets: sells from the highest stop price down, then buys from the lowest up. It stays in the queue. @returns NONE where none is met. */
  next(last: number): number {
    const { key } = this.columns.stops
    const sell = this.stopHeaps[1].first
    if (sell !== NONE && last <= -key[sell]!) return sell
    const buy = this.stopHeaps[0].first
    return buy !== NONE && last >= key[buy]! ? buy : NONE
  }

  /** What the last price has to meet; NaN for a trailing stop that is not active. */
  stopPrice(slot: number): number {
    const { stops, side } = this.columns
    if (stops.position[slot] === NONE) return Number.NaN
    return side[slot] === BUY ? stops.key[slot]! : -stops.key[slot]!
  }

  /** The best last price that an active trailing stop has seen; NaN before it is active, and for other stops. */
  best(slot: number): number {
    const { stops, followers, side } = this.columns
    if (stops.position[slot] === NONE || followers.position[slot] === NONE) return Number.NaN
    return side[slot] === BUY ? 1 - followers.key[slot]! : followers.key[slot]! - 1
  }

  private reserve(slot: number, side: number): void {
    if (slot >= this.columns.side.length) this.columns.grow(Math.max(slot + 1, this.columns.side.length * 2))
    this.columns.side[slot] = side
  }

  private follows(side: 0 | 1, price: number): void {
    const followers = this.followerHeaps[side]
    const stops = this.stopHeaps[side]
    const { stops: columns, followers: thresholds } = this.columns
    const reached = side === BUY ? -price : price
    for (let slot = followers.first; slot !== NONE && thresholds.key[slot]! <= reached; slot = followers.first) {
      const key = this.stopKey(slot, side, price)
      if (columns.position[slot] === NONE) stops.insert(slot, key, thresholds.tie[slot]!)
      else stops.move(slot, key)
      followers.move(slot, this.nextBest(side, price))
    }
  }

  /** Prices are whole ticks: the next best one is a tick further. */
  private nextBest(side: number, best: number): number {
    return (side === BUY ? -best : best) + 1
  }

  /** A share of the best price is rounded up to a tick: away from the market. A sell's may come out at or below zero, which no price meets. */
  private stopKey(slot: number, side: number, best: number): number {
    const amount = this.columns.amount[slot]!
    const distance = amount > 0 ? amount : feeOn(best, this.columns.bps[slot]!)
    return side === BUY ? best + distance : distance - best
  }
}
