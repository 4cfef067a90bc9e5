import { expect, test } from 'vitest'
import { daysOf } from './days.ts'

const HOUR = 3_600_000
const hours = {
  size: 4,
  time: Float64Array.of(22, 23, 24, 25).map((hour) => hour * HOUR),
  open: Float64Array.of(10, 11, 12, 13),
  high: Float64Array.of(11, 15, 13, 14),
  low: Float64Array.of(9, 10, 8, 12),
  close: Float64Array.of(11, 12, 13, 12.5),
  volume: Float64Array.of(1, 2, 3, 4),
}

test('hours are joined to days of UTC', () => {
  expect(daysOf(hours)).toEqual({
    size: 2,
    time: Float64Array.of(0, 24 * HOUR),
    open: Float64Array.of(10, 12),
    high: Float64Array.of(15, 14),
    low: Float64Array.of(9, 8),
    close: Float64Array.of(12, 12.5),
    volume: Float64Array.of(3, 7),
  })
})

test('days stay as they are', () => {
  const days = { ...hours, time: hours.time.map((_, day) => day * 24 * HOUR + 21 * HOUR) }
  expect(daysOf(days)).toBe(days)
})
