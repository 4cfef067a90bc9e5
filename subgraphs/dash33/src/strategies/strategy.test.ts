import { describe, expect, test } from 'vitest'
import { instrumentOf } from '../market/instruments.ts'
import { decide, type Forecast, profitOf, type Standing, type Strategy } from './strategy.ts'

const btc = instrumentOf('BTC-USDT')
const NOW = Date.parse('2024-08-09T12:00:00.000Z')
const strategy: Strategy = {
  id: 'stg_1',
  userId: 'usr_1',
  symbol: 'BTC-USDT',
  minProbability: 5_500,
  orderQuantity: 1_000,
  maxPosition: 2_500,
  maxSlippageBps: 10,
  maxOrdersPerDay: 5,
  maxDailyLoss: 1_000_000_000n,
  tradeInSample: false,
}
const forecast: Forecast = {
  predictionId: 'prd_1',
  symbol: 'BTC-USDT',
  direction: 'UP',
  probability: 0.6,
  horizonMs: 10_000,
  inSample: false,
  madeAt: NOW - 100,
}
const flat: Standing = { position: 0n, cash: 0n, day: 19_944, ordersToday: 0, profitAtDayStart: 0n }
const touch = { bid: 6_000_000, ask: 6_000_100 }
const lots = (count: number) => BigInt(count * btc.baseUnitsPerLot)
const decided = (changes: Partial<Forecast> = {}, standing: Partial<Standing> = {}, own: Partial<Strategy> = {}) =>
  decide({ ...strategy, ...own }, btc, { ...forecast, ...changes }, { ...flat, ...standing }, touch, NOW)

describe('a forecast that a strategy may act on', () => {
  test('upwards buys, at most so far beyond the best ask', () => {
    expect(decided()).toEqual({ kind: 'ORDER', side: 'BUY', quantity: 1_000, price: 6_006_100 })
  })
  test('buys no more than the largest position leaves room for, what fees have taken included', () => {
    expect(decided({}, { position: lots(2_000) + 1n })).toMatchObject({ quantity: 499 })
    expect(decided({}, { position: lots(2_500) })).toEqual({ kind: 'PASS', because: 'POSITION' })
  })
  test('downwards sells what was bought and nothing else', () => {
    expect(decided({ direction: 'DOWN' })).toEqual({ kind: 'PASS', because: 'POSITION' })
    expect(
      decided(
        { direction: 'DOWN' },
        { position: lots(300) + 5n, cash: -180_000_000_000n, profitAtDayStart: 0n },
        { maxDailyLoss: 10n ** 15n },
      ),
    ).toEqual({
      kind: 'ORDER',
      side: 'SELL',
      quantity: 300,
      price: 5_994_000,
    })
  })
})

describe('a forecast is passed over', () => {
  test.each([
    ['of hours', { horizonMs: 3_600_000 }, {}, 'HORIZON'],
    ['that the model has seen before', { inSample: true }, {}, 'IN_SAMPLE'],
    ['that is less sure than asked', { probability: 0.5499 }, {}, 'UNSURE'],
    ['whose horizon has half passed', { madeAt: NOW - 5_001 }, {}, 'LATE'],
    ['after the last order of the day', {}, { ordersToday: 5 }, 'ORDERS_PER_DAY'],
  ])('%s', (_, changes, standing, because) => {
    expect(decided(changes, standing)).toEqual({ kind: 'PASS', because })
  })
  test('that is just as sure as asked is not one of them', () => {
    expect(decided({ probability: 0.57 }, {}, { minProbability: 5_700 })).toMatchObject({ kind: 'ORDER' })
  })
  test('unless the user asked for those that the model has seen', () => {
    expect(decided({ inSample: true }, {}, { tradeInSample: true })).toMatchObject({ kind: 'ORDER' })
  })
})

test('the loss of a day stops a strategy, whatever the forecast is', () => {
  // 0.01 BTC bought at 61,000: worth 600 at the best bid.
  const standing = { position: lots(1_000), cash: -6_100_000_000n }
  expect(profitOf(btc, { ...flat, ...standing }, touch.bid)).toBe(-100_000_000n)
  expect(decided({}, standing, { maxDailyLoss: 100_000_001n })).toMatchObject({ kind: 'ORDER' })
  expect(decided({}, standing, { maxDailyLoss: 100_000_000n })).toEqual({ kind: 'STOP', because: 'DAILY_LOSS' })
  expect(decided({}, { ...standing, profitAtDayStart: -100_000_000n }, { maxDailyLoss: 1n })).toMatchObject({
    kind: 'ORDER',
  })
})
