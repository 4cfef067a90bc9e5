import { NONE } from '../book/index.ts'
import { NumberRows } from './number-rows.ts'
import type { AskedNumbers } from './order-records.ts'

// Numbers of a row; what is missing is 0. When it ends by itself, and terms as accepted.
export const EXPIRES_AT = 0
export const STOP_PRICE = 1
export const TRAILING_AMOUNT = 2
export const TRAILING_BPS = 3
export const DISPLAY_QUANTITY = 4
export const GOOD_TILL = 5
/** The prices that an order stands at now, and first: of each price and stop price. */
export const NOW_PRICES = 6
export const FIRST_PRICES = 8
export const AT_PRICE = 0
export const AT_STOP_PRICE = 1
const WIDTH = 10

/** What few orders have: a life of their own end, a stop, a tip of an iceberg, a price other than the one that they came with. Those that have nothing of it have no row. */
export class Particulars extends NumberRows {
  constructor() {
    super(WIDTH)
  }

  read(row: number, field: number): number {
    return this.values(row)[this.at(row) + field]!
  }

  write(row: number, field: number, value: number): void {
    this.values(row)[this.at(row) + field] = value
  }

  /** @param expiresAt 0: never @returns the row of an order with these terms; NONE: it needs none */
  add(terms: AskedNumbers, expiresAt: number): number {
    const { stopPrice, trailingAmount, trailingBps, displayQuantity, expiresAt: goodTill } = terms
    if (!(expiresAt || goodTill || stopPrice || trailingAmount || trailingBps || displayQuantity)) return NONE
    const row = this.begin(terms.price ?? 0, stopPrice ?? 0)
    this.write(row, EXPIRES_AT, expiresAt)
    this.write(row, STOP_PRICE, stopPrice ?? 0)
    this.write(row, TRAILING_AMOUNT, trailingAmount ?? 0)
    this.write(row, TRAILING_BPS, trailingBps ?? 0)
    this.write(row, DISPLAY_QUANTITY, displayQuantity ?? 0)
    this.write(row, GOOD_TILL, goodTill ?? 0)
    return row
  }

  /** A row of an order that has stood at these prices so far, and nothing else. */
  begin(price: number, stopPrice: number): number {
    const row = this.allocate()
    const at = this.at(row)
    this.values(row).fill(0, at, at + WIDTH)
    for (const prices of [NOW_PRICES, FIRST_PRICES]) {
      this.write(row, prices + AT_PRICE, price)
      this.write(row, prices + AT_STOP_PRICE, stopPrice)
    }
    return row
  }

  /** What it stands at now is what its own command left. */
  settleFirst(row: number): void {
    const at = this.at(row)
    this.values(row).copyWithin(at + FIRST_PRICES, at + NOW_PRICES, at + FIRST_PRICES)
  }
}
