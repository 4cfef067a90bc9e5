import { expect, test } from 'vitest'
import { curveOf, valuationsWithin } from './curve.ts'

const range = { from: 15, to: 45, intervalMs: 10 }

test('a curve is looked at where it begins, at each interval and where it ends; flows are told since the point before', () => {
  const valuations = valuationsWithin(range, { time: 3, equity: 90n, flow: 10n }, [
    { time: 22, equity: 110n, flow: 40n },
    { time: 28, equity: 155n, flow: 5n },
    { time: 44, equity: 170n, flow: 0n },
  ])
  expect(curveOf(range, valuations)).toEqual([
    { time: 15, equity: 100n, externalFlow: 0n },
    { time: 20, equity: 100n, externalFlow: 0n },
    { time: 30, equity: 160n, externalFlow: 45n },
    { time: 40, equity: 160n, externalFlow: 0n },
    { time: 45, equity: 170n, externalFlow: 0n },
  ])
})

test('before an account is first seen it has no points, and never seen none at all', () => {
  expect(curveOf(range, valuationsWithin(range, null, [{ time: 31, equity: 0n, flow: 7n }]))).toEqual([
    { time: 40, equity: 7n, externalFlow: 7n },
    { time: 45, equity: 7n, externalFlow: 0n },
  ])
  expect(curveOf(range, valuationsWithin(range, null, []))).toEqual([])
})

test('what lies outside the range is not in it', () => {
  const outside = [
    { time: 15, equity: 1n, flow: 0n },
    { time: 46, equity: 2n, flow: 0n },
  ]
  expect(valuationsWithin(range, null, outside)).toEqual([])
})
