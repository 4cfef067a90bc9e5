import { expect, test } from 'vitest'
import { ForwardReturns, HORIZONS, measurementsOf, studentQuantile } from './forward-returns.ts'

/** Goes through closes; the pattern occurs at the given bars. @returns what was known of it after the last. */
function measured(closes: readonly number[], at: readonly number[]) {
  const returns = new ForwardReturns()
  closes.forEach((close, index) => {
    returns.close(close)
    if (at.includes(index)) returns.occurred('P')
  })
  return measurementsOf(returns.known('P'))
}

test("Student's quantiles are those of the tables", () => {
  expect(studentQuantile(0.975, 1)).toBeCloseTo(12.7062, 4)
  expect(studentQuantile(0.975, 10)).toBeCloseTo(2.22814, 5)
  expect(studentQuantile(0.975, 1_000)).toBeCloseTo(1.96234, 5)
})

test('the mean and its interval are those of the returns that followed', () => {
  const [one] = measured([100, 101, 100, 103, 100, 102], [0, 2, 4])
  // 1 %, 3 % and 2 %: mean 2 %, standard error 1 % / √3, t of two degrees 4.3027.
  expect(one).toMatchObject({ horizonBars: 1, count: 3 })
  expect(one?.meanBps).toBeCloseTo(200, 9)
  expect(one?.lowerBps).toBeCloseTo(200 - (4.30265 * 100) / Math.sqrt(3), 2)
  expect(one?.upperBps).toBeCloseTo(200 + (4.30265 * 100) / Math.sqrt(3), 2)
})

test('an occurrence counts only when its horizon is over', () => {
  const closes = Array.from({ length: 6 }, (_, i) => 100 + i)
  const counts = (size: number) => measured(closes.slice(0, size), [0]).map(({ count }) => count)
  expect([1, 2, 5, 6].map((size) => counts(size))).toEqual([
    [0, 0, 0],
    [1, 0, 0],
    [1, 0, 0],
    [1, 1, 0],
  ])
})

test('an occurrence within the horizon of the one before it does not count', () => {
  const closes = Array.from({ length: 40 }, (_, i) => 100 + i)
  const every = closes.map((_, i) => i)
  expect(measured(closes, every).map(({ count }) => count)).toEqual([39, 7, 1])
})

test('what was told of a moment does not change with what comes after', () => {
  const returns = new ForwardReturns()
  for (const close of [100, 101, 102]) {
    returns.close(close)
    returns.occurred('P')
  }
  const known = returns.known('P')
  const before = JSON.stringify(measurementsOf(known))
  for (const close of [90, 80, 120]) returns.close(close)
  expect(JSON.stringify(measurementsOf(known))).toBe(before)
  expect(measurementsOf(returns.known('P'))).not.toEqual(measurementsOf(known))
})

test('many patterns that mean nothing yield small p values, and none that survives the correction', () => {
  const returns = new ForwardReturns()
  let seed = 1
  const random = () => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff
    return seed / 0x80000000
  }
  let close = 1_000
  for (let i = 0; i < 3_000; i++) {
    close *= 1 + (random() + random() + random() - 1.5) / 100
    returns.close(close)
    for (let pattern = 0; pattern < 60; pattern++) if (random() < 0.02) returns.occurred(`P${pattern}`)
  }
  const all = returns.keys().flatMap((key) => measurementsOf(returns.known(key)))
  expect(all).toHaveLength(60 * HORIZONS.length)
  const small = all.filter(({ pValue }) => pValue !== null && pValue < 0.05)
  expect(small.length).toBeGreaterThan(2)
  expect(small.length).toBeLessThan(20)
  expect(all.filter(({ adjustedPValue }) => adjustedPValue !== null && adjustedPValue < 0.05)).toEqual([])
})
