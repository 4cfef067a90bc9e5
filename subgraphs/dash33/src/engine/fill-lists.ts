import { NONE } from '../book/index.ts'
import { NumberRows } from './number-rows.ts'

/** Numbers of one fill: its position among the trades of its command, price, quantity and fee. */
export const FILL_WIDTH = 4

/**
 * Lists of fills, each known by its last row, which is followed by the first one: rows of numbers, because small arrays that live as long as an order would
 * be the collector's main work.
 */
export class FillLists {
  private readonly rows = new NumberRows(FILL_WIDTH)

  /** Adds a fill to the list of `last`, NONE for a new one. @returns the list's last row now */
  add(last: number, position: number, price: number, quantity: number, fee: number): number {
    const { rows } = this
    const row = rows.allocate()
    const values = rows.values(row)
    const at = rows.at(row)
    values[at] = position
    values[at + 1] = price
    values[at + 2] = quantity
    values[at + 3] = fee
    rows.link(row, last === NONE ? row : rows.next(last))
    if (last !== NONE) rows.link(last, row)
    return row
  }

  /** `FILL_WIDTH` numbers a fill, in the order in which they were added. */
  read(last: number): number[] {
    const { rows } = this
    const fills: number[] = []
    if (last === NONE) return fills
    let row = last
    do {
      row = rows.next(row)
      const values = rows.values(row)
      const at = rows.at(row)
      for (let i = at; i < at + FILL_WIDTH; i++) fills.push(values[i]!)
    } while (row !== last)
    return fills
  }

  drop(last: number): void {
    if (last !== NONE) this.rows.free(this.rows.next(last), last)
  }
}
