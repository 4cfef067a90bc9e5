import fc from 'fast-check'
import { expect, test } from 'vitest'
import { LotQueue } from './lots.ts'
import { applyMove, FLAT, type Move, moveOf, type PositionFill } from './position.ts'

const buy = (base: bigint, cost: bigint): Move => ({ base, cost })
const sell = (base: bigint, proceeds: bigint): Move => ({ base: -base, cost: -proceeds })
const fold = (moves: readonly Move[]) => moves.reduce(applyMove, FLAT)

test('a buyer’s fee reduces what is received, a seller’s the proceeds', () => {
  const fill = { baseAmount: 1_000n, quoteAmount: 60_000n }
  expect(moveOf({ ...fill, side: 'BUY', fee: 1n })).toEqual({ base: 999n, cost: 60_000n })
  expect(moveOf({ ...fill, side: 'SELL', fee: 30n })).toEqual({ base: -1_000n, cost: -59_970n })
})

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

test('a fill whose fee takes all that it brought is a loss, and opens nothing', () => {
  expect(fold([{ base: 0n, cost: 7n }])).toEqual({ quantity: 0n, cost: 0n, realised: -7n })
})

/** Fills as the exchange makes them: the fee is a part of what is received. */
const fills = fc.array(
  fc
    .record({
      side: fc.constantFrom('BUY' as const, 'SELL' as const),
      baseAmount: fc.bigInt({ min: 1n, max: 10n ** 9n }),
      quoteAmount: fc.bigInt({ min: 0n, max: 10n ** 15n }),
      feeBps: fc.bigInt({ min: 0n, max: 10_000n }),
    })
    .map(({ feeBps, ...fill }): PositionFill => {
      const received = fill.side === 'BUY' ? fill.baseAmount : fill.quoteAmount
      return { ...fill, fee: (received * feeBps + 9_999n) / 10_000n }
    }),
  { maxLength: 60 },
)

test('by either method cost less realised profit is what was paid less what was received, to the last minor unit', () => {
  fc.assert(
    fc.property(fills, fc.integer({ min: 2, max: 5 }), (all, max) => {
      const moves = all.map(moveOf)
      const average = moves.reduce(applyMove, FLAT)
      const queue = new LotQueue(undefined, max)
      const realised = moves
        .map((move, leg) => queue.add({ ...move, engineSequence: 1, leg, time: leg >> 1 }))
        .reduce((sum, each) => sum + each, 0n)
      const total = (of: readonly bigint[]) => of.reduce((sum, each) => sum + each, 0n)
      const paid = total(moves.map(({ cost }) => cost))
      const held = total(moves.map(({ base }) => base))
      expect(average.cost - average.realised).toBe(paid)
      expect(total(queue.lots.map(({ cost }) => cost)) - realised).toBe(paid)
      expect(average.quantity).toBe(held)
      expect(total(queue.lots.map(({ quantity }) => quantity))).toBe(held)
      expect(queue.lots.length).toBeLessThanOrEqual(max)
    }),
  )
})

test('once a position is closed both methods have realised the same', () => {
  fc.assert(
    fc.property(fills, fc.bigInt({ min: 0n, max: 10n ** 15n }), (all, last) => {
      const open = all.map(moveOf)
      const held = fold(open).quantity
      const moves = held === 0n ? open : [...open, { base: -held, cost: held > 0n ? -last : last }]
      const average = fold(moves)
      const queue = new LotQueue()
      const realised = moves.reduce(
        (sum, move, leg) => sum + queue.add({ ...move, engineSequence: 1, leg, time: 0 }),
        0n,
      )
      expect(average).toEqual({ quantity: 0n, cost: 0n, realised })
      expect(queue.lots).toEqual([])
    }),
  )
})
