import type { EventData } from '@opsource/bus/contracts'
import { describe, expect, it } from 'vitest'
import { textOfAnomaly, textOfFill } from './notification.ts'

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

describe('a notification of an anomaly', () => {
  it('says in plain words what is unusual, and in which market', () => {
    const explanation = 'spread is 0.01, above what it was lately: usually 0.001 to 0.002'
    expect(
      textOfAnomaly({
        ...{ anomalyId: 'ano_1', symbol: 'BTC-USDT', measure: 'spread', value: 0.01, score: 0.9, severity: 'HIGH' },
        ...{ usualFrom: 0.001, usualTo: 0.002, explanation, detectedAt: '2024-08-08T23:54:14.000Z' },
      }),
    ).toEqual({
      title: 'Very unusual spread in BTC-USDT',
      body: 'Spread is 0.01, above what it was lately: usually 0.001 to 0.002.',
    })
  })
})
