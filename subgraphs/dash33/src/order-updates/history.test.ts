import { expect, test } from 'vitest'
import type { OrderChange } from './changes.ts'
import { OrderHistory, WHOLE } from './history.ts'

const change = (accountId: string, sequence: number): OrderChange => ({
  sequence,
  position: 0,
  time: 0,
  kind: 'ACCEPTED',
  accountId,
  orderId: `ord_${sequence}`,
  clientOrderId: `${sequence}`,
  symbol: 'BTC-USDT',
  side: 'BUY',
  status: 'OPEN',
  price: 1,
  stopPrice: null,
  quantity: 1,
  filledQuantity: 0,
  remainingQuantity: 1,
  cancelReason: null,
  fill: null,
})
const places = (history: OrderHistory, accountId: string, sequence: number, position = WHOLE) =>
  history.behind(accountId, [sequence, position])?.map((update) => `${update.sequence}.${update.position}`) ?? null

test('a reader who comes back gets what lies behind their place, also within a command', () => {
  const history = new OrderHistory(10)
  for (const sequence of [11, 11, 11, 12, 14]) history.append(change('acc_1', sequence))
  history.append(change('acc_2', 13))
  expect(places(history, 'acc_1', 10)).toEqual(['11.0', '11.1', '11.2', '12.0', '14.0'])
  expect(places(history, 'acc_1', 11, 1)).toEqual(['11.2', '12.0', '14.0'])
  expect(places(history, 'acc_1', 11)).toEqual(['12.0', '14.0'])
  expect(places(history, 'acc_1', 14)).toEqual([])
  expect(places(history, 'acc_2', 12)).toEqual(['13.0'])
})

test('what happened before it began is not known', () => {
  const history = new OrderHistory(10)
  expect(places(history, 'acc_1', 9)).toBeNull()
  expect(places(history, 'acc_1', 10)).toEqual([])
})

test('of a busy account the oldest changes go, and whoever needs them is told so', () => {
  const history = new OrderHistory(0, { perAccount: 3, inAll: 100 })
  for (let sequence = 1; sequence <= 6; sequence++) history.append(change('acc_1', sequence))
  expect(places(history, 'acc_1', 2)).toBeNull()
  expect(places(history, 'acc_1', 3)).toEqual(['4.0', '5.0', '6.0'])
})

test('of many accounts the one that was quiet for longest goes, and none is said to be complete that is not', () => {
  const history = new OrderHistory(0, { perAccount: 100, inAll: 4 })
  history.append(change('acc_quiet', 1))
  history.append(change('acc_1', 2))
  history.append(change('acc_quiet', 3))
  history.append(change('acc_2', 4))
  history.append(change('acc_2', 5))
  // acc_1 changed last at 2, so it was acc_1 that went.
  expect(places(history, 'acc_1', 1)).toBeNull()
  expect(places(history, 'acc_1', 2)).toEqual([])
  expect(places(history, 'acc_quiet', 0)).toEqual(['1.0', '3.0'])
  expect(places(history, 'acc_never', 1)).toBeNull()
})
