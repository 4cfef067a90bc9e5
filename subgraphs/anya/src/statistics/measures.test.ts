import { expect, test } from 'vitest'
import { measure, rankArea } from './measures.ts'

test('the area under the curve counts rightly ranked pairs, ties half', () => {
  expect(rankArea([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])).toBe(0.75)
  expect(rankArea([0.5, 0.5], [0, 1])).toBe(0.5)
  expect(rankArea([0.2, 0.9], [1, 1])).toBeNaN()
  expect(rankArea([0.2, Number.NaN], [0, 1])).toBeNaN()
})

test('brier, log loss and hit rate are those of the definitions', () => {
  const { brier, logLoss, hitRate } = measure([0.8, 0.4], [1, 1])
  expect(brier).toBeCloseTo((0.04 + 0.36) / 2, 12)
  expect(logLoss).toBeCloseTo(-(Math.log(0.8) + Math.log(0.4)) / 2, 12)
  expect(hitRate).toBe(0.5)
})

test('one sure mistake does not cost an infinite log loss', () => {
  expect(measure([0], [1]).logLoss).toBeCloseTo(13.8155, 4)
})
