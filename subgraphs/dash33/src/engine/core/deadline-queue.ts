import { NONE } from '../../book/matcher.ts'
import { HeapColumns, IndexedHeap } from './indexed-heap.ts'

/** What is due when: by time, then by tie. Items are small whole numbers: order slots, account numbers, market numbers. */
export class DeadlineQueue {
  private readonly columns = new HeapColumns()
  private readonly heap = new IndexedHeap(this.columns)

  get size(): number {
    return this.heap.size
  }

  /**
   * Sets or moves an item's deadline.
   * @param time milliseconds since the Unix epoch
   * @param tie what comes first among equal times, unique in the queue: an order's sequence, an account's number. Kept where the item is moved.
   */
  set(item: number, time: number, tie: number): void {
    if (this.has(item)) this.heap.move(item, time)
    else this.heap.insert(item, time, tie)
  }

  /** Whether the item has a deadline. */
  has(item: number): boolean {
    return item < this.columns.capacity && this.columns.position[item] !== NONE
  }

  /** The item's deadline, or null. */
  timeOf(item: number): number | null {
    return this.has(item) ? this.columns.key[item]! : null
  }

  /** Forgets an item's deadline, if it has one. */
  remove(item: number): void {
    if (this.has(item)) this.heap.remove(item)
  }

  /** The next deadline, or null where there is none. */
  peek(): number | null {
    const item = this.heap.first
    return item === NONE ? null : this.columns.key[item]!
  }

  /** Takes out the first item that is due at `now`. @returns NONE where nothing is. */
  take(now: number): number {
    const item = this.heap.first
    if (item === NONE || this.columns.key[item]! > now) return NONE
    this.heap.remove(item)
    return item
  }
}
