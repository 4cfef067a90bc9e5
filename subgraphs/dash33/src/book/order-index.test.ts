import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NONE } from './matcher.ts'
import { OrderIndex } from './order-index.ts'
import { OrderPool } from './order-pool.ts'

function slotOf(pool: OrderPool, id: number): number {
  const slot = pool.allocate()
  pool.id[slot] = id
  return slot
}

describe('the index of orders', () => {
  it('does what a map does, with ids that collide, ids far apart and ids up to 2^53, while slots are used again', () => {
    const id = fc.oneof(
      fc.nat(400),
      fc.nat(50).map((n) => n * 2 ** 32),
      fc.nat(50).map((n) => n * 2 ** 16),
      fc.maxSafeNat(),
    )
    const step = fc.record({ id, set: fc.boolean() })
    fc.assert(
      fc.property(fc.array(step, { minLength: 500, maxLength: 3_000, size: 'max' }), (steps) => {
        const pool = new OrderPool()
        const index = new OrderIndex(pool)
        const map = new Map<number, number>()
        for (const { id, set } of steps) {
          if (!set) {
            const slot = index.delete(id)
            expect(slot).toBe(map.get(id) ?? NONE)
            if (slot !== NONE) pool.free(slot)
            map.delete(id)
          } else {
            const slot = slotOf(pool, id)
            if (map.has(id)) {
              expect(() => index.set(id, slot)).toThrow('already')
              pool.free(slot)
            } else {
              index.set(id, slot)
              map.set(id, slot)
            }
          }
        }
        expect(index.size).toBe(map.size)
        for (const { id } of steps) expect(index.get(id)).toBe(map.get(id) ?? NONE)
      }),
      { numRuns: 20 },
    )
  })

  it('keeps what it has when it and the pool grow', () => {
    const pool = new OrderPool()
    const index = new OrderIndex(pool)
    const slots = Array.from({ length: 100_000 }, (_, n) => slotOf(pool, n * 7))
    for (const [n, slot] of slots.entries()) index.set(n * 7, slot)
    for (let n = 0; n < 100_000; n += 2) index.delete(n * 7)
    expect([index.size, index.get(0), index.get(7), index.get(99_999 * 7)]).toEqual([
      50_000,
      NONE,
      slots[1],
      slots[99_999],
    ])
  })
})
