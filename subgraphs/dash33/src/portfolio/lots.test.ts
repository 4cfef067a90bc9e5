import { expect, test } from 'vitest'
import { type DatedMove, type Lot, LotQueue } from './lots.ts'

let leg = 0
const move = (base: bigint, cost: bigint): DatedMove => ({
  base,
  cost,
  engineSequence: 1,
  leg: leg++,
  time: leg * 1_000,
})
const buy = (base: bigint, cost: bigint) => move(base, cost)
const sell = (base: bigint, proceeds: bigint) => move(-base, -proceeds)
const shape = (lots: readonly Lot[]) => lots.map(({ quantity, cost }) => [quantity, cost])

test('those bought first are sold first', () => {
  const queue = new LotQueue()
  for (const [shares, price] of [
    [100n, 10n],
    [200n, 11n],
    [100n, 9n],
  ] as const)
    queue.add(buy(shares, shares * price))
  // 3,600 − (1,000 + 2,200)
  expect(queue.add(sell(300n, 3_600n))).toBe(400n)
  expect(shape(queue.lots)).toEqual([[100n, 900n]])
})

test('a lot that is taken in part keeps the remainder of its cost', () => {
  const queue = new LotQueue()
  queue.add(buy(3n, 100n))
  expect(queue.add(sell(1n, 40n))).toBe(7n)
  expect(shape(queue.lots)).toEqual([[2n, 67n]])
  expect(queue.add(sell(1n, 40n))).toBe(7n)
  expect(queue.add(sell(1n, 40n))).toBe(6n)
  expect(queue.lots).toEqual([])
})

test('proceeds that do not divide are shared in turn, the rest goes with the last lot', () => {
  const queue = new LotQueue()
  queue.add(buy(1n, 10n))
  queue.add(buy(1n, 20n))
  queue.add(buy(1n, 30n))
  // 33 + 33 + 34
  expect(queue.add(sell(3n, 100n))).toBe(40n)
})

test('what is sold beyond all lots is a short lot, closed by the next buy', () => {
  const queue = new LotQueue()
  queue.add(buy(1n, 100n))
  expect(queue.add(sell(3n, 450n))).toBe(50n)
  expect(shape(queue.lots)).toEqual([[-2n, -300n]])
  expect(queue.add(buy(2n, 250n))).toBe(50n)
})

test('beyond the maximum the two oldest lots become one, in the older’s place', () => {
  const queue = new LotQueue(undefined, 2)
  const first = buy(1n, 10n)
  queue.add(first)
  queue.add(buy(1n, 20n))
  queue.add(buy(1n, 60n))
  expect(queue.lots[0]).toMatchObject({ leg: first.leg, quantity: 2n, cost: 30n })
  expect(queue.add(sell(1n, 60n))).toBe(45n)
})

test('fills of one moment are one lot, in the place of the first', () => {
  const queue = new LotQueue()
  const first = buy(1n, 10n)
  queue.add(first)
  queue.add({ ...buy(2n, 21n), time: first.time })
  queue.add(buy(3n, 33n))
  expect(queue.lots).toMatchObject([
    { leg: first.leg, acquiredAt: first.time, quantity: 3n, cost: 31n },
    { quantity: 3n, cost: 33n },
  ])
})
