import fc from 'fast-check'
import { expect, test } from 'vitest'
import { credited, party, trade as tradeOf } from '../../../../tests/support/engine-events.ts'
import { postingOf } from './posting.ts'

function trade(baseAmount: number, quoteAmount: number, makerFee: number, takerFee: number, takerSide: 'BUY' | 'SELL') {
  const makerSide = takerSide === 'BUY' ? 'SELL' : 'BUY'
  const maker = party('ord_m', 1, 0, { accountId: 'acc_maker', side: makerSide, fee: makerFee })
  const taker = party('ord_t', 1, 0, { accountId: 'acc_taker', side: takerSide, fee: takerFee })
  return tradeOf(maker, taker, { engineSequence: 9, leg: 2, baseAmount, quoteAmount })
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
          expect(amount).not.toBe(0)
          expect(posting).toBe(2)
          sums.set(asset, (sums.get(asset) ?? 0n) + BigInt(amount))
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
    ['acc_maker', 'BTC', -1_000],
    ['acc_taker', 'BTC', 999],
    ['fees', 'BTC', 1],
    ['acc_taker', 'USDT', -60_000],
    ['acc_maker', 'USDT', 59_988],
    ['fees', 'USDT', 12],
  ])
})

test('a credit comes from outside', () => {
  expect(postingOf(credited('acc_1', 'BTC', 5)).map(({ accountId, amount }) => [accountId, amount])).toEqual([
    ['acc_1', 5],
    ['external', -5],
  ])
})
