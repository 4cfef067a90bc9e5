import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BatchQueue, MAX_BATCH_ROWS, type QueuedRows } from './batch-queue.ts'

const queued = (count: number, deadline = 1_000): QueuedRows => ({ rows: new Float32Array(count), count, deadline })
const counts = (batch: readonly QueuedRows[]) => batch.map(({ count }) => count)

test('a batch is what waits, in order, while it fits', () => {
  const queue = new BatchQueue(1_000)
  for (const count of [30, 30, 10, 64]) queue.push(queued(count))
  expect([queue.take(), queue.take(), queue.take(), queue.take()].map(counts)).toEqual([[30, 30], [10], [64], []])
})

test('of what is late nothing runs', () => {
  const queue = new BatchQueue(1_000)
  for (const deadline of [5, 9, 5]) queue.push(queued(deadline, deadline))
  expect(queue.nextDeadline()).toBe(5)
  expect(counts(queue.expire(5))).toEqual([5, 5])
  expect(counts(queue.take())).toEqual([9])
  expect(queue.nextDeadline()).toBeNull()
})

test('no row is lost or taken twice, whatever comes and goes, and never do more wait than may', () => {
  const step = fc.oneof(
    fc.record({ count: fc.integer({ min: 1, max: MAX_BATCH_ROWS }), deadline: fc.integer({ min: 0, max: 50 }) }),
    fc.constant('TAKE' as const),
    fc.integer({ min: 0, max: 50 }),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const queue = new BatchQueue<QueuedRows>(256)
      const [taken, out] = [new Set<QueuedRows>(), new Set<QueuedRows>()]
      for (const step of steps) {
        if (typeof step === 'object') {
          const each = queued(step.count, step.deadline)
          if (queue.push(each)) taken.add(each)
        } else for (const each of step === 'TAKE' ? queue.take() : queue.expire(step)) out.add(each)
        expect(queue.rows).toBeLessThanOrEqual(256)
      }
      for (const each of queue.clear()) {
        expect(out.has(each)).toBe(false)
        out.add(each)
      }
      expect(out).toEqual(taken)
      expect(queue.rows).toBe(0)
    }),
  )
})
