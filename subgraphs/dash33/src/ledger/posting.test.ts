import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Trade } from '../engine/events.ts'
import { postingOf } from './posting.ts'

const party = {
  userId: 'usr',
  orderId: 'ord',
  clientOrderId: 'c',
  filledQuantity: 1,
  remainingQuantity: 0,
  filledQuoteAmount: 1,
  status: 'FILLED' as const,
}

function trade(
  baseAmount: number,
  quoteAmount: number,
  makerFee: number,
  takerFee: number,
  takerSide: 'BUY' | 'SELL',
): Trade {
  const makerSide = takerSide === 'BUY' ? 'SELL' : 'BUY'
  return {
    type: 'TRADE',
    engineSequence: 9,
    leg: 2,
    tradeId: 'trd_1',
    symbol: 'BTC-USDT',
    price: 1,
    quantity: 1,
    baseAmount,
    quoteAmount,
    takerSide,
    maker: { ...party, accountId: 'acc_maker', side: makerSide, fee: makerFee },
    taker: { ...party, accountId: 'acc_taker', side: takerSide, fee: takerFee },
  }
}

test('every posting of a trade adds up to zero in each asset', () => {
  const amount = fc.nat({ max: Number.MAX_SAFE_INTEGER })
  fc.assert(
    fc.property(
      amount,
      amount,
      amount,
      amount,
      fc.constantFrom('BUY', 'SELL'),
      (base, quote, makerFee, takerFee, side) => {
        const sums = new Map<string, bigint>()
        for (const { asset, amount, posting } of postingOf(trade(base, quote, makerFee, takerFee, side))) {
          expect(amount).not.toBe(0n)
          expect(posting).toBe(2)
          sums.set(asset, (sums.get(asset) ?? 0n) + amount)
        }
        expect([...sums.values()].every((sum) => sum === 0n)).toBe(true)
      },
    ),
  )
})

test('each side pays its fee from what it receives', () => {
  const moves = postingOf(trade(1_000, 60_000, 12, 1, 'BUY')).map(({ accountId, asset, amount }) => [
    accountId,
    asset,
    amount,
  ])
  expect(moves).toEqual([
    ['acc_maker', 'BTC', -1_000n],
    ['acc_taker', 'BTC', 999n],
    ['fees', 'BTC', 1n],
    ['acc_taker', 'USDT', -60_000n],
    ['acc_maker', 'USDT', 59_988n],
    ['fees', 'USDT', 12n],
  ])
})

test('a credit comes from outside', () => {
  const credited = {
    type: 'CREDITED',
    engineSequence: 3,
    accountId: 'acc_1',
    userId: 'usr_1',
    asset: 'BTC',
    amount: 5,
    reference: 'r',
  } as const
  expect(postingOf(credited).map(({ accountId, amount }) => [accountId, amount])).toEqual([
    ['acc_1', 5n],
    ['external', -5n],
  ])
})
