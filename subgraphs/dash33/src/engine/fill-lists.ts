import { NONE } from '../book/index.ts'

/** Numbers of one fill: its position among the trades of its command, price, quantity and fee. */
export const FILL_WIDTH = 4
/** Of a row: a fill, and the row after it; the last one's is the first. */
const WIDTH = FILL_WIDTH + 1
const NEXT = FILL_WIDTH
/** Rows that share an array: more of them need no copy of those that are there. */
const CHUNK_BITS = 10
const CHUNK_MASK = (1 << CHUNK_BITS) - 1

/** Lists of fills, each known by its last row: rows of numbers, because small arrays that live as long as an order would be the collector's main work. */
export class FillLists {
  private readonly chunks: Float64Array[] = []
  private free = NONE
  private used = 0

  /** Adds a fill to the list of `last`, NONE for a new one. @returns the list's last row now */
  add(last: number, position: number, price: number, quantity: number, fee: number): number {
    const row = this.allocate()
    const values = this.values(row)
    const at = this.at(row)
    values[at] = position
    values[at + 1] = price
    values[at + 2] = quantity
    values[at + 3] = fee
    values[at + NEXT] = last === NONE ? row : this.next(last)
    if (last !== NONE) this.link(last, row)
    return row
  }

  /** `FILL_WIDTH` numbers a fill, in the order in which they were added. */
  read(last: number): number[] {
    const fills: number[] = []
    if (last === NONE) return fills
    let row = last
    do {
      row = this.next(row)
      const values = this.values(row)
      const at = this.at(row)
      for (let i = at; i < at + FILL_WIDTH; i++) fills.push(values[i]!)
    } while (row !== last)
    return fills
  }

  drop(last: number): void {
    if (last === NONE) return
    const first = this.next(last)
    this.link(last, this.free)
    this.free = first
  }

  private allocate(): number {
    const row = this.free
    if (row !== NONE) {
      this.free = this.next(row)
      return row
    }
    if (this.used >> CHUNK_BITS === this.chunks.length) this.chunks.push(new Float64Array(WIDTH << CHUNK_BITS))
    return this.used++
  }

  private next(row: number): number {
    return this.values(row)[this.at(row) + NEXT]! | 0
  }

  private link(row: number, next: number): void {
    this.values(row)[this.at(row) + NEXT] = next
  }

  private values(row: number): Float64Array {
    return this.chunks[row >> CHUNK_BITS]!
  }

  private at(row: number): number {
    return (row & CHUNK_MASK) * WIDTH
  }
}
