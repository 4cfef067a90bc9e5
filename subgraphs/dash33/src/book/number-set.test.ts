import fc from 'fast-check'
import { expect, it } from 'vitest'
import { NumberSet } from './number-set.ts'

const NUMBERS = fc.array(
  fc.oneof(
    fc.nat(50),
    fc.maxSafeNat(),
    fc.nat(50).map((n) => n * 2 ** 32),
  ),
  { maxLength: 500 },
)

it('a set of numbers holds what a set holds, large and small in turn', () => {
  const numbers = new NumberSet()
  fc.assert(
    fc.property(NUMBERS, (list) => {
      const model = new Set<number>()
      numbers.begin(list.length)
      for (const each of list) {
        expect(numbers.add(each)).toBe(!model.has(each))
        model.add(each)
      }
    }),
    { numRuns: 500 },
  )
})
