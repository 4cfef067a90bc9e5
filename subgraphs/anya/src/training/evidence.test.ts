import { expect, test } from 'vitest'
import { BAR_FEATURE_COUNT, barFeatureTable, findLookahead } from '../bar-features/index.ts'
import { withNextChange } from '../evaluation/planted.ts'
import { hourlyBars } from '../testing/euro-hours.ts'
import { plantedFuture, tooGood } from './evidence.ts'

const shows = ({ observed, threshold }: { observed: number; threshold: number }) => !(observed <= threshold)

test('a column that looks ahead is found on prefixes, and it alone', () => {
  expect(findLookahead(hourlyBars(600), withNextChange(barFeatureTable), 2)).toEqual([BAR_FEATURE_COUNT])
})

test('an attempt that overlooks what was planted says that none is to be trusted', () => {
  expect(shows(plantedFuture([true, true]))).toBe(false)
  expect(plantedFuture([true, false])).toMatchObject({ name: 'planted-future', observed: 1 })
  expect(shows(plantedFuture([true, false]))).toBe(true)
})

test('returns that are forecast better than anyone can are taken for a leak', () => {
  expect([0.03, -0.4, Number.NaN].map((correlation) => shows(tooGood(correlation)))).toEqual([false, false, false])
  expect(shows(tooGood(0.3))).toBe(true)
})
