import { NONE } from '../../book/matcher.ts'

/**
 * Where each item stands and what it is sorted by; one set of columns serves any number of heaps, as long as an item is in at most one of
 * them. Items are small whole numbers (slots, account numbers).
 */
export class HeapColumns {
  /** What sorts first: any number but NaN. */
  declare key: Float64Array
  /** What sorts among equal keys; together they are unique within a heap. */
  declare tie: Float64Array
  /** In its heap's array, or NONE. */
  declare position: Int32Array

  constructor(capacity = 64) {
    this.key = new Float64Array(capacity)
    this.tie = new Float64Array(capacity)
    this.position = new Int32Array(capacity).fill(NONE)
  }

  get capacity(): number {
    return this.position.length
  }

  /** Makes room for items below `capacity`. */
  grow(capacity: number): void {
    if (capacity <= this.capacity) return
    const key = new Float64Array(capacity)
    const tie = new Float64Array(capacity)
    const position = new Int32Array(capacity).fill(NONE)
    key.set(this.key)
    tie.set(this.tie)
    position.set(this.position)
    this.key = key
    this.tie = tie
    this.position = position
  }
}

/** A binary min-heap by (key, tie) that finds an item's place at once, so that any item can be removed or moved in O(log n). */
export class IndexedHeap {
  declare private readonly columns: HeapColumns
  private items: Int32Array = new Int32Array(16)
  private count = 0

  constructor(columns: HeapColumns) {
    this.columns = columns
  }

  get size(): number {
    return this.count
  }

  /** The first item, or NONE. */
  get first(): number {
    return this.count === 0 ? NONE : this.items[0]!
  }

  insert(item: number, key: number, tie: number): void {
    if (item >= this.columns.capacity) this.columns.grow(Math.max(item + 1, this.columns.capacity * 2))
    if (this.count === this.items.length) {
      const items = new Int32Array(this.count * 2)
      items.set(this.items)
      this.items = items
    }
    this.columns.key[item] = key
    this.columns.tie[item] = tie
    this.put(this.count, item)
    this.count++
    this.rise(this.count - 1)
  }

  /** Sorts an item that is in the heap under another key. */
  move(item: number, key: number): void {
    this.columns.key[item] = key
    this.settle(this.columns.position[item]!)
  }

  /** Takes out an item that is in the heap. */
  remove(item: number): void {
    const { position } = this.columns
    const at = position[item]!
    position[item] = NONE
    this.count--
    if (at === this.count) return
    this.put(at, this.items[this.count]!)
    this.settle(at)
  }

  private before(a: number, b: number): boolean {
    const { key, tie } = this.columns
    return key[a]! < key[b]! || (key[a] === key[b] && tie[a]! < tie[b]!)
  }

  private put(at: number, item: number): void {
    this.items[at] = item
    this.columns.position[item] = at
  }

  private settle(at: number): void {
    if (this.rise(at) === at) this.sink(at)
  }

  private rise(from: number): number {
    const item = this.items[from]!
    let at = from
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!this.before(item, this.items[parent]!)) break
      this.put(at, this.items[parent]!)
      at = parent
    }
    this.put(at, item)
    return at
  }

  private sink(from: number): void {
    const item = this.items[from]!
    let at = from
    while (true) {
      let child = 2 * at + 1
      if (child >= this.count) break
      if (child + 1 < this.count && this.before(this.items[child + 1]!, this.items[child]!)) child++
      if (!this.before(this.items[child]!, item)) break
      this.put(at, this.items[child]!)
      at = child
    }
    this.put(at, item)
  }
}
