import type { EventData } from '@opsource/bus/contracts'
import { describe, expect, it } from 'vitest'
import { textOfFill } from './notification.ts'

const fill: EventData<'order.filled'> = {
  engineSequence: 7,
  fillId: 'fil_1',
  tradeId: 'trd_1',
  orderId: 'ord_1',
  clientOrderId: 'c-1',
  userId: 'usr_ann',
  accountId: 'acc_ann',
  symbol: 'BTC-USDT',
  side: 'BUY',
  liquidity: 'TAKER',
  price: '61837.63',
  quantity: '0.01000',
  remainingQuantity: '0.00000',
  status: 'FILLED',
  executedAt: '2024-08-08T23:54:14.000Z',
}

describe('a notification of a fill', () => {
  it('says in plain words what was bought', () => {
    expect(textOfFill(fill)).toEqual({
      title: 'Bought 0.01000 BTC at 61837.63',
      body: 'Your order to buy BTC for USDT is filled.',
    })
  })

  it('says what was sold, and what remains', () => {
    expect(textOfFill({ ...fill, side: 'SELL', status: 'PARTIALLY_FILLED', remainingQuantity: '0.02000' })).toEqual({
      title: 'Sold 0.01000 BTC at 61837.63',
      body: 'Your order to sell BTC for USDT is partly filled; 0.02000 BTC remain.',
    })
  })
})
