import { seededRandom } from '@opsource/kernel'
import { expect, test } from 'vitest'
import { calibrationOf, fitCurve, probabilityOf } from './calibration.ts'

const random = seededRandom(4)
const forecasts = Float64Array.from({ length: 20_000 }, () => random.next() - 0.5)
const positive = Uint8Array.from(forecasts, (x) => (random.next() < 1 / (1 + Math.exp(-(0.3 + 2 * x))) ? 1 : 0))

test('the curve that made the outcomes is found, and what it says comes true', () => {
  const curve = fitCurve(forecasts, positive)
  expect(curve.slope).toBeCloseTo(2, 0)
  expect(curve.intercept).toBeCloseTo(0.3, 1)
  const probabilities = forecasts.map((x) => probabilityOf(curve, x))
  const { brier, brierOfHalf, expectedCalibrationError, reliability } = calibrationOf(probabilities, positive)
  expect(brier).toBeLessThan(brierOfHalf)
  expect(expectedCalibrationError).toBeLessThan(0.02)
  expect(reliability.map(({ rows }) => rows)).toEqual(new Array(10).fill(2_000))
})

test('boasting shows as calibration error', () => {
  const boasts = forecasts.map((x) => (x > 0 ? 0.99 : 0.01))
  expect(calibrationOf(boasts, positive).expectedCalibrationError).toBeGreaterThan(0.2)
})
