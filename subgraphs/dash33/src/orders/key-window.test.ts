import { expect, test } from 'vitest'
import type { EngineBatch, OrderCancelled } from '../engine/events.ts'
import { KeyWindow } from './key-window.ts'

const LIMITS = { closedOrdersPerAccount: 10, closedOrders: 40 }

function closed(accountId: string, count: number, lastSequence = 1): EngineBatch {
  const event: OrderCancelled = {
    type: 'ORDER_CANCELLED',
    engineSequence: 1,
    orderId: 'ord_1',
    clientOrderId: 'a',
    accountId,
    userId: 'usr_1',
    symbol: 'BTC-USDT',
    side: 'BUY',
    reason: 'REQUESTED',
    status: 'CANCELLED',
    filledQuantity: 0,
    cancelledQuantity: 1,
  }
  const events = Array.from({ length: count }, () => event)
  return {
    firstSequence: lastSequence,
    lastSequence,
    time: 0,
    events,
    levels: [],
    resting: [],
    balances: [],
    holds: [],
  }
}

test('until the orders of earlier days are counted any key may have been forgotten', () => {
  const window = new KeyWindow(LIMITS)
  expect(window.mayHaveForgotten('acc_1')).toBe(true)
  window.begin([])
  expect(window.mayHaveForgotten('acc_1')).toBe(false)
})

test('an account is looked up from half of what the engine remembers of it, long before anything is forgotten', () => {
  const window = new KeyWindow(LIMITS)
  window.begin([{ accountId: 'acc_1', closed: 3, isProgram: false }])
  window.take(closed('acc_1', 1))
  expect(window.mayHaveForgotten('acc_1')).toBe(false)
  window.take(closed('acc_1', 1))
  expect(window.mayHaveForgotten('acc_1')).toBe(true)
  expect(window.mayHaveForgotten('acc_2')).toBe(false)
})

test('what others close counts too, each up to what the engine remembers of one account', () => {
  const window = new KeyWindow(LIMITS)
  window.begin([{ accountId: 'acc_1', closed: 1, isProgram: false }])
  window.take(closed('acc_busy', 1_000))
  expect(window.mayHaveForgotten('acc_1')).toBe(false)
  window.take(closed('acc_other', 9))
  expect(window.mayHaveForgotten('acc_1')).toBe(true)
  // Who never closed an order has no key that could be forgotten.
  expect(window.mayHaveForgotten('acc_new')).toBe(false)
})

test('a program’s stored orders are too few to count on: it is looked up as soon as it has any', () => {
  const window = new KeyWindow(LIMITS)
  window.begin([{ accountId: 'acc_maker', closed: 1, isProgram: true }])
  expect(window.mayHaveForgotten('acc_maker')).toBe(true)
})

test('the engine may be full of programs’ orders of which none is stored any more: others’ keys are looked up', () => {
  const window = new KeyWindow(LIMITS)
  const programs = ['acc_maker', 'acc_taker'].map((accountId) => ({ accountId, closed: 0, isProgram: true }))
  window.begin([...programs, { accountId: 'acc_1', closed: 1, isProgram: false }])
  expect(window.mayHaveForgotten('acc_1')).toBe(true)
  // Nothing of theirs is there to be found.
  expect(window.mayHaveForgotten('acc_maker')).toBe(false)
})

test('of a key that closed, whoever repeats it waits until it is stored, and nobody else', () => {
  const window = new KeyWindow(LIMITS)
  window.begin([])
  window.take(closed('acc_1', 1, 7))
  expect(window.unstoredThrough('acc_1', 'a')).toBe(7)
  expect(window.unstoredThrough('acc_1', 'b')).toBe(0)
  expect(window.unstoredThrough('acc_2', 'a')).toBe(0)
  window.stored(6)
  expect(window.unstoredThrough('acc_1', 'a')).toBe(7)
  window.stored(7)
  expect(window.unstoredThrough('acc_1', 'a')).toBe(0)
})

test('a key that was used again waits for the later order', () => {
  const window = new KeyWindow(LIMITS)
  window.begin([])
  window.take(closed('acc_1', 1, 7))
  window.take(closed('acc_1', 1, 9))
  window.stored(7)
  expect(window.unstoredThrough('acc_1', 'a')).toBe(9)
  window.stored(9)
  expect(window.unstoredThrough('acc_1', 'a')).toBe(0)
})
