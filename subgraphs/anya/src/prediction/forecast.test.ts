import { expect, test } from 'vitest'
import { directed, directionOf, isInSample, probabilityIn, upOf } from './forecast.ts'

const TRAINED_ON = [{ segment: 'spot_btcusdt_20240808' }]
const playing = (segment: string, pass: number) => ({ dataSet: 'binance', segment, pass })

test('a probability below one half is a forecast of the other direction', () => {
  expect(directed(0.7)).toEqual({ direction: 'UP', probability: 0.7 })
  expect(directed(0.25)).toEqual({ direction: 'DOWN', probability: 0.75 })
  expect(directed(0.5).direction).toBe('UP')
  expect(upOf('DOWN', 0.75)).toBe(0.25)
  expect(upOf(null, null)).toBeNull()
})

test('what a model says is a probability, but for rounding, or nothing', () => {
  expect([0, 0.25, 1, 1 + 1e-7, -1e-7].map(probabilityIn)).toEqual([0, 0.25, 1, 1, 0])
  expect([Number.NaN, 1.01, -0.01, Number.POSITIVE_INFINITY].map(probabilityIn)).toEqual([null, null, null, null])
})

test('a forecast is in sample while training data plays, or anything for the second time', () => {
  expect(isInSample(playing('spot_btcusdt_20240808', 1), TRAINED_ON)).toBe(true)
  expect(isInSample(playing('spot_btcusdt_20240809', 1), TRAINED_ON)).toBe(false)
  expect(isInSample(playing('spot_btcusdt_20240809', 2), TRAINED_ON)).toBe(true)
  expect(isInSample(null, TRAINED_ON)).toBe(false)
})

test('a mid price that stayed has no direction', () => {
  expect([directionOf(1), directionOf(0), directionOf(-0.1)]).toEqual(['UP', null, 'DOWN'])
})
