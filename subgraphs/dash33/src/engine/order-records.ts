import { NONE } from '../book/index.ts'
import { ClientOrderIds } from './client-order-ids.ts'
import type { OrderTerms } from './commands.ts'
import { IntList } from './core/int-list.ts'
import type { Orders } from './core/orders.ts'
import { FillLists } from './fill-lists.ts'
import { FreeRows } from './free-rows.ts'
import {
  ACCOUNT,
  CODES,
  CREATED_AT,
  FILLS,
  HOLD_TOUCHED,
  NUMBER,
  OrderRows,
  PARTICULARS,
  PRICE,
  QUANTITY,
  SLOT,
} from './order-rows.ts'
import { OrderStandings } from './order-standings.ts'
import { Particulars } from './particulars.ts'

const FIRST_SLOTS = 256

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
  readonly rows = new OrderRows()
  readonly ids = new ClientOrderIds(this.rows)
  private readonly particulars = new Particulars()
  readonly standings = new OrderStandings(this.rows, this.particulars)
  private readonly fillLists = new FillLists()
  /** Client order ids as texts, of those that were asked for. */
  private readonly texts: (string | null)[] = []
  private bySlot = new Int32Array(FIRST_SLOTS)
  private readonly free = new FreeRows()
  /** Rows in use or free. */
  private used = 0
  private readonly dropped = new IntList()
  private holders = 0

  /** Records in use or free. */
  get size(): number {
    return this.used
  }

  /** The record of an account's client order id, or NONE. */
  find(account: number, clientOrderId: string): number {
    this.ids.take(clientOrderId)
    return this.ids.find(account)
  }

  clientOrderId(record: number): string {
    const { texts } = this
    const known = texts[record]
    if (known !== undefined && known !== null) return known
    const text = this.rows.text(record)
    this.keepText(record, text)
    return text
  }

  /** The record of an open or pending order. */
  of(slot: number): number {
    return this.bySlot[slot]!
  }

  account(record: number): number {
    return this.rows.int(record, ACCOUNT)
  }

  /** The slot of an open or pending order, NONE of a closed one. */
  slot(record: number): number {
    return this.rows.int(record, SLOT)
  }

  /** What `codesOf` gave. */
  codes(record: number): number {
    return this.rows.int(record, CODES)
  }

  /** The core's id. */
  number(record: number): number {
    return this.rows.number(record, NUMBER)
  }

  createdAt(record: number): number {
    return this.rows.number(record, CREATED_AT)
  }

  /** The quantity that it was accepted with. */
  quantity(record: number): number {
    return this.rows.number(record, QUANTITY)
  }

  /** The price that it was accepted with; 0: none. */
  price(record: number): number {
    return this.rows.number(record, PRICE)
  }

  /** One of the fields of `Particulars`; 0: it has none. */
  particular(record: number, field: number): number {
    const row = this.rows.int(record, PARTICULARS)
    return row === NONE ? 0 : this.particulars.read(row, field)
  }

  /** Of all open and pending orders. */
  openSlots(): number[] {
    const slots: number[] = []
    for (let slot = 0; slot < this.bySlot.length; slot++) {
      const record = this.bySlot[slot]!
      if (record < this.used && this.slot(record) === slot) slots.push(slot)
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
    const { rows } = this
    const { integers } = rows
    const at = rows.integersAt(record)
    integers[at + ACCOUNT] = account
    integers[at + SLOT] = slot
    integers[at + CODES] = codes
    integers[at + FILLS] = NONE
    integers[at + PARTICULARS] = this.particulars.add(terms, expiresAt)
    integers[at + HOLD_TOUCHED] = 0
    const numbers = rows.numbers(record)
    const start = rows.numbersAt(record)
    numbers[start + NUMBER] = number
    numbers[start + CREATED_AT] = createdAt
    numbers[start + QUANTITY] = terms.quantity
    numbers[start + PRICE] = terms.price ?? 0
    // Where nobody listens there are none, and a list that nobody reads stays out of the processor's cache.
    if (text !== null || this.texts.length > 0) this.keepText(record, text)
    this.ids.add(record, account)
    if (slot !== NONE) this.bind(slot, record)
    return record
  }

  /** What the order traded as it arrived: `FILL_WIDTH` numbers a fill. */
  fills(record: number): readonly number[] {
    return this.fillLists.read(this.rows.int(record, FILLS))
  }

  addFill(record: number, position: number, price: number, quantity: number, fee: number): void {
    const { rows } = this
    rows.setInt(record, FILLS, this.fillLists.add(rows.int(record, FILLS), position, price, quantity, fee))
  }

  /** Notes that what is held for it has changed. @returns whether that was noted already */
  touchHold(record: number, isTouched: boolean): boolean {
    const was = this.rows.int(record, HOLD_TOUCHED) === 1
    this.rows.setInt(record, HOLD_TOUCHED, isTouched ? 1 : 0)
    return was
  }

  /** It has closed: its slot will be another's. */
  close(record: number, orders: Orders): void {
    this.standings.look(record, orders)
    this.rows.setInt(record, SLOT, NONE)
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
    for (let i = 0; i < dropped.length; i++) this.free.add(dropped.at(i))
    dropped.clear()
  }

  private allocate(): number {
    const { rows } = this
    const record = this.free.take(this.used)
    if (record !== NONE) {
      this.fillLists.drop(rows.int(record, FILLS))
      const particulars = rows.int(record, PARTICULARS)
      if (particulars !== NONE) this.particulars.free(particulars)
      return record
    }
    rows.reserve(this.used)
    return this.used++
  }

  private keepText(record: number, text: string | null): void {
    const { texts } = this
    while (texts.length <= record) texts.push(null)
    texts[record] = text
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
