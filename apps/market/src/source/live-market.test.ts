import { expect, test } from 'vitest'
import { Instrument } from '../recording/index.ts'
import { LiveMarket } from './live-market.ts'

const market = () => new LiveMarket(new Instrument('BTC-USDT', 'BTC', 'USDT', '0.01', '0.00001'))

test('a finer grid is brought to ours: bids down, asks up, so that they never cross by it, and what meets is added up', () => {
  const live = market()
  live.show(
    [
      ['100.019', '1'],
      ['100.011', '0.5'],
      ['99.99', '2'],
    ],
    [
      ['100.021', '1'],
      ['100.03', '0.25'],
    ],
    5,
  )
  expect(live.take()?.view).toEqual({
    bids: [
      { price: 10001, quantity: 150_000 },
      { price: 9999, quantity: 200_000 },
    ],
    asks: [{ price: 10003, quantity: 125_000 }],
  })
})

test('books that nobody read are left out, trades are not, and nothing comes twice', () => {
  const live = market()
  live.show([['100', '1']], [], 1)
  live.trade('BUY', '101.001', '0.5', 2)
  live.show([['99', '1']], [], 3)
  live.trade('SELL', '99.999', '0.000001', 4)
  const step = live.take()
  expect(step?.view.bids).toEqual([{ price: 9900, quantity: 100_000 }])
  expect(step?.trades).toEqual([
    { kind: 'trade', time: 2, tradeId: 1, price: '101.01', quantity: '0.5', takerSide: 'BUY' },
  ])
  expect(live.take()).toBeNull()
})

test('a market whose book is lost has none', () => {
  const live = market()
  live.show([['100', '1']], [['101', '1']], 1)
  live.lose()
  expect(live.take()?.view).toEqual({ bids: [], asks: [] })
})

test('a market that never had a book has nothing to tell when it is lost', () => {
  const live = market()
  live.lose()
  expect(live.take()).toBeNull()
})
