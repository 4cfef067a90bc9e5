import fc from 'fast-check'
import { expect, test } from 'vitest'
import { OrderQueue } from './order-queue.ts'
import type { BookSide } from './price-order.ts'

const step = fc.record({
  orderId: fc.constantFrom(...Array.from({ length: 30 }, (_, i) => `ord_${i}`)),
  price: fc.integer({ min: 1, max: 8 }),
  quantity: fc.integer({ min: 0, max: 3 }),
  moves: fc.boolean(),
})

test('a queue is what sorting its orders by price and priority gives', () => {
  fc.assert(
    fc.property(fc.constantFrom<BookSide>('BUY', 'SELL'), fc.array(step, { maxLength: 300 }), (side, steps) => {
      const queue = new OrderQueue(side)
      const naive = new Map<string, { orderId: string; price: number; quantity: number; priority: number }>()
      for (const [number, { moves, orderId, price, quantity }] of steps.entries()) {
        const before = naive.get(orderId) ?? null
        const keeps = before && !moves
        const order = {
          orderId,
          price: keeps ? before.price : price,
          quantity,
          priority: keeps ? before.priority : number,
        }
        expect(queue.set(order)).toEqual({ before, after: quantity === 0 ? null : order })
        if (quantity === 0) naive.delete(orderId)
        else naive.set(orderId, order)
      }
      const better = side === 'BUY' ? -1 : 1
      const sorted = [...naive.values()].sort((a, b) => better * (a.price - b.price) || a.priority - b.priority)
      expect(queue.best(1_000)).toEqual(sorted)
      expect(queue.best(3)).toEqual(sorted.slice(0, 3))
      expect(queue.size).toBe(sorted.length)
      for (const rank of [0, 4, 40]) expect(queue.at(rank)).toEqual(sorted[rank] ?? null)
    }),
  )
})
