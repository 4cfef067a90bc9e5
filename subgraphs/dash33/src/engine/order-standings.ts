import { NONE } from '../book/index.ts'
import type { Orders } from './core/orders.ts'
import {
  AMOUNTS,
  AT_FILLED_QUOTE,
  AT_QUANTITY,
  AT_REMAINING,
  FIRST_AMOUNTS,
  NOW_AMOUNTS,
  type OrderRows,
  PARTICULARS,
  PRICE,
  SLOT,
  STATES,
} from './order-rows.ts'
import { AT_PRICE, AT_STOP_PRICE, FIRST_PRICES, NOW_PRICES, type Particulars } from './particulars.ts'

const REASON_SHIFT = 8
const FIRST_SHIFT = 16
const BYTE = 0xff
const TWO_BYTES = 0xffff

/** How an order stands at some time. A price that it has not is 0. */
export interface Standing {
  readonly price: number
  readonly stopPrice: number
  readonly quantity: number
  readonly remaining: number
  readonly filledQuote: number
  readonly status: number
  readonly reason: number
}

/** Now, for an open order as it was last looked at, or as its own command left it: the answer that a repeated client order id gets. */
export type Moment = 'NOW' | 'FIRST'

/** How recorded orders stand and first stood. */
export class OrderStandings {
  private readonly rows: OrderRows
  private readonly particulars: Particulars

  constructor(rows: OrderRows, particulars: Particulars) {
    this.rows = rows
    this.particulars = particulars
  }

  read(record: number, moment: Moment): Standing {
    const { rows, particulars } = this
    const numbers = rows.numbers(record)
    const at = rows.numbersAt(record) + amountsOf(moment)
    const states = rows.int(record, STATES) >> shiftOf(moment)
    const row = rows.int(record, PARTICULARS)
    return {
      price: row === NONE ? rows.number(record, PRICE) : particulars.read(row, pricesOf(moment) + AT_PRICE),
      stopPrice: row === NONE ? 0 : particulars.read(row, pricesOf(moment) + AT_STOP_PRICE),
      quantity: numbers[at + AT_QUANTITY]!,
      remaining: numbers[at + AT_REMAINING]!,
      filledQuote: numbers[at + AT_FILLED_QUOTE]!,
      status: states & BYTE,
      reason: (states >> REASON_SHIFT) & BYTE,
    }
  }

  write(record: number, moment: Moment, standing: Standing): void {
    const { quantity, remaining, filledQuote, status, reason } = standing
    this.setPrices(record, moment, standing.price, standing.stopPrice)
    this.setAmounts(record, amountsOf(moment), quantity, remaining, filledQuote)
    const { rows } = this
    const shift = shiftOf(moment)
    const other = rows.int(record, STATES) & ~(TWO_BYTES << shift)
    rows.setInt(record, STATES, other | (statesOf(status, reason) << shift))
  }

  setPrices(record: number, moment: Moment, price: number, stopPrice: number): void {
    const { rows, particulars } = this
    let row = rows.int(record, PARTICULARS)
    if (row === NONE) {
      const accepted = rows.number(record, PRICE)
      if (price === accepted && stopPrice === 0) return
      row = particulars.begin(accepted, 0)
      rows.setInt(record, PARTICULARS, row)
    }
    particulars.write(row, pricesOf(moment) + AT_PRICE, price)
    particulars.write(row, pricesOf(moment) + AT_STOP_PRICE, stopPrice)
  }

  /** Brings up to date how an order stands, unless it is closed. */
  look(record: number, orders: Orders): void {
    const { rows } = this
    const slot = rows.int(record, SLOT)
    if (slot === NONE) return
    this.setAmounts(record, NOW_AMOUNTS, orders.quantity(slot), orders.remaining(slot), orders.filledQuote(slot))
    const first = rows.int(record, STATES) & (TWO_BYTES << FIRST_SHIFT)
    rows.setInt(record, STATES, first | statesOf(orders.status(slot), orders.reason(slot)))
  }

  /** Its own command has ended. */
  settleFirst(record: number, orders: Orders): void {
    this.look(record, orders)
    const { rows } = this
    const numbers = rows.numbers(record)
    const at = rows.numbersAt(record)
    for (let i = at; i < at + AMOUNTS; i++) numbers[i + FIRST_AMOUNTS] = numbers[i + NOW_AMOUNTS]!
    const now = rows.int(record, STATES) & TWO_BYTES
    rows.setInt(record, STATES, now | (now << FIRST_SHIFT))
    const particulars = rows.int(record, PARTICULARS)
    if (particulars !== NONE) this.particulars.settleFirst(particulars)
  }

  private setAmounts(record: number, field: number, quantity: number, remaining: number, filledQuote: number): void {
    const numbers = this.rows.numbers(record)
    const at = this.rows.numbersAt(record) + field
    numbers[at + AT_QUANTITY] = quantity
    numbers[at + AT_REMAINING] = remaining
    numbers[at + AT_FILLED_QUOTE] = filledQuote
  }
}

const amountsOf = (moment: Moment): number => (moment === 'NOW' ? NOW_AMOUNTS : FIRST_AMOUNTS)
const pricesOf = (moment: Moment): number => (moment === 'NOW' ? NOW_PRICES : FIRST_PRICES)
const shiftOf = (moment: Moment): number => (moment === 'NOW' ? 0 : FIRST_SHIFT)
const statesOf = (status: number, reason: number): number => status | (reason << REASON_SHIFT)
