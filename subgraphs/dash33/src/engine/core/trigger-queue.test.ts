import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { BUY, NONE, SELL } from '../../book/matcher.ts'
import { TriggerQueue } from './trigger-queue.ts'

let queue: TriggerQueue
beforeEach(() => {
  queue = new TriggerQueue()
})

/** Takes out everything that is met, as an engine whose triggered orders do not trade. */
function drain(last: number): number[] {
  const slots: number[] = []
  for (let slot = queue.next(last); slot !== NONE; slot = queue.next(last)) {
    slots.push(slot)
    queue.remove(slot)
  }
  return slots
}

const trail = (slot: number, side: number, amount: number, best: number) =>
  queue.follow(slot, side, slot, amount, 0, Number.NaN, best)

describe('stops that wait for the last price', () => {
  it('are met at their price and beyond, on the right side', () => {
    queue.add(1, SELL, 100, 1)
    queue.add(2, BUY, 110, 2)
    expect([queue.next(101), queue.next(109)]).toEqual([NONE, NONE])
    expect([queue.next(100), queue.next(99)]).toEqual([1, 1])
    expect([queue.next(110), queue.next(111)]).toEqual([2, 2])
  })

  it('are taken from the highest sell down, then from the lowest buy up, at one price by who came first', () => {
    const waiting: [side: number, price: number][] = [
      [SELL, 100],
      [BUY, 90],
      [SELL, 105],
      [BUY, 85],
      [SELL, 100],
      [BUY, 90],
    ]
    // Later slots are older, so that a slot's number decides nothing.
    for (const [index, [side, price]] of waiting.entries()) queue.add(9 - index, side, price, index)
    expect(drain(95)).toEqual([7, 9, 5, 6, 8, 4])
    expect(waiting.some((_, index) => queue.has(9 - index))).toBe(false)
  })
})

describe('a trailing stop', () => {
  it('moves with each new best price and never back', () => {
    trail(1, SELL, 5, 100)
    trail(2, BUY, 5, 100)
    for (const price of [103, 101, 98, 99]) queue.observe(price)
    expect([queue.stopPrice(1), queue.best(1)]).toEqual([98, 103])
    expect([queue.stopPrice(2), queue.best(2)]).toEqual([103, 98])
    expect(drain(98)).toEqual([1])
    expect(drain(103)).toEqual([2])
  })

  it('keeps a share of the best price, rounded to the tick away from the market', () => {
    queue.follow(1, SELL, 1, 0, 150, Number.NaN, 1_001)
    queue.follow(2, BUY, 2, 0, 150, Number.NaN, 1_001)
    // 1.5 % of 1,001 is 15.015.
    expect([queue.stopPrice(1), queue.stopPrice(2)]).toEqual([985, 1_017])
  })

  it('begins with the first trade, or when the last price reaches its activation price', () => {
    queue.follow(1, SELL, 1, 5, 0, Number.NaN, Number.NaN)
    queue.follow(2, SELL, 2, 5, 0, 110, Number.NaN)
    queue.follow(3, BUY, 3, 5, 0, 90, Number.NaN)
    expect([queue.has(3), queue.stopPrice(1), queue.best(2)]).toEqual([true, Number.NaN, Number.NaN])
    queue.observe(100)
    expect([queue.stopPrice(1), queue.stopPrice(2), queue.stopPrice(3)]).toEqual([95, Number.NaN, Number.NaN])
    queue.observe(111)
    queue.observe(89)
    expect([queue.stopPrice(2), queue.stopPrice(3)]).toEqual([106, 94])
  })

  it('further behind than the price is high is met by nothing', () => {
    trail(1, SELL, 500, 100)
    expect(queue.stopPrice(1)).toBe(-400)
    expect(queue.next(1)).toBe(NONE)
  })
})

describe('the queues of several markets', () => {
  it('agree with a sorted list, whatever comes, goes and trades', () => {
    interface Waiting {
      side: number
      amount: number
      stop: number
      best: number
      activation: number
    }
    const step = fc.record({
      kind: fc.constantFrom('add', 'follow', 'observe', 'observe', 'remove', 'take'),
      slot: fc.integer({ min: 0, max: 90 }),
      side: fc.constantFrom(BUY, SELL),
      price: fc.integer({ min: 90, max: 110 }),
      amount: fc.integer({ min: 1, max: 6 }),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        queue = new TriggerQueue()
        const list = new Map<number, Waiting & { sequence: number }>()
        const met = (last: number) =>
          [...list]
            .filter(([, { side, stop }]) => (side === SELL ? last <= stop : last >= stop))
            .sort(
              ([, a], [, b]) =>
                b.side - a.side || (a.side === SELL ? b.stop - a.stop : a.stop - b.stop) || a.sequence - b.sequence,
            )
            .map(([slot]) => slot)
        for (const [sequence, { kind, slot, side, price, amount }] of steps.entries()) {
          if (kind === 'add' && !list.has(slot)) {
            queue.add(slot, side, price, sequence)
            list.set(slot, { side, amount: 0, stop: price, best: Number.NaN, activation: Number.NaN, sequence })
          } else if (kind === 'follow' && !list.has(slot)) {
            queue.follow(slot, side, sequence, amount, 0, price, Number.NaN)
            list.set(slot, { side, amount, stop: Number.NaN, best: Number.NaN, activation: price, sequence })
          } else if (kind === 'observe') {
            queue.observe(price)
            for (const each of list.values()) {
              if (each.amount === 0) continue
              const sells = each.side === SELL
              const begun = !Number.isNaN(each.best)
              if (!begun && (sells ? price < each.activation : price > each.activation)) continue
              each.best = begun ? (sells ? Math.max(each.best, price) : Math.min(each.best, price)) : price
              each.stop = sells ? each.best - each.amount : each.best + each.amount
            }
          } else if (kind === 'remove' && list.delete(slot)) {
            queue.remove(slot)
          } else if (kind === 'take') {
            const expected = met(price)
            expect(drain(price)).toEqual(expected)
            for (const each of expected) list.delete(each)
          }
          expect(queue.next(price)).toBe(met(price)[0] ?? NONE)
        }
        for (const [slot, { stop, best }] of list) {
          expect([queue.stopPrice(slot), queue.best(slot), queue.has(slot)]).toEqual([stop, best, true])
        }
        for (let slot = 0; slot <= 90; slot++) expect(queue.has(slot)).toBe(list.has(slot))
      }),
      { numRuns: 300 },
    )
  })
})
