import { NONE } from './matcher.ts'

const SMALLEST = 1_024

/** The same column with room for more. */
function grown<Column extends Float64Array | Int32Array | Uint8Array>(column: Column, into: Column): Column {
  into.set(column)
  return into
}

/**
 * All orders as columns: an order is a slot, a number, and what is known of it stands in each column at that place. Nothing here is an object,
 * so a million orders give the garbage collector nothing to walk. Prices are ticks, quantities lots; both are integers up to 2^53.
 * A growing pool replaces its columns: hold the pool, never a column, over a call that may allocate.
 */
export class OrderPool {
  capacity = SMALLEST
  /** Slots in use. */
  live = 0
  id = new Float64Array(SMALLEST)
  price = new Float64Array(SMALLEST)
  /** Lots in the queue, for all to see. */
  shown = new Float64Array(SMALLEST)
  /** Lots of an iceberg that wait for their turn to be shown. */
  hidden = new Float64Array(SMALLEST)
  /** The most lots that an iceberg shows; 0: not an iceberg. */
  peak = new Float64Array(SMALLEST)
  /** Rises with each place taken at the end of a queue of the book. */
  priority = new Float64Array(SMALLEST)
  owner = new Int32Array(SMALLEST)
  /** 0 BUY, 1 SELL. */
  side = new Uint8Array(SMALLEST)
  next = new Int32Array(SMALLEST)
  previous = new Int32Array(SMALLEST)
  /** The price level's slot in the book's price index; NONE: on no book. */
  level = new Int32Array(SMALLEST).fill(NONE)
  private freed = NONE
  private fresh = 0
  private readonly growing: ((capacity: number) => void)[] = []

  /** Calls back after each growth, so that others can keep columns of their own beside these. */
  onGrow(listener: (capacity: number) => void): void {
    this.growing.push(listener)
  }

  /** @returns a slot on no book; its other columns hold what the last user left there, `hidden` and `peak` too. */
  allocate(): number {
    let slot = this.freed
    if (slot !== NONE) this.freed = this.next[slot]!
    else {
      if (this.fresh === this.capacity) this.grow()
      slot = this.fresh++
    }
    this.live++
    return slot
  }

  /** The slot must be on no book. */
  free(slot: number): void {
    this.next[slot] = this.freed
    this.freed = slot
    this.live--
  }

  private grow(): void {
    const capacity = this.capacity * 2
    this.id = grown(this.id, new Float64Array(capacity))
    this.price = grown(this.price, new Float64Array(capacity))
    this.shown = grown(this.shown, new Float64Array(capacity))
    this.hidden = grown(this.hidden, new Float64Array(capacity))
    this.peak = grown(this.peak, new Float64Array(capacity))
    this.priority = grown(this.priority, new Float64Array(capacity))
    this.owner = grown(this.owner, new Int32Array(capacity))
    this.side = grown(this.side, new Uint8Array(capacity))
    this.next = grown(this.next, new Int32Array(capacity))
    this.previous = grown(this.previous, new Int32Array(capacity))
    this.level = grown(this.level, new Int32Array(capacity).fill(NONE))
    this.capacity = capacity
    for (const listener of this.growing) listener(capacity)
  }
}
