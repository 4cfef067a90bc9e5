import { seededRandom } from '@opsource/kernel'
import { describe, expect, test } from 'vitest'
import { pearson } from '../statistics/correlation.ts'
import { dieboldMariano } from '../statistics/diebold-mariano.ts'
import { forecastOf } from '../testing/forecast.ts'
import { directed, type Forecast } from './forecast.ts'
import { addLosses, comparabilityOf, MIN_BLOCKS, type Rivalry, rivalrySchema, testOf } from './rivalry.ts'
import { figuresOf, scoreOf } from './track-figures.ts'
import { type TrackSums, trackSumsSchema, withOutcome } from './track-record.ts'

const NOTHING = trackSumsSchema.parse({})
const HORIZON_MS = 10_000
/** A forecast of each second, all with an outcome. */
const summed = (forecasts: readonly Partial<Forecast>[]): TrackSums =>
  forecasts.reduce<TrackSums>(
    (sums, changes, i) => withOutcome(sums, forecastOf({ madeAt: i * 1_000, returnBps: 1, ...changes })),
    NOTHING,
  )
const saying = (up: number, returnBps: number): Partial<Forecast> => ({ ...directed(up), returnBps })

test('hits, Brier score and log loss are means over directions that came, beside the baseline’s', () => {
  const sums = summed([saying(0.8, 2), saying(0.3, 1), saying(0.4, -5)])
  const figures = figuresOf(sums.forecast, sums)
  expect(figures.hitRate).toBeCloseTo(2 / 3, 12)
  expect(figures.brier).toBeCloseTo((0.2 ** 2 + 0.7 ** 2 + 0.4 ** 2) / 3, 12)
  expect(figures.logLoss).toBeCloseTo(-(Math.log(0.8) + Math.log(0.3) + Math.log(0.6)) / 3, 12)
  // The baseline said DOWN with 0.6 each time.
  expect(figuresOf(sums.baseline, sums)).toMatchObject({ hitRate: 1 / 3 })
  expect(scoreOf(sums)).toMatchObject({ count: 3, hitRate: 2 / 3, baselineHitRate: 1 / 3 })
})

test('forecasts in sample are left out and counted, and so are prices that stayed', () => {
  const sums = summed([{ inSample: true }, saying(0.9, 0), saying(0.9, 1), { returnBps: null }])
  expect(sums).toMatchObject({ inSample: 1, unmoved: 1, forecast: { count: 1 }, since: 1_000, until: 2_000 })
})

test('the calibration curve has what was said and what came in ten bins', () => {
  const sums = summed([saying(0.62, 1), saying(0.68, -1), saying(0.66, 1), saying(1, 1), saying(0, -1)])
  const { calibration, calibrationError } = figuresOf(sums.forecast, sums)
  expect(calibration).toHaveLength(10)
  expect(calibration[6]).toMatchObject({ from: 0.6, to: 0.7, count: 3, observedRate: 2 / 3 })
  expect(calibration[6]?.meanForecast).toBeCloseTo((0.62 + 0.68 + 0.66) / 3, 12)
  expect(calibration[9]).toMatchObject({ count: 1, meanForecast: 1, observedRate: 1 })
  expect(calibration[0]).toMatchObject({ count: 1, meanForecast: 0, observedRate: 0 })
  expect(calibration[3]).toMatchObject({ count: 0, meanForecast: null, observedRate: null })
  expect(calibrationError).toBeCloseTo(Math.abs(1.96 - 2) / 5, 12)
})

test('the information coefficient is Pearson’s, and its error counts horizons that do not overlap', () => {
  const random = seededRandom(3)
  const said = Array.from({ length: 200 }, () => random.next() - 0.5)
  const came = said.map((value) => value + 3 * (random.next() - 0.5))
  const sums = summed(said.map((expectedReturnBps, i) => ({ expectedReturnBps, returnBps: came[i]! })))
  const { informationCoefficient, informationCoefficientError, returns } = figuresOf(sums.forecast, sums)
  expect(informationCoefficient).toBeCloseTo(pearson(said, came).value, 10)
  // 200 seconds are 20 horizons of ten.
  expect(informationCoefficientError).toBeCloseTo(1 / Math.sqrt(19), 12)
  expect(returns).toBe(200)
  expect(figuresOf(sums.baseline, sums)).toMatchObject({ informationCoefficient: null, returns: 0 })
})

test('quantiles are held against how often returns stay below them, and a return that meets one counts half', () => {
  const quantilesBps = [-2, -1, 0, 1, 2]
  const sums = summed([-3, -2, 0, 0.5, 5].map((returnBps) => ({ quantilesBps, returnBps })))
  const { quantiles, pinballLoss } = figuresOf(sums.forecast, sums)
  expect(quantiles.map(({ observed }) => observed)).toEqual([0.3, 0.4, 0.5, 0.8, 0.8])
  expect(quantiles[0]).toMatchObject({ level: 0.05, count: 5 })
  expect(pinballLoss).toBeGreaterThan(0)
})

test('a volatility is held against what was measured within the horizon, or else against the return', () => {
  const sums = summed([
    { volatilityBps: 2, realisedVolatilityBps: 4, returnBps: 1 },
    { volatilityBps: 2, realisedVolatilityBps: null, returnBps: 1 },
  ])
  expect(figuresOf(sums.forecast, sums).varianceRatio).toBeCloseTo((4 + 0.25) / 2, 12)
  expect(figuresOf(sums.forecast, sums).varianceLoss).toBeCloseTo(Math.log(4) + (4 + 0.25) / 2, 12)
})

test('what was scored before there were bins keeps its hits, and has no curve', () => {
  const part = { count: 10, hits: 6, squaredErrors: 2.4 }
  const sums = trackSumsSchema.parse({ forecast: part, baseline: part })
  expect(figuresOf(sums.forecast, sums)).toMatchObject({
    hitRate: 0.6,
    brier: 0.24,
    logLoss: null,
    calibrationError: null,
  })
  expect(withOutcome(sums, forecastOf({ ...saying(0.75, 1) })).forecast).toMatchObject({ count: 11, hits: 7 })
})

test('nothing scored gives no figures', () => {
  expect(figuresOf(NOTHING.forecast, NOTHING)).toMatchObject({ hitRate: null, brier: null, pinballLoss: null })
  expect(testOf(NOTHING.rivalry)).toBeNull()
})

describe('the test against the baseline', () => {
  const random = seededRandom(7)
  const differences = Array.from({ length: 25 }, () => random.next() - 0.6)
  const minute = 60_000
  const filled = (values: readonly number[]): Rivalry =>
    [...values, 0].reduce(
      (sums, value, i) => addLosses(sums, [value, 0], i * minute, HORIZON_MS),
      rivalrySchema.parse({}),
    )

  test('from sums is that on the series itself', () => {
    // 25 means have two lags by the rule of the series' test, too.
    const zeros = differences.map(() => 0)
    const { statistic, pValueBetter, meanDifference, lags } = dieboldMariano(differences, zeros, 1)
    expect(lags).toBe(2)
    const test = testOf(filled(differences))
    expect(test?.blocks).toBe(25)
    expect(test?.statistic).toBeCloseTo(statistic, 9)
    expect(test?.pValue).toBeCloseTo(pValueBetter, 9)
    expect(test?.meanDifference).toBeCloseTo(meanDifference, 12)
  })

  test('waits for enough blocks of time', () => {
    expect(testOf(filled(differences.slice(0, MIN_BLOCKS - 1)))).toBeNull()
    expect(testOf(filled(differences.slice(0, MIN_BLOCKS)))).not.toBeNull()
  })

  test('says why there is none: too few blocks, or forecasts that are the same', () => {
    const zeros = differences.map(() => 0)
    expect(comparabilityOf(filled([]))).toEqual({ state: 'TOO_FEW_BLOCKS', blocks: 0, neededBlocks: MIN_BLOCKS })
    expect(comparabilityOf(filled(differences.slice(0, 5)))).toMatchObject({ state: 'TOO_FEW_BLOCKS', blocks: 5 })
    expect(comparabilityOf(filled(differences)).state).toBe('COMPARED')
    expect(comparabilityOf(filled(zeros)).state).toBe('SAME')
  })

  test('takes the mean of a block, however many forecasts lie in it', () => {
    const once = filled(differences)
    const thrice = [...differences, 0].reduce(
      (sums, value, i) =>
        [1.5, 1, 0.5].reduce((all, part) => addLosses(all, [value * part, 0], i * minute, HORIZON_MS), sums),
      rivalrySchema.parse({}),
    )
    expect(testOf(thrice)?.statistic).toBeCloseTo(testOf(once)!.statistic, 9)
  })

  test('finds no difference where both lose the same', () => {
    const rounded = differences.map((_, i) => 1e-9 + i * 1e-10)
    expect(testOf(filled(rounded))).toMatchObject({ statistic: 0, pValue: 0.5 })
  })

  test('compares probabilities, or volatilities where the model knows no direction', () => {
    const directed = summed([saying(0.9, 1)]).rivalry
    expect(directed.sum).toBeCloseTo(-Math.log(0.9) + Math.log(0.4), 12)
    const volatile = { direction: null, probability: null, volatilityBps: 2, baselineVolatilityBps: 4, returnBps: 2 }
    const { rivalry } = summed([volatile])
    expect(rivalry.sum).toBeCloseTo(Math.log(4) + 1 - Math.log(16) - 0.25, 12)
  })
})
