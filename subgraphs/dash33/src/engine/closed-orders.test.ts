import { beforeEach, describe, expect, it } from 'vitest'
import { NONE } from '../book/index.ts'
import { Account } from './account.ts'
import { type ClosedOrderLimits, ClosedOrders } from './closed-orders.ts'
import { OrderRecords } from './order-records.ts'

const TERMS = {
  quantity: 1,
  price: 1,
  stopPrice: null,
  trailingAmount: null,
  trailingBps: null,
  displayQuantity: null,
  expiresAt: null,
}

let records: OrderRecords
let sequence: number
beforeEach(() => {
  records = new OrderRecords()
  sequence = 0
})

/** A window over so many accounts, and what closes an order of one of them. */
function windowOf(accounts: number, limits: ClosedOrderLimits) {
  const all = Array.from({ length: accounts }, (_, index) => new Account(index, `account ${index}`, ''))
  const closed = new ClosedOrders(records, all, limits)
  const close = (account: number): string => {
    const clientOrderId = `key-${++sequence}`
    records.ids.take(clientOrderId)
    closed.remember(records.add(sequence * 4, account, null, 0, TERMS, 0, 0, NONE))
    records.reuse()
    return clientOrderId
  }
  return { closed, close }
}

const known = (account: number, keys: readonly string[]) => keys.filter((key) => records.find(account, key) !== NONE)
const keysOf = (closed: ClosedOrders) => closed.inOrder().map((record) => records.clientOrderId(record))

describe('the window of closed orders', () => {
  it('keeps the last of each account, so that a busy one cannot push out the others', () => {
    const { closed, close } = windowOf(2, { closedOrders: 1_000, closedOrdersPerAccount: 3 })
    const first = close(0)
    const keys = Array.from({ length: 50 }, () => close(1))
    expect(known(0, [first, ...keys])).toEqual([first])
    expect(known(1, [first, ...keys])).toEqual(keys.slice(-3))
    expect(keysOf(closed)).toEqual([first, ...keys.slice(-3)])
  })

  it('keeps no more than its maximum over all accounts, forgetting the longest closed', () => {
    const { closed, close } = windowOf(3, { closedOrders: 5, closedOrdersPerAccount: 3 })
    const keys = Array.from({ length: 30 }, (_, i) => close(i % 3))
    expect(keysOf(closed)).toEqual(keys.slice(-5))
    expect([0, 1, 2].flatMap((account) => known(account, keys))).toHaveLength(5)
  })

  it('stays small behind a quiet account', () => {
    const { closed, close } = windowOf(2, { closedOrders: 100, closedOrdersPerAccount: 2 })
    close(0)
    for (let i = 0; i < 10_000; i++) close(1)
    expect(closed.inOrder()).toHaveLength(3)
    expect(closed.size).toBe(3)
    expect(records.size).toBeLessThanOrEqual(4)
  })
})
