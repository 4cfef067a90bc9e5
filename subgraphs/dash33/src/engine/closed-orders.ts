import { LIMITS } from './limits.ts'
import type { OrderRecord } from './order-record.ts'

/** First in, first out, without shifting the array at every step. */
export class Fifo<T> {
  private items: T[] = []
  private head = 0

  get length(): number {
    return this.items.length - this.head
  }

  push(item: T): void {
    this.items.push(item)
  }

  shift(): T | undefined {
    if (this.head >= this.items.length) return undefined
    const item = this.items[this.head++]
    if (this.head * 2 > this.items.length) this.replace(this.toArray())
    return item
  }

  toArray(): T[] {
    return this.items.slice(this.head)
  }

  replace(items: T[]): void {
    this.items = items
    this.head = 0
  }
}

export interface ClosedOrderLimits {
  readonly closedOrders: number
  readonly closedOrdersPerAccount: number
}

/** The window of closed orders that still answer for their client order ids: the last N of each account, and the last N of all. */
export class ClosedOrders {
  private readonly limits: ClosedOrderLimits
  private readonly all = new Fifo<OrderRecord>()
  private remembered = 0

  constructor(limits: ClosedOrderLimits = LIMITS) {
    this.limits = limits
  }

  /** Entries in memory, forgotten ones included. */
  get queued(): number {
    return this.all.length
  }

  remember(order: OrderRecord): void {
    const own = order.account.closed
    own.push(order)
    this.all.push(order)
    this.remembered++
    if (own.length > this.limits.closedOrdersPerAccount) this.forget(own.shift()!)
    while (this.remembered > this.limits.closedOrders) this.forgetOldest()
    // Forgotten orders in the middle of the queue would pile up behind a quiet account's.
    if (this.all.length > 2 * this.remembered + 1_000) this.all.replace(this.inOrder())
  }

  /** Those remembered, in the order in which they closed. */
  inOrder(): OrderRecord[] {
    return this.all.toArray().filter((order) => !order.forgotten)
  }

  private forgetOldest(): void {
    let oldest = this.all.shift()
    while (oldest?.forgotten) oldest = this.all.shift()
    if (!oldest) return
    oldest.account.closed.shift()
    this.forget(oldest)
  }

  private forget(order: OrderRecord): void {
    order.forgotten = true
    order.account.orders.delete(order.clientOrderId)
    this.remembered--
  }
}
