import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { PlaceOrderInput } from '../generated/graphql.ts'
import { readAmendment } from './amend-input.ts'
import { readBracket, readOco } from './group-input.ts'
import { readCancel, readCancelAllAfter, readOrder } from './input.ts'

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

test('an order becomes ticks and lots, and what is not asked for is not there', () => {
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
      stopPrice: null,
      trailingAmount: null,
      trailingBps: null,
      displayQuantity: null,
      postOnly: false,
      selfTradePrevention: 'EXPIRE_TAKER',
      expiresAt: null,
    },
  })
})

test('every term is read', () => {
  const terms = {
    stopPrice: '60000.00',
    trailingAmount: '10.50',
    trailingPercent: '1.25',
    displayQuantity: '0.00002',
    postOnly: true,
    selfTradePrevention: 'DECREMENT',
    timeInForce: 'GTD',
    expiresAt: '2024-08-09T00:00:00.000Z',
  } as const
  expect(read(terms)).toMatchObject({
    command: {
      stopPrice: 6_000_000,
      trailingAmount: 1_050,
      trailingBps: 125,
      displayQuantity: 2,
      postOnly: true,
      selfTradePrevention: 'DECREMENT',
      timeInForce: 'GTD',
      expiresAt: Date.UTC(2024, 7, 9),
    },
  })
})

test('without a time in force a market order is IOC and any other GTC', () => {
  expect(read({ type: 'MARKET', price: null, timeInForce: null })).toMatchObject({
    command: { price: null, timeInForce: 'IOC' },
  })
  expect(read({ type: 'STOP', timeInForce: undefined })).toMatchObject({ command: { timeInForce: 'GTC' } })
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
    [{ price: `${2 ** 53}` }, 'ORDER_TOO_LARGE', 'input.price'],
    [{ price: '0.30000000000000004' }, 'PRICE_OFF_TICK', 'input.price'],
    [{ price: 'Infinity' }, 'NOT_A_DECIMAL', 'input.price'],
    [{ price: '-0' }, 'PRICE_NOT_POSITIVE', 'input.price'],
    [{ stopPrice: '1.001' }, 'PRICE_OFF_TICK', 'input.stopPrice'],
    [{ trailingAmount: '0' }, 'PRICE_NOT_POSITIVE', 'input.trailingAmount'],
    [{ trailingPercent: '0' }, 'PERCENT_OUT_OF_RANGE', 'input.trailingPercent'],
    [{ trailingPercent: '100' }, 'PERCENT_OUT_OF_RANGE', 'input.trailingPercent'],
    [{ trailingPercent: '0.001' }, 'PERCENT_OUT_OF_RANGE', 'input.trailingPercent'],
    [{ trailingPercent: '1%' }, 'NOT_A_DECIMAL', 'input.trailingPercent'],
    [{ displayQuantity: '0.000001' }, 'QUANTITY_OFF_LOT', 'input.displayQuantity'],
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

test('a pair and a bracket leave room in their key for what the other orders are called', () => {
  const pair = { symbol: 'BTC-USDT', side: 'SELL', quantity: '1', price: '110', stopPrice: '90' } as const
  expect(readOco({ ...pair, clientOrderId: 'x'.repeat(57) }, 'acc_1')).toMatchObject({
    command: { kind: 'PLACE_OCO', price: 11_000, stopPrice: 9_000, stopLimitPrice: null, quantity: 100_000 },
  })
  expect(readOco({ ...pair, clientOrderId: 'x'.repeat(58) }, 'acc_1')).toMatchObject({
    answer: { __typename: 'InvalidInput', field: 'input.clientOrderId' },
  })
  expect(readOco({ ...pair, clientOrderId: 'x', timeInForce: 'IOC' }, 'acc_1')).toMatchObject({
    answer: { field: 'input.timeInForce' },
  })
  const bracket = { entry: order, takeProfitPrice: '70000', stopPrice: '50000', stopLimitPrice: '49000' }
  expect(readBracket(bracket, 'acc_1')).toMatchObject({
    command: {
      kind: 'PLACE_BRACKET',
      clientOrderId: 'a-1',
      entry: { price: 6_100_050, quantity: 12 },
      takeProfitPrice: 7_000_000,
      stopPrice: 5_000_000,
      stopLimitPrice: 4_900_000,
    },
  })
  expect(readBracket({ ...bracket, entry: { ...order, type: 'STOP' } }, 'acc_1')).toMatchObject({
    answer: { field: 'input.entry.type' },
  })
  expect(readBracket({ ...bracket, entry: { ...order, price: '1e3' } }, 'acc_1')).toMatchObject({
    answer: { code: 'NOT_A_DECIMAL', field: 'input.entry.price' },
  })
})

test('an amendment is read in the market of its order', () => {
  const read = readAmendment({ orderId: 'ord_1', quantity: '0.0001', price: '1.00' }, 'acc_1', 'input')
  if ('answer' in read) throw new Error('it was refused')
  expect(read.command.inMarket('BTC-USDT')).toMatchObject({ command: { quantity: 10, price: 100, stopPrice: null } })
  expect(read.command.inMarket('ETH-USDT')).toMatchObject({ command: { quantity: 1 } })
  expect(readAmendment({ orderId: 'ord_1' }, 'acc_1', 'input')).toMatchObject({ answer: { field: 'input' } })
})

test.each([-1, 86_400_001])('a switch of %d ms is refused', (delayMs) => {
  expect(readCancelAllAfter({ delayMs }, 'acc_1')).toMatchObject({ answer: { field: 'input.delayMs' } })
})

describe('whatever is sent', () => {
  const text = fc.oneof(
    fc.string(),
    fc.constantFrom(
      '0.1',
      '1',
      '61837.63',
      '-0',
      'NaN',
      'Infinity',
      '1e3',
      '0x10',
      '٣',
      '1_000',
      ' 1',
      '1.',
      '.5',
      '00.1',
    ),
    fc.double().map(String),
    fc.bigInt().map(String),
  )
  const decimal = fc.option(text)
  const input = fc.record({
    clientOrderId: fc.oneof(text, fc.constant('a-1')),
    symbol: fc.oneof(fc.constantFrom('BTC-USDT', 'ETH-USDT', 'toString', '__proto__'), fc.string()),
    side: fc.constantFrom('BUY' as const, 'SELL' as const),
    type: fc.constantFrom(
      'LIMIT' as const,
      'MARKET' as const,
      'STOP' as const,
      'STOP_LIMIT' as const,
      'TRAILING_STOP' as const,
    ),
    timeInForce: fc.option(
      fc.constantFrom('GTC' as const, 'IOC' as const, 'FOK' as const, 'GTD' as const, 'DAY' as const),
    ),
    price: decimal,
    quantity: text,
    stopPrice: decimal,
    trailingAmount: decimal,
    trailingPercent: decimal,
    displayQuantity: decimal,
  })

  test('becomes whole positive numbers, or an answer that names the argument: 10,000 orders', () => {
    fc.assert(
      fc.property(input, (order) => {
        const read = readOrder(order, 'acc_1', 'input')
        if ('answer' in read) {
          const { answer } = read
          return answer.__typename === 'UnknownMarket' || /^input\.\w+$/.test(answer.field)
        }
        const { price, quantity, stopPrice, trailingAmount, trailingBps, displayQuantity } = read.command
        return [price, quantity, stopPrice, trailingAmount, trailingBps, displayQuantity].every(
          (number) => number === null || (Number.isSafeInteger(number) && number > 0),
        )
      }),
      { numRuns: 10_000 },
    )
  })
})
