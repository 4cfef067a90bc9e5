import { expect, test } from 'vitest'
import {
  accepted,
  amended,
  batch,
  cancelled,
  party,
  terms,
  trade,
  triggered,
} from '../../../../tests/support/engine-events.ts'
import { foldOrders } from './projection.ts'

test('an order that came and went within the batches is one row, as it was left', () => {
  const [order, ...others] = foldOrders([
    batch(1, [accepted('ord_1', { quantity: 3 })]),
    batch(2, [cancelled('ord_1', { reason: 'DEAD_MAN' })]),
  ])
  expect(others).toEqual([])
  expect(order).toMatchObject({
    orderId: 'ord_1',
    accepted: { at: 1_000, event: { terms: terms({ quantity: 3 }) } },
    status: 'CANCELLED',
    cancelReason: 'DEAD_MAN',
    quantity: 3,
    filledQuantity: 0,
    closedAt: 2_000,
  })
})

test('an order of earlier batches is updated once, with its last state', () => {
  const orders = foldOrders([
    batch(1, [accepted('ord_t', { quantity: 1 }), trade(party('ord_m', 1, 2), party('ord_t', 1, 0))]),
    batch(2, [cancelled('ord_m')]),
  ])
  expect(orders).toMatchObject([
    { orderId: 'ord_t', status: 'FILLED', filledQuantity: 1, filledQuoteAmount: 100, closedAt: 1_000 },
    {
      orderId: 'ord_m',
      accepted: null,
      status: 'CANCELLED',
      filledQuantity: 1,
      filledQuoteAmount: 100,
      closedAt: 2_000,
    },
  ])
})

test('a cancel alone leaves what is stored of the fills and the terms', () => {
  expect(foldOrders([batch(2, [cancelled('ord_m', { status: 'EXPIRED', reason: 'EXPIRED' })])])).toMatchObject([
    {
      orderId: 'ord_m',
      status: 'EXPIRED',
      cancelReason: 'EXPIRED',
      amended: false,
      quantity: null,
      filledQuantity: null,
      filledQuoteAmount: null,
    },
  ])
})

test('an exit of a bracket waits, and goes to the book with what its entry filled', () => {
  const exit = accepted('ord_p', { quantity: 5 }, { status: 'PENDING', groupId: 'ord_e', role: 'TAKE_PROFIT' })
  expect(foldOrders([batch(1, [exit])])).toMatchObject([{ status: 'PENDING', quantity: 5, closedAt: null }])
  expect(foldOrders([batch(1, [exit, triggered('ord_p', { quantity: 2, lastPrice: null })])])).toMatchObject([
    { status: 'OPEN', quantity: 2, accepted: { event: { groupId: 'ord_e', role: 'TAKE_PROFIT' } } },
  ])
})

test('an amendment replaces price and quantity, and an order without a price keeps none', () => {
  expect(foldOrders([batch(1, [amended('ord_1', { price: 105, quantity: 4 })])])).toMatchObject([
    { orderId: 'ord_1', amended: true, price: 105, stopPrice: null, quantity: 4, status: null },
  ])
  const stop = accepted('ord_2', { type: 'STOP', price: null, stopPrice: 90 }, { status: 'PENDING' })
  expect(foldOrders([batch(1, [stop, amended('ord_2', { price: null, stopPrice: 95 })])])).toMatchObject([
    { status: 'PENDING', price: null, stopPrice: 95 },
  ])
})
