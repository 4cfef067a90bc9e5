import { expect, test } from 'vitest'
import type { PaperFillParent } from '../parents.ts'
import { positionsOf } from './positions.ts'

const fill = (
  side: 'BUY' | 'SELL',
  baseAmount: number,
  quoteAmount: number,
  fee: number,
  engineSequence: number,
): PaperFillParent => ({
  orderId: 'por_1',
  symbol: 'BTC-USDT',
  side,
  engineSequence,
  leg: 0,
  price: 1,
  quantity: 1,
  baseAmount,
  quoteAmount,
  fee,
  isMaker: false,
  executedAt: engineSequence * 1_000,
})

test('a paper account’s positions, lots and fees are what a real account’s fills would make', async () => {
  const [position, ...others] = positionsOf([
    fill('BUY', 100, 1_000, 10, 1),
    fill('BUY', 100, 1_900, 10, 2),
    fill('SELL', 90, 1_500, 50, 3),
  ])
  expect(others).toEqual([])
  // 180 for 2,900, of which 90 are sold for 1,450; first in, first out those that cost 1,000.
  expect(position).toMatchObject({
    quantity: 90n,
    cost: 1_450n,
    realised: 0n,
    fifoRealised: 450n,
    baseFees: 20n,
    quoteFees: 50n,
  })
  const all = { after: null, before: null, backward: false, limit: 9 }
  const lots = await position!.readLots(all)
  expect(lots).toMatchObject([{ quantity: 90n, cost: 1_900n, acquiredAt: 2_000, engineSequence: 2, leg: 1 }])
  expect(await position!.readLots({ ...all, after: [2, 1] })).toEqual([])
  expect(await position!.readLots({ ...all, before: [2, 1] })).toEqual([])
})
