import { expect, test } from 'vitest'
import type { OrderSnapshot } from '../engine/acks.ts'
import type { OrderTerms, PlaceBracket, PlaceOco } from '../engine/commands.ts'
import { isSame } from './same-terms.ts'

const terms: OrderTerms = {
  symbol: 'BTC-USDT',
  side: 'BUY',
  type: 'LIMIT',
  timeInForce: 'GTC',
  price: 100,
  quantity: 5,
  stopPrice: null,
  trailingAmount: null,
  trailingBps: null,
  displayQuantity: null,
  postOnly: false,
  selfTradePrevention: 'EXPIRE_TAKER',
  expiresAt: null,
}
const snapshot = (change: Partial<OrderSnapshot>): OrderSnapshot => ({
  ...terms,
  orderId: 'ord_1',
  clientOrderId: 'a',
  accountId: 'acc_1',
  filledQuantity: 5,
  remainingQuantity: 0,
  filledQuoteAmount: 500,
  status: 'FILLED',
  cancelReason: null,
  groupId: null,
  role: null,
  createdAt: 0,
  engineSequence: 1,
  ...change,
})
const names = { accountId: 'acc_1', clientOrderId: 'a' }

test('an order is the same where every term is, and not where it was amended', () => {
  const command = { kind: 'PLACE', ...names, ...terms } as const
  const earlier = (change: Partial<OrderSnapshot>) => ({ order: snapshot(change), linked: [], fills: [] })
  expect(isSame(command, earlier({}))).toBe(true)
  expect(isSame(command, earlier({ price: 101 }))).toBe(false)
  expect(isSame(command, earlier({ displayQuantity: 1 }))).toBe(false)
  expect(isSame(command, earlier({ role: 'OCO_LIMIT' }))).toBe(false)
})

test('a pair is the same where both its orders are', () => {
  const { symbol, side, quantity, postOnly, expiresAt, selfTradePrevention } = terms
  const limits = { symbol, side, quantity, postOnly, expiresAt, selfTradePrevention, timeInForce: 'GTC' } as const
  const command: PlaceOco = { kind: 'PLACE_OCO', ...names, ...limits, price: 100, stopPrice: 120, stopLimitPrice: null }
  const order = snapshot({ role: 'OCO_LIMIT' })
  const stop = (change: Partial<OrderSnapshot>) =>
    snapshot({ role: 'OCO_STOP', type: 'STOP', stopPrice: 120, ...change })
  expect(isSame(command, { order, linked: [stop({})], fills: [] })).toBe(true)
  // The worst price of a stop that was given none is the market's, not a limit.
  expect(isSame(command, { order, linked: [stop({ price: 126 })], fills: [] })).toBe(true)
  expect(isSame(command, { order, linked: [stop({ type: 'STOP_LIMIT', price: 126 })], fills: [] })).toBe(false)
  expect(isSame(command, { order, linked: [stop({ stopPrice: 121 })], fills: [] })).toBe(false)
})

test('a bracket is the same where its entry and both exits are', () => {
  const command: PlaceBracket = {
    kind: 'PLACE_BRACKET',
    ...names,
    entry: terms,
    takeProfitPrice: 110,
    stopPrice: 90,
    stopLimitPrice: 89,
  }
  const order = snapshot({ role: 'ENTRY' })
  const profit = snapshot({ role: 'TAKE_PROFIT', price: 110 })
  const loss = snapshot({ role: 'STOP_LOSS', type: 'STOP_LIMIT', stopPrice: 90, price: 89 })
  expect(isSame(command, { order, linked: [profit, loss], fills: [] })).toBe(true)
  expect(isSame({ ...command, takeProfitPrice: 111 }, { order, linked: [profit, loss], fills: [] })).toBe(false)
  expect(isSame({ ...command, stopLimitPrice: null }, { order, linked: [profit, loss], fills: [] })).toBe(false)
})
