import { Fifo } from './closed-orders.ts'
import type { OrderRecord } from './order-record.ts'

/** An account by its names; the core knows it by its number. */
export class Account {
  /** Position in order of opening. */
  readonly index: number
  readonly id: string
  readonly userId: string
  /** By client order id: every open order, and the closed ones that are still remembered. */
  readonly orders = new Map<string, OrderRecord>()
  /** The closed ones among them, in the order in which they closed. */
  readonly closed = new Fifo<OrderRecord>()

  constructor(index: number, id: string, userId: string) {
    this.index = index
    this.id = id
    this.userId = userId
  }
}
