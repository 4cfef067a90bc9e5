import { expect, test } from 'vitest'
import { walkForwardBars } from './walk-forward.ts'

const plan = { folds: 5, testShare: 0.5, validationShare: 0.15, horizon: 6, embargo: 20, first: 20 }

test('no label reaches from one part into the next, and the tests cover the newest half once', () => {
  const folds = walkForwardBars(1_000, plan, () => true)
  for (const { train, validation, test } of folds) {
    expect(train[0]).toBe(20)
    expect(validation[0]! - train.at(-1)!).toBeGreaterThan(26)
    expect(test[0]! - validation.at(-1)!).toBeGreaterThan(26)
  }
  expect(folds.flatMap(({ test }) => [...test])).toEqual(Array.from({ length: 494 }, (_, i) => 500 + i))
})

test('rows that may not be used are in no part', () => {
  const folds = walkForwardBars(1_000, plan, (row) => row % 7 !== 0)
  for (const part of folds.flatMap(({ train, validation, test }) => [train, validation, test])) {
    expect(part.some((row) => row % 7 === 0)).toBe(false)
    expect(part.length).toBeGreaterThan(0)
  }
})
