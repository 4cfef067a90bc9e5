import { expect, test } from 'vitest'
import { recordedHours } from '../testing/recorded-hours.ts'
import type { Bar } from './bar.ts'
import { CHART_KINDS, ChartFinder, type ChartPattern } from './charts.ts'

/** A market that goes from turn to turn in straight lines, ten bars each, after a calm that fixes its average true range. */
function drawn(...turns: number[]): Bar[] {
  const closes = Array.from({ length: 20 }, (_, i) => turns[0]! + (i % 2))
  for (const [i, turn] of turns.slice(1).entries())
    for (let step = 1; step <= 10; step++) closes.push(turns[i]! + ((turn - turns[i]!) * step) / 10)
  return closes.map((close, i) => {
    const open = closes[i - 1] ?? close
    return { openTime: i * 60_000, open, high: Math.max(open, close), low: Math.min(open, close), close, volume: 1 }
  })
}

function found(bars: readonly Bar[]): (ChartPattern & { readonly index: number })[] {
  const finder = new ChartFinder()
  return bars.flatMap((bar, index) => finder.add(bar).map((pattern) => ({ ...pattern, index })))
}

const kindsOf = (bars: readonly Bar[]) => new Set(found(bars).map(({ kind }) => kind))

test.each([
  ['DOUBLE_TOP', [1_000, 1_100, 1_050, 1_101, 1_000]],
  ['DOUBLE_BOTTOM', [1_000, 900, 950, 899, 1_000]],
  ['HEAD_AND_SHOULDERS', [1_000, 1_100, 1_050, 1_160, 1_050, 1_100, 1_000]],
  ['INVERSE_HEAD_AND_SHOULDERS', [1_000, 900, 950, 840, 950, 900, 1_000]],
  ['ASCENDING_TRIANGLE', [1_000, 1_100, 1_000, 1_100, 1_040, 1_100, 1_060]],
  ['DESCENDING_TRIANGLE', [1_000, 900, 1_000, 900, 960, 900, 940]],
  ['SYMMETRICAL_TRIANGLE', [1_000, 1_140, 1_000, 1_120, 1_030, 1_100, 1_060]],
  ['RISING_CHANNEL', [1_000, 1_100, 1_050, 1_150, 1_100, 1_200, 1_150]],
  ['FALLING_CHANNEL', [1_000, 900, 950, 850, 900, 800, 850]],
  ['HORIZONTAL_CHANNEL', [1_000, 1_100, 1_000, 1_100, 1_000, 1_100, 1_000]],
] as const)('a drawn %s is found', (kind, turns) => {
  expect(kindsOf(drawn(...turns))).toContain(kind)
})

test('a double top is known when price closes below the low between the highs, and not before', () => {
  const bars = drawn(1_000, 1_100, 1_050, 1_101, 1_000)
  const [top] = found(bars).filter(({ kind }) => kind === 'DOUBLE_TOP')
  expect(top?.points.map(({ price }) => price)).toEqual([1_100, 1_050, 1_101, bars[top!.index]!.close])
  expect(bars[top!.index]!.close).toBeLessThan(1_050)
  expect(bars[top!.index - 1]!.close).toBeGreaterThanOrEqual(1_050)
  expect(top?.direction).toBe('BEARISH')
})

test('two highs of different heights, or without the close below, are no double top', () => {
  expect(kindsOf(drawn(1_000, 1_100, 1_050, 1_130, 1_000))).not.toContain('DOUBLE_TOP')
  expect(kindsOf(drawn(1_000, 1_100, 1_050, 1_101, 1_060, 1_150))).not.toContain('DOUBLE_TOP')
})

test('a head that does not stand out over its shoulders is none', () => {
  expect(kindsOf(drawn(1_000, 1_100, 1_050, 1_104, 1_050, 1_100, 1_000))).not.toContain('HEAD_AND_SHOULDERS')
})

test('a market that only rises has no pattern', () => {
  expect(found(drawn(1_000, 1_500, 2_000))).toEqual([])
})

test('every kind occurs in 42,000 real hours, and no later bar takes a pattern back or adds one to the past', () => {
  const bars = recordedHours()
  const whole = found(bars)
  expect(new Set(whole.map(({ kind }) => kind))).toEqual(new Set(CHART_KINDS))
  for (const size of [500, 7_301, 15_000])
    expect(found(bars.slice(0, size))).toEqual(whole.filter(({ index }) => index < size))
  for (const { points, index } of whole)
    for (const { time } of points) expect(time).toBeLessThanOrEqual(bars[index]!.openTime)
})
