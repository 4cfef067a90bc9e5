import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NONE } from './matcher.ts'
import { OrderIndex } from './order-index.ts'

describe('the index of orders', () => {
  it('does what a map does, with ids that collide and ids up to 2^53', () => {
    const id = fc.oneof(
      fc.nat(400),
      fc.nat(50).map((n) => n * 2 ** 32),
      fc.maxSafeNat(),
    )
    const step = fc.record({ id, set: fc.boolean() })
    fc.assert(
      fc.property(fc.array(step, { minLength: 500, maxLength: 3_000, size: 'max' }), (steps) => {
        const index = new OrderIndex()
        const map = new Map<number, number>()
        for (const [slot, { id, set }] of steps.entries()) {
          if (!set) {
            expect(index.delete(id)).toBe(map.get(id) ?? NONE)
            map.delete(id)
          } else if (map.has(id)) expect(() => index.set(id, slot)).toThrow('already')
          else {
            index.set(id, slot)
            map.set(id, slot)
          }
        }
        expect(index.size).toBe(map.size)
        for (const { id } of steps) expect(index.get(id)).toBe(map.get(id) ?? NONE)
      }),
      { numRuns: 20 },
    )
  })

  it('keeps what it has when it grows', () => {
    const index = new OrderIndex()
    for (let id = 0; id < 100_000; id++) index.set(id * 7, id)
    for (let id = 0; id < 100_000; id += 2) index.delete(id * 7)
    expect([index.size, index.get(0), index.get(7), index.get(99_999 * 7)]).toEqual([50_000, NONE, 1, 99_999])
  })
})
