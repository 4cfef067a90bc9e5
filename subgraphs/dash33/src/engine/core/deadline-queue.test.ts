import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NONE } from '../../book/matcher.ts'
import { DeadlineQueue } from './deadline-queue.ts'

describe('deadlines', () => {
  it('come due at their time, the earliest first, at one time by their tie', () => {
    const queue = new DeadlineQueue()
    queue.set(4, 200, 1)
    queue.set(70, 100, 9)
    queue.set(2, 100, 3)
    expect([queue.peek(), queue.take(99)]).toEqual([100, NONE])
    expect([queue.take(150), queue.take(150), queue.take(150)]).toEqual([2, 70, NONE])
    expect([queue.peek(), queue.size]).toEqual([200, 1])
  })

  it('can be moved and forgotten', () => {
    const queue = new DeadlineQueue()
    queue.set(1, 100, 1)
    queue.set(2, 200, 2)
    queue.set(1, 300, 1)
    queue.remove(5)
    expect([queue.peek(), queue.timeOf(1), queue.timeOf(5)]).toEqual([200, 300, null])
    queue.remove(2)
    expect([queue.take(1_000), queue.peek()]).toEqual([1, null])
  })

  it('agree with a sorted list, whatever is set, moved, forgotten and taken', () => {
    const step = fc.record({
      kind: fc.constantFrom('set', 'set', 'set', 'remove', 'take'),
      item: fc.integer({ min: 0, max: 100 }),
      time: fc.integer({ min: 0, max: 40 }),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const queue = new DeadlineQueue()
        const list = new Map<number, number>()
        for (const { kind, item, time } of steps) {
          const [first] = [...list].sort(([a, s], [b, t]) => s - t || a - b)
          expect(queue.peek()).toBe(first?.[1] ?? null)
          if (kind === 'set') {
            queue.set(item, time, item)
            list.set(item, time)
          } else if (kind === 'remove') {
            queue.remove(item)
            list.delete(item)
          } else {
            const due = first && first[1] <= time ? first[0] : NONE
            expect(queue.take(time)).toBe(due)
            list.delete(due)
          }
        }
        expect(queue.size).toBe(list.size)
      }),
      { numRuns: 300 },
    )
  })
})
