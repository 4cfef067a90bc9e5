import { NONE } from '../book/index.ts'
import type { Account } from './account.ts'
import { LIMITS } from './limits.ts'
import type { OrderRecords } from './order-records.ts'
import { ACCOUNT, HASH, NEXT_CLOSED, NEXT_OF_ACCOUNT, PREVIOUS_CLOSED } from './order-rows.ts'

export interface ClosedOrderLimits {
  readonly closedOrders: number
  readonly closedOrdersPerAccount: number
}

/** The window of closed orders that still answer for their client order ids: the last N of each account, and the last N of all. */
export class ClosedOrders {
  private readonly records: OrderRecords
  private readonly accounts: readonly Account[]
  private readonly limits: ClosedOrderLimits
  /** Two chains run through the records: of all that are remembered, and of each account's, both in the order in which they closed. */
  private oldest = NONE
  private newest = NONE
  private remembered = 0

  constructor(records: OrderRecords, accounts: readonly Account[], limits: ClosedOrderLimits = LIMITS) {
    this.records = records
    this.accounts = accounts
    this.limits = limits
  }

  get size(): number {
    return this.remembered
  }

  remember(record: number): void {
    const account = this.accounts[this.read(record, ACCOUNT)]!
    this.write(record, PREVIOUS_CLOSED, this.newest)
    this.write(record, NEXT_CLOSED, NONE)
    this.write(record, NEXT_OF_ACCOUNT, NONE)
    if (this.newest === NONE) this.oldest = record
    else this.write(this.newest, NEXT_CLOSED, record)
    this.newest = record
    if (account.closed === 0) account.oldestClosed = record
    else this.write(account.newestClosed, NEXT_OF_ACCOUNT, record)
    account.newestClosed = record
    account.closed++
    this.remembered++
    if (account.closed > this.limits.closedOrdersPerAccount) this.forgetOldestOf(account)
    while (this.remembered > this.limits.closedOrders) {
      this.forgetOldestOf(this.accounts[this.read(this.oldest, ACCOUNT)]!)
    }
  }

  /** Fetches what forgetting the next ones will take, where no account is beyond its own number. @returns something of it */
  touchOldest(count: number): number {
    if (this.remembered < this.limits.closedOrders) return 0
    const { ids, rows } = this.records
    let read = 0
    let record = this.oldest
    for (let i = 0; i < count && record !== NONE; i++) {
      read ^= ids.touch(rows.int(record, HASH))
      record = rows.int(record, NEXT_CLOSED)
    }
    return read
  }

  /** Those remembered, in the order in which they closed. */
  inOrder(): number[] {
    const all: number[] = []
    for (let record = this.oldest; record !== NONE; record = this.read(record, NEXT_CLOSED)) all.push(record)
    return all
  }

  private forgetOldestOf(account: Account): void {
    const { records } = this
    const record = account.oldestClosed
    const previous = this.read(record, PREVIOUS_CLOSED)
    const next = this.read(record, NEXT_CLOSED)
    if (previous === NONE) this.oldest = next
    else this.write(previous, NEXT_CLOSED, next)
    if (next === NONE) this.newest = previous
    else this.write(next, PREVIOUS_CLOSED, previous)
    account.oldestClosed = this.read(record, NEXT_OF_ACCOUNT)
    account.closed--
    this.remembered--
    records.drop(record)
  }

  private read(record: number, field: number): number {
    return this.records.rows.int(record, field)
  }

  private write(record: number, field: number, value: number): void {
    this.records.rows.setInt(record, field, value)
  }
}
