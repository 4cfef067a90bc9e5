import { seededRandom } from '@opsource/kernel'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { normalSample } from '../statistics/random.ts'
import { hourlyBars } from '../testing/euro-hours.ts'
import { InvalidBars } from './bars.ts'
import { forecastReport } from './forecast.ts'

const model = z.object({ informationCoefficient: z.number(), standardError: z.number() })
const dieboldMariano = z.object({ statistic: z.number(), pValueBetter: z.number() })
const report = z.object({
  testRows: z.number(),
  models: z.object({ boostedTrees: model, ridge: model, persistence: model }),
  dieboldMariano: z.object({ treesAgainstRandomWalk: dieboldMariano }),
  calibration: z.object({ brier: z.number(), brierOfHalf: z.number(), expectedCalibrationError: z.number() }),
  controls: z.object({
    shuffledTarget: z.object({ passes: z.boolean() }),
    leak: z.object({
      featuresThatLookAhead: z.array(z.string()),
      plantedFuture: z.object({ foundByPrefixes: z.boolean(), foundByCorrelation: z.boolean() }),
    }),
  }),
})

/** Bars that go on with 30 % of the last move. */
function trendingBars(size: number) {
  const random = seededRandom(8)
  let move = 0
  let level = 0
  const levels = Float64Array.from({ length: size + 1 }, () => {
    move = 0.3 * move + 0.001 * normalSample(random)
    level += move
    return 100 * Math.exp(level)
  })
  const [open, close] = [levels.subarray(0, size), levels.subarray(1)]
  return {
    size,
    time: Float64Array.from({ length: size }, (_, i) => i * 3_600_000),
    open,
    close,
    high: open.map((price, i) => Math.max(price, close[i]!)),
    low: open.map((price, i) => Math.min(price, close[i]!)),
    volume: new Float64Array(size),
  }
}

test('what can be forecast is forecast, better than by the random walk, and the controls find leaks only where planted', () => {
  const { models, dieboldMariano, calibration, controls } = report.parse(forecastReport(trendingBars(4_200)))
  const { informationCoefficient, standardError } = models.boostedTrees
  expect(informationCoefficient).toBeGreaterThan(0.2)
  expect(standardError).toBeCloseTo(1 / Math.sqrt(2_098), 5)
  expect(dieboldMariano.treesAgainstRandomWalk.statistic).toBeLessThan(-3)
  expect(calibration.brier).toBeLessThan(calibration.brierOfHalf)
  expect(controls).toEqual({
    shuffledTarget: expect.objectContaining({ passes: true }),
    leak: { featuresThatLookAhead: [], plantedFuture: { foundByPrefixes: true, foundByCorrelation: true } },
  })
}, 60_000)

test('too few bars are refused with how many a fold would have', () => {
  expect(() => forecastReport(hourlyBars(2_000))).toThrow(InvalidBars)
  expect(() => forecastReport(hourlyBars(2_000))).toThrow('2000 bars are too few: a fold has')
  expect(() => forecastReport(hourlyBars(0))).toThrow('0 bars are too few')
})
