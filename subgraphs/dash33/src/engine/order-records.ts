import { NONE } from '../book/index.ts'
import { ClientOrderIds } from './client-order-ids.ts'
import type { OrderTerms } from './commands.ts'
import { IntList } from './core/int-list.ts'
import type { Orders } from './core/orders.ts'

/** Numbers of one record. */
const WIDTH = 32
/** Records that share an array: more of them need no copy of those that are there. */
const CHUNK_BITS = 10
const CHUNK_MASK = (1 << CHUNK_BITS) - 1
const FIRST_SLOTS = 256

// Places within a record; amounts that may be missing are 0 then.
/** The core's id. */
export const NUMBER = 0
export const ACCOUNT = 1
/** What it is: see `order-codes.ts`. */
export const CODES = 2
/** While it is open or pending; NONE once it is closed. */
export const SLOT = 3
export const CREATED_AT = 4
export const EXPIRES_AT = 5
/** The terms as accepted: what a repeated client order id is compared with. */
export const QUANTITY = 6
export const PRICE = 7
export const STOP_PRICE = 8
export const TRAILING_AMOUNT = 9
export const TRAILING_BPS = 10
export const DISPLAY_QUANTITY = 11
export const GOOD_TILL = 12
/** How it stands: while it is open, as it was last looked at; seven numbers, see below. */
export const NOW = 13
/** How its own command left it: the answer that a repeated client order id gets. */
export const FIRST = 20
export const STANDING_WIDTH = 7
/** Links of `ClosedOrders`, and of the records that are free. */
export const NEXT_CLOSED = 27
export const PREVIOUS_CLOSED = 28
export const NEXT_OF_ACCOUNT = 29
export const HASH = 30
/** What is held for it has changed since holds were last told. */
export const HOLD_TOUCHED = 31

// Places within a standing.
export const AT_PRICE = 0
export const AT_STOP_PRICE = 1
export const AT_QUANTITY = 2
export const AT_REMAINING = 3
export const AT_FILLED_QUOTE = 4
export const AT_STATUS = 5
export const AT_REASON = 6

/** The numbers of an order's terms. */
type AskedNumbers = Pick<
  OrderTerms,
  'quantity' | 'price' | 'stopPrice' | 'trailingAmount' | 'trailingBps' | 'displayQuantity' | 'expiresAt'
>

/** Numbers of one fill in `OrderRecords.fills`: its position among the trades of its command, price, quantity and fee. */
export const FILL_WIDTH = 4
export const NO_FILLS: readonly number[] = []

/**
 * Orders by their names, from their acceptance until their client order ids are forgotten: rows of numbers, because so many objects that
 * live so long would keep the garbage collector busier than the engine.
 */
export class OrderRecords {
  private readonly chunks: Float64Array[] = []
  /** By record, like the fills that an order made as it arrived. */
  readonly clientOrderIds: string[] = []
  readonly fills: (readonly number[])[] = []
  private readonly ids = new ClientOrderIds(this)
  private bySlot = new Int32Array(FIRST_SLOTS)
  private free = NONE
  private used = 0
  private readonly dropped = new IntList()
  private holders = 0

  /** Rows in use or free. */
  get rows(): number {
    return this.used
  }

  /** The numbers of a record, and of others. */
  values(record: number): Float64Array {
    return this.chunks[record >> CHUNK_BITS]!
  }

  /** Where a record's own begin among them. */
  at(record: number): number {
    return (record & CHUNK_MASK) * WIDTH
  }

  /** The record of an account's client order id, or NONE. */
  find(account: number, clientOrderId: string): number {
    return this.ids.find(account, clientOrderId)
  }

  /** The record of an open or pending order. */
  of(slot: number): number {
    return this.bySlot[slot]!
  }

  /** Those of all open and pending orders. */
  openSlots(): number[] {
    const slots: number[] = []
    for (let slot = 0; slot < this.bySlot.length; slot++) {
      const record = this.bySlot[slot]!
      if (record < this.used && this.values(record)[this.at(record) + SLOT] === slot) slots.push(slot)
    }
    return slots
  }

  /** @param codes what `codesOf` gives @param expiresAt 0: never @param slot NONE: it is closed */
  add(
    number: number,
    account: number,
    clientOrderId: string,
    codes: number,
    terms: AskedNumbers,
    createdAt: number,
    expiresAt: number,
    slot: number,
  ): number {
    const record = this.allocate()
    const values = this.values(record)
    const at = this.at(record)
    const price = terms.price ?? 0
    const stopPrice = terms.stopPrice ?? 0
    values[at + NUMBER] = number
    values[at + ACCOUNT] = account
    values[at + CODES] = codes
    values[at + SLOT] = slot
    values[at + CREATED_AT] = createdAt
    values[at + EXPIRES_AT] = expiresAt
    values[at + QUANTITY] = terms.quantity
    values[at + PRICE] = price
    values[at + STOP_PRICE] = stopPrice
    values[at + TRAILING_AMOUNT] = terms.trailingAmount ?? 0
    values[at + TRAILING_BPS] = terms.trailingBps ?? 0
    values[at + DISPLAY_QUANTITY] = terms.displayQuantity ?? 0
    values[at + GOOD_TILL] = terms.expiresAt ?? 0
    values[at + NOW + AT_PRICE] = price
    values[at + NOW + AT_STOP_PRICE] = stopPrice
    values[at + HOLD_TOUCHED] = 0
    this.clientOrderIds[record] = clientOrderId
    this.fills[record] = NO_FILLS
    this.ids.add(record, account, clientOrderId)
    if (slot !== NONE) this.bind(slot, record)
    return record
  }

  /** Brings up to date how an order stands. */
  look(record: number, orders: Orders): void {
    const values = this.values(record)
    const at = this.at(record)
    const slot = values[at + SLOT]!
    if (slot === NONE) return
    values[at + NOW + AT_QUANTITY] = orders.quantity(slot)
    values[at + NOW + AT_REMAINING] = orders.remaining(slot)
    values[at + NOW + AT_FILLED_QUOTE] = orders.filledQuote(slot)
    values[at + NOW + AT_STATUS] = orders.status(slot)
    values[at + NOW + AT_REASON] = orders.reason(slot)
  }

  /** Its own command has ended. */
  settleFirst(record: number, orders: Orders): void {
    this.look(record, orders)
    const values = this.values(record)
    const at = this.at(record)
    for (let i = at; i < at + STANDING_WIDTH; i++) values[i + FIRST] = values[i + NOW]!
  }

  /** It has closed: its slot will be another's. */
  close(record: number, orders: Orders): void {
    this.look(record, orders)
    this.values(record)[this.at(record) + SLOT] = NONE
  }

  /** Forgets a closed order; its record stays readable until `reuse`. */
  drop(record: number): void {
    this.ids.delete(record)
    this.dropped.push(record)
  }

  /** From now on what is dropped stays readable until as many calls of `release`. */
  hold(): void {
    this.holders++
  }

  release(): void {
    this.holders--
  }

  /** Nobody reads any more what was dropped, unless somebody holds it. */
  reuse(): void {
    const { dropped } = this
    if (this.holders > 0) return
    for (let i = 0; i < dropped.length; i++) {
      const record = dropped.at(i)
      this.values(record)[this.at(record) + NEXT_CLOSED] = this.free
      this.free = record
    }
    dropped.clear()
  }

  private allocate(): number {
    const record = this.free
    if (record !== NONE) {
      this.free = this.values(record)[this.at(record) + NEXT_CLOSED]!
      return record
    }
    if (this.used >> CHUNK_BITS === this.chunks.length) this.chunks.push(new Float64Array(WIDTH << CHUNK_BITS))
    return this.used++
  }

  private bind(slot: number, record: number): void {
    if (slot >= this.bySlot.length) {
      const bySlot = new Int32Array(Math.max(slot + 1, this.bySlot.length * 2))
      bySlot.set(this.bySlot)
      this.bySlot = bySlot
    }
    this.bySlot[slot] = record
  }
}
