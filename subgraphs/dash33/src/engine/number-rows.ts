import { NONE } from '../book/index.ts'

/** Rows that share an array: more of them need no copy of those that are there. */
const CHUNK_BITS = 10
const CHUNK_MASK = (1 << CHUNK_BITS) - 1

/** Rows of so many numbers each, some in use, the others free. Which one follows which is kept apart from them: to let go of a row is not to fetch it. */
export class NumberRows {
  declare private readonly width: number
  private readonly chunks: Float64Array[] = []
  private following = new Int32Array(0)
  private firstFree = NONE
  private used = 0

  constructor(width: number) {
    this.width = width
  }

  /** A row that holds whatever was in it. */
  allocate(): number {
    const row = this.firstFree
    if (row !== NONE) {
      this.firstFree = this.following[row]!
      return row
    }
    if (this.used >> CHUNK_BITS === this.chunks.length) this.grow()
    return this.used++
  }

  /** The numbers of a row, and of others. */
  values(row: number): Float64Array {
    return this.chunks[row >> CHUNK_BITS]!
  }

  /** Where a row's own begin among them. */
  at(row: number): number {
    return (row & CHUNK_MASK) * this.width
  }

  /** The row that was linked behind another one. */
  next(row: number): number {
    return this.following[row]!
  }

  link(row: number, next: number): void {
    this.following[row] = next
  }

  /** Frees a row, and those that are linked behind it until `last`. */
  free(first: number, last = first): void {
    this.following[last] = this.firstFree
    this.firstFree = first
  }

  private grow(): void {
    this.chunks.push(new Float64Array(this.width << CHUNK_BITS))
    const rows = this.chunks.length << CHUNK_BITS
    if (rows <= this.following.length) return
    const following = new Int32Array(2 * rows)
    following.set(this.following)
    this.following = following
  }
}
