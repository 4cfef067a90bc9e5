import { expect, test } from 'vitest'
import type { EngineBatch, EngineEvent, OrderAccepted, Trade } from '../engine/events.ts'
import { foldOrders } from './projection.ts'

const accepted = (orderId: string, quantity: number): OrderAccepted => ({
  type: 'ORDER_ACCEPTED',
  engineSequence: 1,
  orderId,
  clientOrderId: orderId,
  accountId: 'acc_1',
  userId: 'usr_1',
  symbol: 'BTC-USDT',
  side: 'BUY',
  orderType: 'LIMIT',
  timeInForce: 'GTC',
  price: 100,
  quantity,
})

const party = (orderId: string, filledQuantity: number, remainingQuantity: number) => ({
  accountId: 'acc_1',
  userId: 'usr_1',
  orderId,
  clientOrderId: orderId,
  side: 'BUY' as const,
  fee: 0,
  filledQuantity,
  remainingQuantity,
  filledQuoteAmount: filledQuantity * 100,
  status: remainingQuantity === 0 ? ('FILLED' as const) : ('PARTIALLY_FILLED' as const),
})

const trade = (maker: Trade['maker'], taker: Trade['taker']): Trade => ({
  type: 'TRADE',
  engineSequence: 2,
  leg: 0,
  tradeId: 'trd_1',
  symbol: 'BTC-USDT',
  price: 100,
  quantity: 1,
  baseAmount: 1,
  quoteAmount: 100,
  takerSide: 'BUY',
  maker,
  taker,
})

const cancelled = (orderId: string): EngineEvent => ({
  type: 'ORDER_CANCELLED',
  engineSequence: 3,
  orderId,
  clientOrderId: orderId,
  accountId: 'acc_1',
  userId: 'usr_1',
  symbol: 'BTC-USDT',
  side: 'BUY',
  reason: 'REQUESTED',
  filledQuantity: 0,
  cancelledQuantity: 1,
})

const batch = (time: number, ...events: EngineEvent[]): EngineBatch => ({
  firstSequence: 1,
  lastSequence: 1,
  time,
  events,
  levels: [],
  balances: [],
})

test('an order that came and went within the batches is one row, as it was left', () => {
  const { inserts, updates } = foldOrders([batch(1_000, accepted('ord_1', 3)), batch(2_000, cancelled('ord_1'))])
  expect(updates).toEqual([])
  expect(inserts).toMatchObject([
    {
      id: 'ord_1',
      status: 'CANCELLED',
      filled_quantity: 0,
      created_at: '1970-01-01T00:00:01.000Z',
      closed_at: '1970-01-01T00:00:02.000Z',
    },
  ])
})

test('an order of earlier batches is updated once, with its last state', () => {
  const { inserts, updates } = foldOrders([
    batch(1_000, accepted('ord_t', 1), trade(party('ord_m', 1, 2), party('ord_t', 1, 0))),
    batch(2_000, cancelled('ord_m')),
  ])
  expect(inserts).toMatchObject([{ id: 'ord_t', status: 'FILLED', filled_quantity: 1, filled_quote_amount: '100' }])
  expect(updates).toEqual([
    {
      id: 'ord_m',
      status: 'CANCELLED',
      filled_quantity: 1,
      filled_quote_amount: '100',
      closed_at: '1970-01-01T00:00:02.000Z',
    },
  ])
})

test('a cancel alone leaves what is stored of the fills', () => {
  expect(foldOrders([batch(2_000, cancelled('ord_m'))]).updates).toMatchObject([
    { id: 'ord_m', status: 'CANCELLED', filled_quantity: null, filled_quote_amount: null },
  ])
})
