import fc from 'fast-check'
import { expect, test } from 'vitest'
import { applyFill, FLAT, type PositionFill } from './position.ts'

const buy = (quantity: bigint, quoteAmount: bigint): PositionFill => ({ side: 'BUY', quantity, quoteAmount })
const sell = (quantity: bigint, quoteAmount: bigint): PositionFill => ({ side: 'SELL', quantity, quoteAmount })
const fold = (fills: readonly PositionFill[]) => fills.reduce(applyFill, FLAT)

test('buying more averages the cost', () => {
  expect(fold([buy(2n, 200n), buy(2n, 260n)])).toEqual({ quantity: 4n, cost: 460n, realised: 0n })
})

test('selling realises the difference to the average cost', () => {
  expect(fold([buy(2n, 200n), buy(2n, 260n), sell(2n, 300n)])).toEqual({ quantity: 2n, cost: 230n, realised: 70n })
})

test('selling through zero closes the long and opens a short', () => {
  expect(fold([buy(1n, 100n), sell(3n, 450n)])).toEqual({ quantity: -2n, cost: -300n, realised: 50n })
})

test('buying a short back realises what it was sold for, less what it cost', () => {
  expect(fold([sell(2n, 300n), buy(2n, 250n)])).toEqual({ quantity: 0n, cost: 0n, realised: 50n })
})

const fills = fc.array(
  fc.record({
    side: fc.constantFrom('BUY' as const, 'SELL' as const),
    quantity: fc.bigInt({ min: 1n, max: 10n ** 9n }),
    quoteAmount: fc.bigInt({ min: 0n, max: 10n ** 15n }),
  }),
  { maxLength: 60 },
)

test('cost less realised profit is what was paid less what was received, to the last minor unit', () => {
  fc.assert(
    fc.property(fills, (all) => {
      const position = fold(all)
      const paid = all.reduce((sum, fill) => sum + (fill.side === 'BUY' ? fill.quoteAmount : -fill.quoteAmount), 0n)
      const bought = all.reduce((sum, fill) => sum + (fill.side === 'BUY' ? fill.quantity : -fill.quantity), 0n)
      expect(position.cost - position.realised).toBe(paid)
      expect(position.quantity).toBe(bought)
    }),
  )
})

test('a position that is closed has no cost left, and its profit is all the money it made', () => {
  fc.assert(
    fc.property(fills, fc.bigInt({ min: 0n, max: 10n ** 15n }), (all, last) => {
      const open = fold(all)
      if (open.quantity === 0n) return
      const closed = applyFill(open, open.quantity > 0n ? sell(open.quantity, last) : buy(-open.quantity, last))
      expect(closed.quantity).toBe(0n)
      expect(closed.cost).toBe(0n)
    }),
  )
})
