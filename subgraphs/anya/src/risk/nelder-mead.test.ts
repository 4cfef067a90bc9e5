import { expect, test } from 'vitest'
import { minimise } from './nelder-mead.ts'

test('the minimum of Rosenbrock’s valley is found', () => {
  const { at, converged } = minimise(([x, y]) => (1 - x!) ** 2 + 100 * (y! - x! ** 2) ** 2, [-1.2, 1])
  expect(converged).toBe(true)
  expect(at[0]).toBeCloseTo(1, 2)
  expect(at[1]).toBeCloseTo(1, 2)
})

test('where the function has no value there is no minimum', () => {
  const { at } = minimise(([x]) => (x! < 1 ? Number.NaN : (x! - 1) ** 2), [3])
  expect(at[0]).toBeCloseTo(1, 3)
})

test('a search that runs out of evaluations says so', () => {
  expect(minimise(([x, y]) => x! ** 2 + y! ** 2, [40, 30], { maxEvaluations: 10 }).converged).toBe(false)
})
