import { NONE } from '../book/index.ts'
import { ClientOrderIds } from './client-order-ids.ts'
import { MAX_TEXT_LENGTH, type OrderTerms } from './commands.ts'
import { IntList } from './core/int-list.ts'
import type { Orders } from './core/orders.ts'
import { FillLists } from './fill-lists.ts'

/** Numbers of one record. */
const WIDTH = 32
/** Records that share an array: more of them need no copy of those that are there. */
const CHUNK_BITS = 10
const CHUNK_MASK = (1 << CHUNK_BITS) - 1
const FIRST_SLOTS = 256

// Places within a record; amounts that may be missing are 0 then. The first six are what finding, closing and forgetting an order touch:
// one line of the processor's cache.
export const HASH = 0
/** Links of `ClosedOrders`, and of the records that are free. */
export const NEXT_CLOSED = 1
export const PREVIOUS_CLOSED = 2
export const NEXT_OF_ACCOUNT = 3
export const ACCOUNT = 4
/** While it is open or pending; NONE once it is closed. */
export const SLOT = 5
/** The core's id. */
export const NUMBER = 6
/** What it is: see `order-codes.ts`. */
export const CODES = 7
export const CREATED_AT = 8
export const EXPIRES_AT = 9
/** The terms as accepted: what a repeated client order id is compared with. */
export const QUANTITY = 10
export const PRICE = 11
export const STOP_PRICE = 12
export const TRAILING_AMOUNT = 13
export const TRAILING_BPS = 14
export const DISPLAY_QUANTITY = 15
export const GOOD_TILL = 16
/** How it stands: while it is open, as it was last looked at; seven numbers, see below. */
export const NOW = 17
/** How its own command left it: the answer that a repeated client order id gets. */
export const FIRST = 24
export const STANDING_WIDTH = 7
export const MARKS = 31

/** Among the marks: what is held for it has changed since holds were last told. */
export const HOLD_TOUCHED = 1
/** Above it: what it traded as it arrived, as `FillLists` knows it, plus one. */
const FILLS_SHIFT = 1

// Places within a standing.
export const AT_PRICE = 0
export const AT_STOP_PRICE = 1
export const AT_QUANTITY = 2
export const AT_REMAINING = 3
export const AT_FILLED_QUOTE = 4
export const AT_STATUS = 5
export const AT_REASON = 6

/** The numbers of an order's terms. */
export type AskedNumbers = Pick<
  OrderTerms,
  'quantity' | 'price' | 'stopPrice' | 'trailingAmount' | 'trailingBps' | 'displayQuantity' | 'expiresAt'
>

/**
 * Orders by their names, from their acceptance until their client order ids are forgotten: rows of numbers, because so many objects that
 * live so long would keep the garbage collector busier than the engine.
 */
export class OrderRecords {
  private readonly chunks: Float64Array[] = []
  /** Client order ids, which end with a 0 where they are not as long as can be. */
  private readonly spellings: Uint8Array[] = []
  /** The same as texts, of those that were asked for. */
  private readonly texts: (string | null)[] = []
  private hasTexts = false
  private readonly fillLists = new FillLists()
  readonly ids = new ClientOrderIds(this)
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
    this.ids.take(clientOrderId)
    return this.ids.find(account)
  }

  /** The bytes of a record's client order id, and of others. */
  spelled(record: number): Uint8Array {
    return this.spellings[record >> CHUNK_BITS]!
  }

  /** Where a record's own begin among them. */
  spelledAt(record: number): number {
    return (record & CHUNK_MASK) * MAX_TEXT_LENGTH
  }

  spelledLength(record: number): number {
    const start = this.spelledAt(record)
    const spelled = this.spelled(record)
    let length = 0
    while (length < MAX_TEXT_LENGTH && spelled[start + length] !== 0) length++
    return length
  }

  clientOrderId(record: number): string {
    const known = this.texts[record]!
    if (known !== null) return known
    const start = this.spelledAt(record)
    const text = Buffer.from(this.spelled(record).buffer).toString('latin1', start, start + this.spelledLength(record))
    this.hasTexts = true
    this.texts[record] = text
    return text
  }

  /** The record of an open or pending order. */
  of(slot: number): number {
    return this.bySlot[slot]!
  }

  /** The slot of an open or pending order, NONE of a closed one. As an integer: a number that may have a fraction slows whatever it is handed to. */
  slot(record: number): number {
    return this.values(record)[this.at(record) + SLOT]! | 0
  }

  /** Of all open and pending orders. */
  openSlots(): number[] {
    const slots: number[] = []
    for (let slot = 0; slot < this.bySlot.length; slot++) {
      const record = this.bySlot[slot]!
      if (record < this.used && this.values(record)[this.at(record) + SLOT] === slot) slots.push(slot)
    }
    return slots
  }

  /**
   * Begins the record of an order with the client order id that was taken up last.
   * @param text that id, where it is at hand and will be asked for
   * @param codes what `codesOf` gives
   * @param expiresAt 0: never
   * @param slot NONE: it is closed
   */
  add(
    number: number,
    account: number,
    text: string | null,
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
    values[at + MARKS] = 0
    if (text !== null) this.hasTexts = true
    // Where nobody listens there are none, and a list that nobody reads stays out of the processor's cache.
    if (this.hasTexts) this.texts[record] = text
    this.ids.add(record, account)
    if (slot !== NONE) this.bind(slot, record)
    return record
  }

  /** What the order traded as it arrived: `FILL_WIDTH` numbers a fill. */
  fills(record: number): readonly number[] {
    return this.fillLists.read(this.lastFill(record))
  }

  addFill(record: number, position: number, price: number, quantity: number, fee: number): void {
    const last = this.fillLists.add(this.lastFill(record), position, price, quantity, fee)
    const values = this.values(record)
    const at = this.at(record)
    values[at + MARKS] = (values[at + MARKS]! & HOLD_TOUCHED) | ((last + 1) << FILLS_SHIFT)
  }

  /** Brings up to date how an order stands. */
  look(record: number, orders: Orders): void {
    const values = this.values(record)
    const at = this.at(record)
    const slot = values[at + SLOT]! | 0
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
      this.free = this.values(record)[this.at(record) + NEXT_CLOSED]! | 0
      this.fillLists.drop(this.lastFill(record))
      return record
    }
    if (this.used >> CHUNK_BITS === this.chunks.length) {
      this.chunks.push(new Float64Array(WIDTH << CHUNK_BITS))
      this.spellings.push(new Uint8Array(MAX_TEXT_LENGTH << CHUNK_BITS))
      for (let i = 0; i <= CHUNK_MASK; i++) this.texts.push(null)
    }
    return this.used++
  }

  private lastFill(record: number): number {
    return (this.values(record)[this.at(record) + MARKS]! >> FILLS_SHIFT) - 1
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
