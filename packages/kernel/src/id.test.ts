import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ManualClock } from './clock.ts'
import { IdSource } from './id.ts'
import { seededRandom, systemRandom } from './random.ts'

/** 45 bits of milliseconds reach the year 3084. */
const time = fc.integer({ min: 0, max: 2 ** 45 - 1 })

describe('an id', () => {
  it('sorts by the time it was made', () => {
    fc.assert(
      fc.property(time, time, fc.integer(), (a, b, seed) => {
        const random = seededRandom(seed)
        const [first, second] = [a, b].map((now) => new IdSource(new ManualClock(now), random).next('evt')) as [
          string,
          string,
        ]
        if (a < b) expect(first < second).toBe(true)
        if (a > b) expect(first > second).toBe(true)
      }),
    )
  })
  it('is a prefix and 22 characters that cannot be mistaken for one another', () => {
    const ids = new IdSource(new ManualClock(1_723_075_200_000), systemRandom)
    for (let n = 0; n < 1_000; n++) expect(ids.next('usr')).toMatch(/^usr_[0-9a-hjkmnp-tv-z]{22}$/)
  })
  it('does not repeat within a millisecond', () => {
    const ids = new IdSource(new ManualClock(1), systemRandom)
    expect(new Set(Array.from({ length: 20_000 }, () => ids.next('ses'))).size).toBe(20_000)
  })
  it('is the same again for the same clock and seed', () => {
    const make = () => new IdSource(new ManualClock(7), seededRandom(42)).next('prd')
    expect(make()).toBe(make())
  })
})

describe('a seeded random source', () => {
  it('gives the same sequence for the same seed, and another for another', () => {
    const draw = (seed: number) => {
      const random = seededRandom(seed)
      return Array.from({ length: 50 }, () => random.next())
    }
    expect(draw(1)).toEqual(draw(1))
    expect(draw(1)).not.toEqual(draw(2))
  })
  it.each([
    ['seeded', seededRandom(3)],
    ['of the system', systemRandom],
  ])('%s stays within its range', (_, random) => {
    for (let n = 0; n < 5_000; n++) {
      const drawn = random.next()
      expect(drawn >= 0 && drawn < 1).toBe(true)
    }
    expect(random.bytes(0)).toHaveLength(0)
    expect(new Set(random.bytes(4_096)).size).toBeGreaterThan(200)
  })
})

describe('a manual clock', () => {
  it('stands still until it is told to move', () => {
    const clock = new ManualClock(5)
    expect([clock.now(), clock.now()]).toEqual([5, 5])
    clock.advance(10)
    expect(clock.now()).toBe(15)
  })
})
