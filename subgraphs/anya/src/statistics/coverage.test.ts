import { seededRandom } from '@opsource/kernel'
import { describe, expect, test } from 'vitest'
import { christoffersen, kupiec, trafficLight, trafficLights } from './coverage.ts'

/** The counts of violations that are not refused at 5 %, exclusive: Kupiec (1995), as printed in P. Jorion, "Value at Risk", 3rd ed., table 6-2. */
const PUBLISHED = [
  [0.01, 255, 0, 7],
  [0.01, 510, 1, 11],
  [0.01, 1000, 4, 17],
  [0.025, 255, 2, 12],
  [0.025, 510, 6, 21],
  [0.025, 1000, 15, 36],
  [0.05, 255, 6, 21],
  [0.05, 510, 16, 36],
  [0.05, 1000, 37, 65],
  [0.075, 255, 11, 28],
  [0.1, 1000, 81, 120],
] as const

describe('the proportion of failures', () => {
  test.each(PUBLISHED)(
    'at %f over %d days is accepted between %d and %d, as published',
    (level, days, above, below) => {
      const accepted = Array.from({ length: days }, (_, count) => count).filter((x) => kupiec(x, days, level).p > 0.05)
      // For 255 days at 1 % the table gives "N < 7" without a lower bound, though the statistic refuses a count of 0.
      const lowest = level === 0.01 && days === 255 ? 1 : above + 1
      expect([accepted[0], accepted.at(-1)]).toEqual([lowest, below - 1])
    },
  )

  test('no violation in 255 days at 1 % has the statistic -2·255·ln 0.99', () => {
    expect(kupiec(0, 255, 0.01).statistic).toBeCloseTo(-2 * 255 * Math.log(0.99), 12)
  })
})

describe('independence and conditional coverage', () => {
  test('follow the likelihood of the four successions', () => {
    // 0→0 five times, 0→1 twice, 1→0 twice, 1→1 once.
    const hits = [0, 0, 0, 1, 1, 0, 0, 0, 1, 0, 0]
    const free = 5 * Math.log(5 / 7) + 2 * Math.log(2 / 7) + 2 * Math.log(2 / 3) + Math.log(1 / 3)
    const pooled = 7 * Math.log(0.7) + 3 * Math.log(0.3)
    const { independence, conditional } = christoffersen(hits, 0.1)
    expect(independence.statistic).toBeCloseTo(2 * (free - pooled), 12)
    expect(conditional.statistic).toBeCloseTo(independence.statistic + kupiec(3, 11, 0.1).statistic, 12)
  })

  test('refuse violations that come in runs though their number is right', () => {
    const runs = Uint8Array.from({ length: 1000 }, (_, day) => (day % 100 < 5 ? 1 : 0))
    expect(kupiec(50, 1000, 0.05).p).toBeCloseTo(1, 10)
    expect(christoffersen(runs, 0.05).independence.p).toBeLessThan(1e-6)
    expect(christoffersen(runs, 0.05).conditional.p).toBeLessThan(1e-6)
  })

  test('have a p-value also where nothing or everything was violated', () => {
    expect(christoffersen(new Uint8Array(300), 0.01).independence.p).toBe(1)
    expect(christoffersen(new Uint8Array(300).fill(1), 0.01).conditional.p).toBeLessThan(1e-6)
  })

  test('refuse a right model about as often as they say', () => {
    const random = seededRandom(7)
    const refused = Array.from({ length: 400 }, () => {
      const hits = Uint8Array.from({ length: 1000 }, () => (random.next() < 0.05 ? 1 : 0))
      return christoffersen(hits, 0.05).conditional.p < 0.05 ? 1 : 0
    }).reduce((sum: number, x) => sum + x, 0)
    expect(refused / 400).toBeGreaterThan(0.02)
    expect(refused / 400).toBeLessThan(0.1)
  })
})

describe('the traffic light', () => {
  test('turns yellow at 5 and red at 10 violations of 250 days at 1 %, as the Basel Committee prints it', () => {
    const zones = Array.from({ length: 12 }, (_, x) => trafficLight(x, 250, 0.01))
    expect([zones.lastIndexOf('green'), zones.lastIndexOf('yellow')]).toEqual([4, 9])
  })

  test('looks at the newest 250 days, at all, and at every span between', () => {
    const lights = trafficLights(
      Uint8Array.from({ length: 500 }, (_, day) => (day < 10 ? 1 : 0)),
      0.01,
    )
    expect(lights).toEqual({ newest: 'green', overall: 'yellow', spans: { green: 245, yellow: 5, red: 1 } })
  })
})
