import fc from 'fast-check'
import { expect, it } from 'vitest'
import { feeOn } from '../../market/instruments.ts'
import { feeOf } from './fees.ts'

it('the quick fee is the exact fee, for any amount and rate', () => {
  const amounts = fc.oneof(
    fc.maxSafeNat(),
    fc.nat(),
    fc.nat().map((n) => n * 10_000),
    fc.nat().map((n) => n * 10_000 + 1),
  )
  fc.assert(
    fc.property(amounts, fc.nat({ max: 9_999 }), (amount, bps) => feeOf(amount, bps) === feeOn(amount, bps)),
    {
      numRuns: 5_000,
    },
  )
  expect([feeOf(0, 5), feeOf(1, 5), feeOf(20_000, 5), feeOf(20_001, 5)]).toEqual([0, 1, 10, 11])
})
