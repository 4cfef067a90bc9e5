import { seededRandom } from '@opsource/kernel'
import { expect, test } from 'vitest'
import { normalDensity, normalQuantile } from './distribution.ts'
import { acerbiSzekely, type ShortfallDay } from './expected-shortfall.ts'

const LEVEL = 0.025
const valueAtRisk = normalQuantile(LEVEL)
const expectedShortfall = -normalDensity(valueAtRisk) / LEVEL

/** Days whose forecasts are of standard normal returns, and whose outcomes are `scale` times as large. */
function normalDays(count: number, scale: number, seed: number): ShortfallDay[] {
  const random = seededRandom(seed)
  return Array.from({ length: count }, () => ({
    outcome: scale * normalQuantile(random.next() || 0.5),
    valueAtRisk,
    expectedShortfall,
  }))
}
const draw = (_day: number, u: number) => (u < LEVEL ? normalQuantile(u || 1e-12) / expectedShortfall : 0)
const tested = (days: ShortfallDay[], simulations: number) =>
  acerbiSzekely(days, LEVEL, draw, seededRandom(3), simulations)

test('the statistics are those of the definition', () => {
  const day = (outcome: number): ShortfallDay => ({ outcome, valueAtRisk: -2, expectedShortfall: -2.5 })
  const { z1, z2 } = acerbiSzekely(
    [-3, 1, -2, -4].map((r) => day(r)),
    0.25,
    () => 0,
    seededRandom(1),
    10,
  )
  expect(z1?.statistic).toBeCloseTo(1 - (3 / 2.5 + 4 / 2.5) / 2, 12)
  expect(z2.statistic).toBeCloseTo(1 - (3 / 2.5 + 4 / 2.5) / (4 * 0.25), 12)
})

test('normal returns over 250 days at 2.5 % have the published critical value of Z2, -0.70 at 5 %', () => {
  const statistics = Array.from({ length: 1_000 }, (_, run) => {
    const random = seededRandom(run)
    let sum = 0
    for (let day = 0; day < 250; day++) sum += draw(day, random.next())
    return 1 - sum / (250 * LEVEL)
  }).sort((a, b) => a - b)
  expect(statistics[50]).toBeGreaterThan(-0.8)
  expect(statistics[50]).toBeLessThan(-0.6)
})

test('a right model is refused about as often as the test says', () => {
  const refused = Array.from({ length: 100 }, (_, seed) => tested(normalDays(250, 1, seed), 200)).filter(
    ({ z2 }) => z2.p <= 0.05,
  )
  expect(refused.length).toBeGreaterThan(0)
  expect(refused.length).toBeLessThan(13)
})

test('a model that halves the risk is refused by both', () => {
  const { z1, z2 } = tested(normalDays(1_000, 2, 11), 1_000)
  expect(z1?.p).toBeLessThan(0.01)
  expect(z2.p).toBeLessThan(0.01)
})

test('without a violation the size of violations is not judged', () => {
  const { z1, z2 } = tested(normalDays(250, 0.1, 5), 100)
  expect(z1).toBeNull()
  expect(z2.statistic).toBe(1)
})

test('a loss where none at all was forecast refuses the model', () => {
  const day = { outcome: -0.1, valueAtRisk: 0, expectedShortfall: 0 }
  const { z2 } = acerbiSzekely([day], 0.05, () => 0, seededRandom(1), 99)
  expect(z2).toEqual({ statistic: -Infinity, p: 0.01 })
})
