import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LinkedBook } from './linked-book.ts'
import { NaiveBook } from './naive-book.ts'
import type { BookSide, Level, OrderBook, Resting } from './order-book.ts'

class TestOrder implements Resting<TestOrder> {
  readonly id: number
  readonly side: BookSide
  readonly price: number | null
  readonly owner: number
  remaining: number
  level: Level<TestOrder> | null = null
  previous: TestOrder | null = null
  next: TestOrder | null = null

  constructor(id: number, side: BookSide, price: number | null, remaining: number, owner: number) {
    this.id = id
    this.side = side
    this.price = price
    this.remaining = remaining
    this.owner = owner
  }
}

interface Step {
  readonly side: BookSide
  readonly price: number | null
  readonly quantity: number
  readonly owner: number
  /** Before the order, take away the resting one at this place, if there is one. */
  readonly remove: number | null
}

/** Plays the steps and writes down everything that can be seen of the book. */
function play(book: OrderBook<TestOrder>, steps: readonly Step[]): unknown[] {
  const seen: unknown[] = []
  for (const [id, { side, price, quantity, owner, remove }] of steps.entries()) {
    const resting = [...book.orders('BUY'), ...book.orders('SELL')]
    const gone = remove === null ? undefined : resting[remove % resting.length]
    if (gone) book.remove(gone)
    const order = new TestOrder(id, side, price, quantity, owner)
    const end = book.match(order, null, (maker, at, lots) => seen.push([maker.id, at, lots, maker.remaining]))
    if (end === 'NO_MATCH' && price !== null) book.rest(order)
    seen.push(end, order.remaining, book.bestPrice('BUY'), book.bestPrice('SELL'))
    seen.push(book.volumeAt(side, price ?? 1))
  }
  for (const side of ['BUY', 'SELL'] as const)
    seen.push(
      book.levels(side),
      book.orders(side).map((order) => order.id),
    )
  return seen
}

describe('the linked book', () => {
  it.each([
    ['few prices and deep queues', 5],
    ['any price', 2 ** 40],
  ])(
    'does what the naive book does, with %s',
    (_, prices) => {
      const step: fc.Arbitrary<Step> = fc.record({
        side: fc.constantFrom('BUY' as const, 'SELL' as const),
        price: fc.option(fc.integer({ min: 1, max: prices }), { freq: 20 }),
        quantity: fc.integer({ min: 1, max: 50 }),
        owner: fc.integer({ min: 0, max: 5 }),
        remove: fc.option(fc.nat(), { freq: 1 }),
      })
      fc.assert(
        fc.property(fc.array(step, { minLength: 100, maxLength: 300 }), (steps) => {
          expect(isDeepStrictEqual(play(new LinkedBook(), steps), play(new NaiveBook(), steps))).toBe(true)
        }),
        { numRuns: 150 },
      )
    },
    60_000,
  )

  it('refuses to remove an order that does not rest on it', () => {
    expect(() => new LinkedBook<TestOrder>().remove(new TestOrder(1, 'BUY', 1, 1, 1))).toThrow('does not rest')
  })
})
