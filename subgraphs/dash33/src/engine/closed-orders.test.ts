import { describe, expect, it } from 'vitest'
import { NONE } from '../book/index.ts'
import { Account } from './account.ts'
import { ClosedOrders } from './closed-orders.ts'
import { orderId } from './order-id.ts'
import { OrderRecord } from './order-record.ts'

let sequence = 0

function close(closed: ClosedOrders, account: Account): string {
  const clientOrderId = `key-${++sequence}`
  const order = new OrderRecord({
    number: sequence * 4,
    id: orderId(sequence * 4),
    clientOrderId,
    account,
    terms: {
      symbol: 'BTC-USDT',
      side: 'BUY',
      type: 'LIMIT',
      timeInForce: 'IOC',
      price: 1,
      quantity: 1,
      stopPrice: null,
      trailingAmount: null,
      trailingBps: null,
      displayQuantity: null,
      postOnly: false,
      selfTradePrevention: 'EXPIRE_TAKER',
      expiresAt: null,
    },
    createdAt: 0,
    sequence,
    expiresAt: null,
    groupId: null,
    role: 0,
    slot: NONE,
  })
  account.orders.set(clientOrderId, order)
  closed.remember(order)
  return clientOrderId
}

describe('the window of closed orders', () => {
  it('keeps the last of each account, so that a busy one cannot push out the others', () => {
    const closed = new ClosedOrders({ closedOrders: 1_000, closedOrdersPerAccount: 3 })
    const [quiet, busy] = [new Account(0, 'quiet', ''), new Account(1, 'busy', '')]
    const first = close(closed, quiet)
    const keys = Array.from({ length: 50 }, () => close(closed, busy))
    expect([...quiet.orders.keys()]).toEqual([first])
    expect([...busy.orders.keys()]).toEqual(keys.slice(-3))
    expect(closed.inOrder().map((order) => order.clientOrderId)).toEqual([first, ...keys.slice(-3)])
  })

  it('keeps no more than its maximum over all accounts, forgetting the longest closed', () => {
    const closed = new ClosedOrders({ closedOrders: 5, closedOrdersPerAccount: 3 })
    const accounts = [0, 1, 2].map((index) => new Account(index, `account ${index}`, ''))
    const keys = Array.from({ length: 30 }, (_, i) => close(closed, accounts[i % 3]!))
    expect(closed.inOrder().map((order) => order.clientOrderId)).toEqual(keys.slice(-5))
    expect(accounts.reduce((sum, account) => sum + account.orders.size, 0)).toBe(5)
  })

  it('stays small behind a quiet account', () => {
    const closed = new ClosedOrders({ closedOrders: 100, closedOrdersPerAccount: 2 })
    const [quiet, busy] = [new Account(0, 'quiet', ''), new Account(1, 'busy', '')]
    close(closed, quiet)
    for (let i = 0; i < 10_000; i++) close(closed, busy)
    expect(closed.inOrder()).toHaveLength(3)
    expect(closed.queued).toBeLessThanOrEqual(1_100)
  })
})
