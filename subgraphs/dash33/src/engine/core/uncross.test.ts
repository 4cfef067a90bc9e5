import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type AuctionLevel, type Uncross, uncross } from './uncross.ts'

/** The rule as it is written, at every tick. */
function tried(bids: AuctionLevel[], asks: AuctionLevel[], reference: number | null): Uncross | null {
  const sum = (levels: AuctionLevel[]) => levels.reduce((total, [, quantity]) => total + quantity, 0)
  const outcomes = Array.from({ length: 40 }, (_, price) => {
    const demand = sum(bids.filter(([bid]) => bid >= price))
    const supply = sum(asks.filter(([ask]) => ask <= price))
    return { price, quantity: Math.min(demand, supply), surplus: demand - supply }
  })
  const most = Math.max(...outcomes.map(({ quantity }) => quantity))
  if (most === 0) return null
  const largest = outcomes.filter(({ quantity }) => quantity === most)
  const smallest = Math.min(...largest.map(({ surplus }) => Math.abs(surplus)))
  const best = largest.filter(({ surplus }) => Math.abs(surplus) === smallest)
  const at = ({ price }: { price: number } = { price: -1 }) => ({ price, quantity: most })
  if (best.every(({ surplus }) => surplus > 0)) return at(best.at(-1))
  if (best.every(({ surplus }) => surplus < 0)) return at(best[0])
  const distance = (price: number) => Math.abs(price - (reference ?? 0))
  return at(best.toSorted((a, b) => distance(a.price) - distance(b.price))[0])
}

const side = (descending: boolean) =>
  fc
    .uniqueArray(fc.tuple(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 9 })), {
      selector: ([price]) => price,
      maxLength: 8,
    })
    .map((levels) => levels.sort(([a], [b]) => (descending ? b - a : a - b)))

describe('the uncross', () => {
  it('is at the price that trades most, as every price tried in turn', () => {
    let crossed = 0
    fc.assert(
      fc.property(side(true), side(false), fc.option(fc.integer({ min: 1, max: 39 })), (bids, asks, reference) => {
        const result = uncross(bids, asks, reference)
        expect(result).toEqual(tried(bids, asks, reference))
        if (result) crossed++
      }),
      { numRuns: 5_000 },
    )
    expect(crossed).toBeGreaterThan(1_000)
  })

  it('leaves the smallest surplus where several prices trade as much', () => {
    const asks: AuctionLevel[] = [
      [100, 10],
      [103, 4],
    ]
    expect(uncross([[105, 10]], asks, 200)).toEqual({ price: 102, quantity: 10 })
  })

  it('goes to the highest price where buyers are left, to the lowest where sellers are', () => {
    expect(uncross([[105, 11]], [[100, 10]], 102)).toEqual({ price: 105, quantity: 10 })
    expect(uncross([[105, 10]], [[100, 11]], 102)).toEqual({ price: 100, quantity: 10 })
  })

  it('is nearest the reference where nobody is left, and lowest without one', () => {
    expect(uncross([[105, 10]], [[100, 10]], 102)).toEqual({ price: 102, quantity: 10 })
    expect(uncross([[105, 10]], [[100, 10]], 400)).toEqual({ price: 105, quantity: 10 })
    expect(uncross([[105, 10]], [[100, 10]], null)).toEqual({ price: 100, quantity: 10 })
  })

  it('is none where nothing crosses', () => {
    expect(uncross([[99, 10]], [[100, 10]], 100)).toBeNull()
    expect(uncross([], [[100, 10]], 100)).toBeNull()
    expect(uncross([[100, 10]], [], 100)).toBeNull()
  })
})
