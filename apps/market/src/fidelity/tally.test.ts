import { expect, test } from 'vitest'
import { Instrument, type Lots, type Ticks, type View } from '../recording/index.ts'
import { compareTouch, formatReport, Tally } from './tally.ts'

const btc = new Instrument('BTC-USDT', 'BTC', 'USDT', '0.01', '0.00001')
const touch = {
  kind: 'touch' as const,
  updateId: 1,
  bidPrice: '100.00000000',
  bidQuantity: '1.00000000',
  askPrice: '100.01000000',
  askQuantity: '2.00000000',
}
const book = (bid: number, bidQuantity: number): View => ({
  bids: [{ price: bid as Ticks, quantity: bidQuantity as Lots }],
  asks: [{ price: 10001 as Ticks, quantity: 200000 as Lots }],
})

test('best prices and quantities are compared exactly', () => {
  expect(compareTouch(btc, book(10000, 100000), touch)).toBe('equal')
  expect(compareTouch(btc, book(10000, 99999), touch)).toBe('prices')
  expect(compareTouch(btc, book(9999, 100000), touch)).toBe('different')
  expect(compareTouch(btc, { bids: [], asks: [] }, touch)).toBe('different')
})

test('a book that could not be confirmed counts against the replay', () => {
  const tally = new Tally('BTC-USDT')
  tally.judge('equal')
  tally.judge('prices')
  tally.judge('different')
  tally.judge(null)
  expect(tally.report(new Map())).toMatchObject({ judged: 4, pricesEqual: 0.5, quantitiesEqual: 0.25, unconfirmed: 1 })
})

test('a report tells shares, lags and refusals, and nothing where nothing was counted', () => {
  const tally = new Tally('BTC-USDT')
  expect(tally.report(new Map())).toMatchObject({ pricesEqual: null, tradesFilled: null, lagP50Ms: null })
  tally.trades(['filled', 'filled', 'partly', 'missed'])
  for (let lag = 1; lag <= 100; lag++) tally.step(lag)
  tally.leaveOut()
  const report = tally.report(new Map([['MARKET_PAUSED', 2]]))
  expect(report).toMatchObject({
    steps: 101,
    viewsLeftOut: 1,
    tradesFilled: 0.5,
    tradesPartlyFilled: 0.25,
    lagP50Ms: 51,
    lagP99Ms: 100,
  })
  expect(formatReport([report])).toContain('MARKET_PAUSED 2')
})
