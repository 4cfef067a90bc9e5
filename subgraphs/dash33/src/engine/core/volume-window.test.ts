import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FEE_TIERS } from '../../risk/limits.ts'
import { dayOf, tierOf, VolumeWindow } from './volume-window.ts'

describe('the volume of 30 days', () => {
  it('counts today and the 29 days before', () => {
    const window = new VolumeWindow()
    window.add(0, 100, 7)
    window.add(0, 101, 5)
    expect([window.volume(0, 129), window.volume(0, 130), window.volume(0, 131)]).toEqual([12, 5, 0])
    expect(window.volume(500, 131)).toBe(0)
  })

  it('saturates at 2^53 − 1, and comes down again when the days go by', () => {
    const window = new VolumeWindow()
    window.add(3, 10, Number.MAX_SAFE_INTEGER)
    window.add(3, 11, Number.MAX_SAFE_INTEGER - 1)
    window.add(3, 12, 8)
    expect(window.volume(3, 12)).toBe(Number.MAX_SAFE_INTEGER)
    expect(window.volume(3, 40)).toBe(Number.MAX_SAFE_INTEGER)
    expect(window.volume(3, 41)).toBe(8)
  })

  it('agrees with a list of all trades, and is restored from its days', () => {
    const trade = fc.record({
      account: fc.integer({ min: 0, max: 80 }),
      after: fc.constantFrom(0, 0, 0, 1, 1, 5, 29, 30, 31, 400),
      amount: fc.oneof(fc.integer({ min: 1, max: 1_000 }), fc.constant(Number.MAX_SAFE_INTEGER - 3)),
    })
    fc.assert(
      fc.property(fc.array(trade, { maxLength: 60 }), (trades) => {
        const window = new VolumeWindow()
        const list: { account: number; day: number; amount: number }[] = []
        let day = 0
        for (const { account, after, amount } of trades) {
          day += after
          window.add(account, day, amount)
          list.push({ account, day, amount })
          const exact = list
            .filter((each) => each.account === account && each.day > day - 30)
            .reduce((sum, each) => sum + BigInt(each.amount), 0n)
          const expected = exact > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(exact)
          expect(window.volume(account, day)).toBe(expected)
        }
        const restored = new VolumeWindow()
        for (let account = 0; account <= 80; account++) {
          for (const [each, amount] of window.days(account, day)) restored.add(account, each, amount)
          expect(restored.volume(account, day + 3)).toBe(window.volume(account, day + 3))
        }
      }),
      { numRuns: 200 },
    )
  })

  it('decides the fee tier, whose minimum is part of it', () => {
    expect(tierOf(FEE_TIERS, 0)).toBe(FEE_TIERS[0])
    expect(tierOf(FEE_TIERS, 9_999_999_999_999)).toBe(FEE_TIERS[0])
    expect(tierOf(FEE_TIERS, 10_000_000_000_000)).toBe(FEE_TIERS[1])
    expect(tierOf(FEE_TIERS, Number.MAX_SAFE_INTEGER)).toBe(FEE_TIERS[2])
  })

  it('counts days in UTC', () => {
    expect(dayOf(Date.UTC(2026, 7, 1, 23, 59, 59, 999))).toBe(dayOf(Date.UTC(2026, 7, 1)))
    expect(dayOf(Date.UTC(2026, 7, 2))).toBe(dayOf(Date.UTC(2026, 7, 1)) + 1)
  })
})
