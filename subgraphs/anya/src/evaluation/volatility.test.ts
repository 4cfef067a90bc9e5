import { expect, test } from 'vitest'
import { z } from 'zod'
import { hourlyBars } from '../testing/euro-hours.ts'
import { InvalidBars } from './bars.ts'
import { forecastReport } from './forecast.ts'
import { volatilityReport } from './volatility.ts'

const figures = z.object({ qlike: z.number().positive(), rSquaredOfLog: z.number().max(1) })
const report = z.object({
  testRows: z.number(),
  models: z.object({ boostedTrees: figures, har: figures, harWithHours: figures, ewma: figures }),
  qlikeImprovement: z.object({ overHar: z.number(), overEwma: z.number() }),
  dieboldMariano: z.object({ treesAgainstHar: z.object({ pValueBetter: z.number() }) }),
  controls: z.object({ columnsThatLookAhead: z.array(z.number()) }),
})

test('a year of hours already shows the day’s rhythm that HAR does not know', () => {
  const { models, qlikeImprovement, dieboldMariano, controls, testRows } = report.parse(
    volatilityReport(hourlyBars(6_000)),
  )
  expect(testRows).toBe(2_994)
  expect(qlikeImprovement.overHar).toBeGreaterThan(0.05)
  expect(dieboldMariano.treesAgainstHar.pValueBetter).toBeLessThan(0.01)
  expect(models.boostedTrees.rSquaredOfLog).toBeGreaterThan(models.har.rSquaredOfLog)
  expect(controls.columnsThatLookAhead).toEqual([])
}, 60_000)

test('too few bars are refused', () => {
  expect(() => volatilityReport(hourlyBars(3_000))).toThrow(InvalidBars)
})

test('a price that stands still is refused: it has no variance to forecast', () => {
  const bars = hourlyBars(6_000)
  const still = new Float64Array(bars.size).fill(1.3)
  const flat = { ...bars, open: still, high: still, low: still, close: still }
  expect(() => volatilityReport(flat)).toThrow('stands still')
  expect(() => forecastReport(flat)).toThrow('stands still')
  const stops = (column: Float64Array) => column.map((price, row) => (row < 3_200 ? price : 1.3))
  const stopped = {
    ...bars,
    open: stops(bars.open),
    high: stops(bars.high),
    low: stops(bars.low),
    close: stops(bars.close),
  }
  expect(() => volatilityReport(stopped)).toThrow(/stands still over \d+ of 2994 tested spans/)
})
