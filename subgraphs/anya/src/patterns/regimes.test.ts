import { expect, test } from 'vitest'
import { recordedHours } from '../testing/recorded-hours.ts'
import type { Bar } from './bar.ts'
import { RegimeMeter } from './regimes.ts'

const barAt = (close: number): Bar => ({ openTime: 0, open: close, high: close, low: close, close, volume: 0 })

function regimesOf(closes: readonly number[]) {
  const meter = new RegimeMeter()
  return closes.map((close) => meter.add(barAt(close)))
}

/** Up and down around a level by `size`, then, if asked, straight on by `step` a bar. */
const closesOf = (size: number, step = 0, bars = 20) => [
  ...Array.from({ length: 100 }, (_, i) => 10_000 + (i % 2 === 0 ? size : -size)),
  ...Array.from({ length: bars }, (_, i) => 10_000 - size + step * (i + 1)),
]

test('a market that goes to and fro is in a range, one that goes straight on trends that way', () => {
  expect(regimesOf(closesOf(10, 0, 0)).at(-1)).toMatchObject({ trend: 'RANGE' })
  expect(regimesOf(closesOf(10, 10)).at(-1)).toMatchObject({ trend: 'UP', efficiency: 1 })
  expect(regimesOf(closesOf(10, -10)).at(-1)).toMatchObject({ trend: 'DOWN', efficiency: 1 })
})

test('returns that are larger than they were are high volatility, smaller ones low', () => {
  expect(regimesOf(closesOf(10, 100)).at(-1)?.volatility).toBe('HIGH')
  expect(regimesOf(closesOf(10, 1)).at(-1)?.volatility).toBe('LOW')
})

test('nothing is said before there are 50 bars to compare with', () => {
  const regimes = regimesOf(closesOf(10))
  expect(regimes.slice(0, 70).every((regime) => regime === null)).toBe(true)
  expect(regimes[70]).not.toBeNull()
})

test('a market that stands still is in a range of low volatility', () => {
  expect(regimesOf(Array.from({ length: 100 }, () => 7)).at(-1)).toMatchObject({
    trend: 'RANGE',
    volatility: 'LOW',
    efficiency: 0,
  })
})

test('what is said of a bar does not depend on those after it, and is what the definition says', () => {
  const closes = recordedHours()
    .slice(0, 1_000)
    .map(({ close }) => close)
  const whole = regimesOf(closes)
  expect(regimesOf(closes.slice(0, 600))).toEqual(whole.slice(0, 600))
  const deviation = (end: number) => {
    const returns = Array.from({ length: 20 }, (_, i) => Math.log(closes[end - i]! / closes[end - i - 1]!))
    return Math.sqrt(returns.reduce((sum, value) => sum + value ** 2, 0) / 20)
  }
  const before = Array.from({ length: 250 }, (_, i) => deviation(899 - i)).sort((a, b) => a - b)
  expect(whole[900]?.deviation).toBeCloseTo(deviation(900), 12)
  expect(whole[900]?.volatility).toBe(deviation(900) > before[125]! ? 'HIGH' : 'LOW')
})
