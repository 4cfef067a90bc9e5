import { seededRandom } from '@opsource/kernel'
import { expect, test } from 'vitest'
import { normalQuantile } from '../statistics/distribution.ts'
import { AdaptiveLevel } from './adaptive-level.ts'
import { backtest, rollingForecasts } from './backtest.ts'
import { ewmaNormal, FilteredHistoricalSimulation, historicalSimulation } from './forecast.ts'

const WINDOW = 400
const DEEPEST = 0.1

/** Returns of 1 % a day; from `from` on of 3 %. */
function returnsWithTurmoil(size: number, from: number, seed: number): Float64Array {
  const random = seededRandom(seed)
  return Float64Array.from(
    { length: size },
    (_, day) => (day < from ? 0.01 : 0.03) * normalQuantile(random.next() || 0.5),
  )
}
const filtered = () => new FilteredHistoricalSimulation({ deepest: DEEPEST, refitEvery: 20 })
const forecasters = [
  ['filtered historical simulation', filtered],
  ['EWMA with normal returns', () => ewmaNormal(0.94, DEEPEST)],
  ['historical simulation', () => historicalSimulation(250, DEEPEST)],
] as const

test.each(forecasters)('a forecast by %s does not change with what comes after it', (_name, forecaster) => {
  const returns = returnsWithTurmoil(WINDOW + 60, 430, 1)
  const whole = rollingForecasts(returns, forecaster(), WINDOW).map((each) => each.tail(0.01))
  const prefix = rollingForecasts(returns.slice(0, WINDOW + 30), forecaster(), WINDOW).map((each) => each.tail(0.01))
  expect(prefix).toEqual(whole.slice(0, 30))
})

test.each(forecasters)('the tail of %s is that of its own quantiles', (_name, forecaster) => {
  const forecast = forecaster().forecast(returnsWithTurmoil(WINDOW, WINDOW, 2))
  const steps = 5_000
  let sum = 0
  for (let step = 0; step < steps; step++) sum += forecast.quantile((0.05 * (step + 0.5)) / steps)
  const { valueAtRisk, expectedShortfall } = forecast.tail(0.05)
  expect(forecast.quantile(0.05 - 1e-9) / valueAtRisk).toBeCloseTo(1, 2)
  expect(sum / steps / expectedShortfall).toBeCloseTo(1, 2)
  expect(expectedShortfall).toBeLessThan(valueAtRisk)
})

test('a model is estimated anew every 20 bars', () => {
  const model = filtered()
  rollingForecasts(returnsWithTurmoil(WINDOW + 61, 1_000, 3), model, WINDOW)
  expect(model.fits).toEqual({ made: 4, fellBack: 0 })
})

test('filtering follows turmoil at once, where plain history has too many violations', () => {
  const returns = returnsWithTurmoil(WINDOW + 500, WINDOW + 250, 4)
  const rate = (forecaster: ReturnType<typeof filtered> | ReturnType<typeof historicalSimulation>) =>
    backtest(rollingForecasts(returns, forecaster, WINDOW), returns.subarray(WINDOW), 0.05, {
      adapt: false,
      random: seededRandom(1),
    })
  const [ours, plain] = [rate(filtered()), rate(historicalSimulation(400, DEEPEST))]
  expect(ours.kupiec.p).toBeGreaterThan(0.05)
  expect(plain.kupiec.p).toBeLessThan(0.001)
  expect(plain.trafficLight.overall).toBe('red')
})

test('the level that is asked follows the violations, within bounds', () => {
  const level = new AdaptiveLevel(0.01)
  level.observe(true)
  expect(level.asked).toBeCloseTo(0.01 - 0.05 * 0.01 * 0.99, 15)
  for (let day = 0; day < 99; day++) level.observe(false)
  expect(level.asked).toBeCloseTo(0.01, 12)
  for (let day = 0; day < 100; day++) level.observe(true)
  expect(level.asked).toBe(0.0025)
  for (let day = 0; day < 10_000; day++) level.observe(false)
  expect(level.asked).toBe(0.02)
})
