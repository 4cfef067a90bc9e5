import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BookDriver } from './book-driver.ts'
import { ListBook, type ListOrder, type ListTerms } from './list-book.ts'
import { BUY, NONE, SELL, type SideCode } from './matcher.ts'

interface Placement extends ListTerms {
  readonly kind: 'PLACE'
  readonly quantity: number
  /** 0: not an iceberg. */
  readonly peak: number
  readonly rests: boolean
}

/** What is done to a resting order, chosen by its place in the book. */
interface Change {
  readonly kind: 'REMOVE' | 'REDUCE' | 'TRADE'
  readonly place: number
  /** Of all that the order is. */
  readonly share: number
}

type Step = Placement | Change

const NOBODY = 7

function steps(prices: fc.Arbitrary<number>, icebergs: number): fc.Arbitrary<Step[]> {
  const place: fc.Arbitrary<Placement> = fc
    .record({
      side: fc.constantFrom(BUY, SELL),
      limit: prices,
      quantity: fc.integer({ min: 1, max: 60 }),
      owner: fc.integer({ min: 0, max: 4 }),
      selfTrade: fc.constantFrom('TRADE', 'STOP', 'REMOVE', 'DECREMENT'),
      band: fc.option(prices, { freq: 8 }),
      budget: fc.option(fc.integer({ min: 0, max: 40 }), { freq: 8 }),
      peak: fc.integer({ min: 1 - icebergs, max: 12 }),
      rests: fc.boolean(),
    })
    .map(({ band, budget, peak, side, ...rest }) => ({
      ...rest,
      side,
      kind: 'PLACE',
      band: band ?? (side === BUY ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY),
      budget: budget ?? Number.POSITIVE_INFINITY,
      peak: Math.max(0, peak),
    }))
  const change: fc.Arbitrary<Change> = fc.record({
    kind: fc.constantFrom('REMOVE', 'REDUCE', 'TRADE'),
    place: fc.nat(1_000),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  const step = fc.oneof({ weight: 4, arbitrary: place }, { weight: 1, arbitrary: change })
  return fc.array(step, { minLength: 200, maxLength: 300, size: 'max' })
}

type Venue = Pick<ListBook, 'match' | 'rest' | 'remove' | 'reduce' | 'trade' | 'side' | 'levels'>

/** Takes the step, and tells all that can be seen of it. */
function take(venue: Venue, step: Step, id: number): unknown {
  if (step.kind !== 'PLACE') {
    const resting = [...venue.side(BUY), ...venue.side(SELL)]
    const order = resting[step.place % resting.length]
    if (!order) return null
    const lots = Math.max(1, Math.round(step.share * (order.shown + order.hidden)))
    if (step.kind === 'REMOVE') venue.remove(order.id)
    else if (step.kind === 'REDUCE') venue.reduce(order.id, lots)
    else venue.trade(order.id, lots)
    return order.id
  }
  const result = venue.match(step.quantity, step)
  const stopped = venue.side(step.side === BUY ? SELL : BUY)[0]
  const crosses = stopped && (step.side === BUY ? stopped.price <= step.limit : stopped.price >= step.limit)
  if (result.left > 0 && step.rests && !crosses) venue.rest(resting(step, id, result.left))
  return result
}

function resting({ side, limit, owner, peak }: Placement, id: number, left: number): ListOrder {
  const shown = peak > 0 ? Math.min(peak, left) : left
  return { id, side, price: limit, owner, peak, shown, hidden: left - shown }
}

/** The list book's, published or counted by hand, against what the book of columns says. */
function agree(driver: BookDriver, list: ListBook, published: Map<string, number>): void {
  driver.changes.drainLevels((side, price, volume) => {
    if (volume === 0) published.delete(`${side} ${price}`)
    else published.set(`${side} ${price}`, volume)
  })
  const levels: [string, number][] = []
  for (const side of [BUY, SELL] as const) {
    expect(isDeepStrictEqual(driver.side(side), list.side(side))).toBe(true)
    for (const [price, volume] of list.levels(side)) levels.push([`${side} ${price}`, volume])
  }
  expect(isDeepStrictEqual(published, new Map(levels))).toBe(true)
}

describe('the book', () => {
  it.each([
    ['few prices and deep queues', fc.integer({ min: 1, max: 6 }), 2],
    ['prices with the same lowest bits', fc.integer({ min: -8, max: 8 }).map((n) => n * 2 ** 20), 2],
    ['any price', fc.integer({ min: -(2 ** 52), max: 2 ** 52 }), 2],
    ['icebergs everywhere', fc.integer({ min: 1, max: 30 }), 12],
  ])(
    'does what the list book does, with %s',
    (_, prices, plain) => {
      fc.assert(
        fc.property(steps(prices, plain), (taken) => {
          const driver = new BookDriver()
          const list = new ListBook()
          const published = new Map<string, number>()
          for (const [id, step] of taken.entries()) {
            expect(isDeepStrictEqual(take(driver, step, id), take(list, step, id))).toBe(true)
            expect(driver.faults()).toEqual([])
            expect(driver.book.crossed).toBe(false)
            if (id % 16 === 0 || id === taken.length - 1) agree(driver, list, published)
          }
        }),
        { numRuns: 150 },
      )
    },
    60_000,
  )

  it('counts what a taker would find, hidden lots included and its own left out', () => {
    fc.assert(
      fc.property(steps(fc.integer({ min: 1, max: 20 }), 4), fc.integer({ min: 1, max: 500 }), (taken, wanted) => {
        const driver = new BookDriver()
        for (const [id, step] of taken.entries()) take(driver, step, id)
        for (const side of [BUY, SELL] as const) {
          const found = driver
            .side(side === BUY ? SELL : BUY)
            .filter(({ price, owner }) => owner !== 2 && (side === BUY ? price <= 10 : price >= 10))
            .reduce((sum, { shown, hidden }) => sum + shown + hidden, 0)
          expect(driver.book.available(side, 10, wanted, 2)).toBe(Math.min(found, wanted))
        }
      }),
      { numRuns: 30 },
    )
  })
})

const order = (id: number, side: SideCode, price: number, shown: number, more: Partial<ListOrder> = {}): ListOrder => ({
  ...{ id, side, price, shown, owner: NOBODY, peak: 0, hidden: 0 },
  ...more,
})

const taker = (side: SideCode, limit: number, more: Partial<ListTerms> = {}): ListTerms => ({
  ...{ side, limit, owner: NONE, selfTrade: 'TRADE', budget: Number.POSITIVE_INFINITY },
  band: side === BUY ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY,
  ...more,
})

describe('an iceberg', () => {
  it('goes to the end of its queue with each slice, with a new priority, until nothing hides', () => {
    const driver = new BookDriver()
    driver.rest(order(1, SELL, 100, 5, { peak: 5, hidden: 7 }))
    driver.rest(order(2, SELL, 100, 4))
    const { fills, left } = driver.match(20, taker(BUY, 100))
    expect(fills.map(({ maker, quantity }) => [maker, quantity])).toEqual([
      [1, 5],
      [2, 4],
      [1, 5],
      [1, 2],
    ])
    expect(left).toBe(4)
  })

  it('is alone in its queue and refreshes in place', () => {
    const driver = new BookDriver()
    driver.rest(order(1, BUY, 100, 5, { peak: 5, hidden: 7 }))
    driver.match(5, taker(SELL, 100))
    expect(driver.book.levels(BUY)).toEqual([[100, 5]])
    expect(driver.side(BUY)[0]).toMatchObject({ shown: 5, hidden: 2 })
    expect(driver.faults()).toEqual([])
  })
})

describe('what a book publishes', () => {
  it('names each touched order once, as the batch leaves it', () => {
    const driver = new BookDriver()
    driver.rest(order(1, SELL, 100, 5))
    driver.rest(order(2, SELL, 100, 5))
    driver.rest(order(3, SELL, 101, 5))
    driver.match(7, taker(BUY, 100))
    driver.remove(3)
    const seen: unknown[] = []
    driver.changes.drainOrders((side, id, price, shown) => seen.push([side, id, price, shown]))
    expect(seen).toEqual([
      [SELL, 1, 100, 0],
      [SELL, 2, 100, 3],
      [SELL, 3, 101, 0],
    ])
    expect(driver.changes.empty).toBe(false)
    driver.changes.drainLevels(() => {})
    expect(driver.changes.empty).toBe(true)
  })
})

describe('a book put together again', () => {
  it('goes on with the priorities that it had', () => {
    const driver = new BookDriver()
    for (const id of [1, 2, 3]) driver.rest(order(id, BUY, 100, 5))
    const slot = driver.index.get(2)
    driver.book.remove(slot)
    driver.pool.priority[slot] = 9
    driver.book.restore(slot)
    driver.rest(order(4, BUY, 100, 5))
    expect(driver.book.slots(BUY).map((each) => driver.pool.priority[each])).toEqual([1, 3, 9, 10])
  })

  it('refuses to remove what is not on it', () => {
    const driver = new BookDriver()
    expect(() => driver.book.remove(driver.pool.allocate())).toThrow('on no book')
  })
})
