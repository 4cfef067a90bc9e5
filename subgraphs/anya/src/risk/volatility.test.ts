import { seededRandom } from '@opsource/kernel'
import { describe, expect, test } from 'vitest'
import { normalQuantile } from '../statistics/distribution.ts'
import { filterReturns, fitVolatility, type GjrGarch, meanSquare, nextVariance } from './volatility.ts'

const TRUTH: GjrGarch = { model: 'gjr-garch', omega: 2e-6, alpha: 0.04, gamma: 0.1, beta: 0.88 }

function simulated(model: GjrGarch, size: number, seed: number): Float64Array {
  const random = seededRandom(seed)
  let variance = model.omega / (1 - model.alpha - model.gamma / 2 - model.beta)
  return Float64Array.from({ length: size }, () => {
    const r = Math.sqrt(variance) * normalQuantile(random.next() || 0.5)
    variance = nextVariance(model, variance, r)
    return r
  })
}

const fitted = (returns: Float64Array): GjrGarch => {
  const model = fitVolatility(returns)
  if (model.model !== 'gjr-garch') throw new Error(`fell back: ${model.because}`)
  return model
}

describe('GJR-GARCH', () => {
  test('recovers the parameters that made a long series', () => {
    const { omega, alpha, gamma, beta } = fitted(simulated(TRUTH, 12_000, 1))
    expect(alpha).toBeCloseTo(TRUTH.alpha, 1.5)
    expect(gamma).toBeCloseTo(TRUTH.gamma, 1.5)
    expect(beta).toBeCloseTo(TRUTH.beta, 1.5)
    expect(omega / TRUTH.omega).toBeGreaterThan(0.8)
    expect(omega / TRUTH.omega).toBeLessThan(1.25)
  })

  test('finds rises that frighten more than falls, which have a negative gamma', () => {
    const { alpha, gamma } = fitted(simulated({ ...TRUTH, alpha: 0.14, gamma: -0.1 }, 12_000, 2))
    expect(gamma).toBeLessThan(-0.06)
    expect(alpha + gamma).toBeGreaterThan(0)
  })

  test('finds the same from another start', () => {
    const returns = simulated(TRUTH, 3_000, 3)
    const first = fitted(returns)
    const again = fitVolatility(returns, { model: 'gjr-garch', omega: 1e-5, alpha: 0.1, gamma: 0, beta: 0.7 })
    expect(again).toMatchObject({ model: 'gjr-garch' })
    for (const name of ['alpha', 'gamma', 'beta'] as const)
      expect(again.model === 'gjr-garch' && again[name]).toBeCloseTo(first[name], 2)
  })

  test('stays stationary where volatility only rises', () => {
    const { alpha, gamma, beta } = fitted(simulated(TRUTH, 1_000, 4).map((r, bar) => r * (1 + bar / 100)))
    expect(alpha + gamma / 2 + beta).toBeLessThan(1)
  })

  test('does not depend on the unit of returns', () => {
    const returns = simulated(TRUTH, 2_000, 5)
    const [plain, percent] = [fitted(returns), fitted(returns.map((r) => 100 * r))]
    expect(percent.beta).toBeCloseTo(plain.beta, 6)
    expect(percent.omega / plain.omega).toBeCloseTo(10_000, 2)
  })

  test('leaves residuals of variance 1 without their clustering', () => {
    const returns = simulated(TRUTH, 5_000, 6)
    const { residuals } = filterReturns(returns, fitted(returns))
    expect(meanSquare(residuals)).toBeCloseTo(1, 1)
    expect(Math.abs(autocorrelation(residuals.map((z) => z * z)))).toBeLessThan(0.04)
    expect(autocorrelation(returns.map((r) => r * r))).toBeGreaterThan(0.08)
  })
})

describe('where GJR-GARCH cannot be estimated, EWMA is used and says why:', () => {
  test.each([
    ['too few returns', simulated(TRUTH, 249, 7), 'TOO_FEW_RETURNS'],
    ['a price that never moves', new Float64Array(500), 'NO_VARIATION'],
    [
      'a price that hardly ever moves',
      simulated(TRUTH, 500, 8).map((r, bar) => (bar % 3 === 0 ? r : 0)),
      'NO_VARIATION',
    ],
  ])('%s', (_name, returns, because) => {
    const model = fitVolatility(returns)
    expect(model).toEqual({ model: 'ewma', lambda: 0.94, because })
    expect(filterReturns(returns, model).residuals.every(Number.isFinite)).toBe(true)
  })
})

function autocorrelation(values: Float64Array): number {
  const mean = values.reduce((sum, v) => sum + v, 0) / values.length
  let [cross, square] = [0, 0]
  for (const [index, value] of values.entries()) {
    square += (value - mean) ** 2
    if (index > 0) cross += (value - mean) * (values[index - 1]! - mean)
  }
  return cross / square
}
