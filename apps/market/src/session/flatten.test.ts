import { expect, test } from 'vitest'
import { Instrument, type Lots, type Ticks } from '../recording/index.ts'
import { inventoryOf, midOf } from './flatten.ts'
import { stakeOf } from './funding.ts'

const btc = new Instrument('BTC-USDT', 'BTC', 'USDT', '0.01', '0.00001')
const stake = stakeOf('BTC', 8)
const level = (price: number) => ({ price: price as Ticks, quantity: 1 as Lots })

test('the mid is a whole tick between the best prices, and unknown where a side is empty', () => {
  expect(midOf({ bids: [level(100)], asks: [level(101)] })).toBe(100)
  expect(midOf({ bids: [level(100)], asks: [level(104)] })).toBe(102)
  expect(midOf({ bids: [], asks: [level(104)] })).toBeNull()
})

test('what the taker has beyond its stake is sold back, and what it lacks is bought, in whole lots', () => {
  expect(inventoryOf(btc, 8, stake + 123_456_789n, stake)).toEqual({ side: 'SELL', quantity: 123456 })
  expect(inventoryOf(btc, 8, stake - 123_456_789n, stake)).toEqual({ side: 'BUY', quantity: 123456 })
  expect(inventoryOf(btc, 8, stake + 999n, stake)).toBeNull()
})

test('the taker buys back no more than the maker has', () => {
  expect(inventoryOf(btc, 8, 0n, 5_000_000n)).toEqual({ side: 'BUY', quantity: 5000 })
})
