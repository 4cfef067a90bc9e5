import { describe, expect, test } from 'vitest'
import type { PlaceOrderInput } from '../generated/graphql.ts'
import { readCancel, readOrder } from './input.ts'

const order: PlaceOrderInput = {
  clientOrderId: 'a-1',
  symbol: 'BTC-USDT',
  side: 'BUY',
  type: 'LIMIT',
  timeInForce: 'GTC',
  price: '61000.50',
  quantity: '0.00012',
}
const read = (change: Partial<PlaceOrderInput>) => readOrder({ ...order, ...change }, 'acc_1', 'input')

test('an order becomes ticks and lots', () => {
  expect(readOrder(order, 'acc_1', 'input')).toEqual({
    command: {
      kind: 'PLACE',
      accountId: 'acc_1',
      clientOrderId: 'a-1',
      symbol: 'BTC-USDT',
      side: 'BUY',
      type: 'LIMIT',
      timeInForce: 'GTC',
      price: 6_100_050,
      quantity: 12,
    },
  })
})

test('a market order has no price and never rests, whatever was asked for', () => {
  expect(read({ type: 'MARKET', price: null, timeInForce: 'GTC' })).toMatchObject({
    command: { price: null, timeInForce: 'IOC' },
  })
})

describe('a number that does not fit is refused by its code, at its field', () => {
  test.each([
    [{ price: '61000.505' }, 'PRICE_OFF_TICK', 'input.price'],
    [{ quantity: '0.000001' }, 'QUANTITY_OFF_LOT', 'input.quantity'],
    [{ price: '-1' }, 'PRICE_NOT_POSITIVE', 'input.price'],
    [{ price: '0' }, 'PRICE_NOT_POSITIVE', 'input.price'],
    [{ quantity: '-0.00001' }, 'QUANTITY_NOT_POSITIVE', 'input.quantity'],
    [{ quantity: '0.00' }, 'QUANTITY_NOT_POSITIVE', 'input.quantity'],
    [{ price: 'NaN' }, 'NOT_A_DECIMAL', 'input.price'],
    [{ quantity: '1e3' }, 'NOT_A_DECIMAL', 'input.quantity'],
    [{ quantity: '' }, 'NOT_A_DECIMAL', 'input.quantity'],
    [{ price: '0x10' }, 'NOT_A_DECIMAL', 'input.price'],
    [{ price: ' 1' }, 'NOT_A_DECIMAL', 'input.price'],
    [{ price: '1'.repeat(40) }, 'TOO_MANY_DIGITS', 'input.price'],
    [{ quantity: `0.${'0'.repeat(39)}1` }, 'TOO_MANY_DIGITS', 'input.quantity'],
    [{ quantity: '9'.repeat(30) }, 'ORDER_TOO_LARGE', 'input.quantity'],
    [{ price: '90000000', quantity: '90000000' }, 'ORDER_TOO_LARGE', 'input.quantity'],
    [{ price: null }, 'PRICE_REQUIRED', 'input.price'],
    [{ type: 'MARKET' }, 'PRICE_NOT_ALLOWED', 'input.price'],
  ] as const)('%o: %s', (change, code, field) => {
    expect(read(change)).toMatchObject({ answer: { __typename: 'InvalidOrder', code, field } })
  })
})

test('an unknown symbol is an unknown market, whatever else is wrong', () => {
  expect(read({ symbol: 'DOGE-USDT', price: 'NaN' })).toMatchObject({
    answer: { __typename: 'UnknownMarket', code: 'UNKNOWN_MARKET', symbol: 'DOGE-USDT' },
  })
})

test.each(['', 'x'.repeat(65), 'a b', 'ä', "'; DROP TABLE exchange_order; --"])(
  'the key %o is refused',
  (clientOrderId) => {
    expect(read({ clientOrderId })).toMatchObject({
      answer: { __typename: 'InvalidInput', code: 'INVALID_INPUT', field: 'input.clientOrderId' },
    })
  },
)

test('a cancel names exactly one key', () => {
  const faulty = { answer: { __typename: 'InvalidInput', field: 'input' } }
  expect(readCancel({}, 'acc_1', 'input')).toMatchObject(faulty)
  expect(readCancel({ orderId: 'ord_1', clientOrderId: 'a' }, 'acc_1', 'input')).toMatchObject(faulty)
  expect(readCancel({ orderId: null, clientOrderId: 'a' }, 'acc_1', 'input')).toEqual({
    command: { kind: 'CANCEL', accountId: 'acc_1', clientOrderId: 'a' },
  })
  expect(readCancel({ orderId: 'trd_1' }, 'acc_1', 'input')).toMatchObject({ answer: { field: 'input.orderId' } })
})
