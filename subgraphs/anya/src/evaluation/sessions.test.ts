import { expect, test } from 'vitest'
import { sessionsOf } from './sessions.ts'

const HOUR = 3_600_000

/** Hourly bars of the given hours of the day, on the weekdays of `weeks` weeks from a Monday on. */
function bars(weeks: number, hours: readonly number[], days = [0, 1, 2, 3, 4]): Float64Array {
  const monday = Date.UTC(2018, 0, 1)
  return Float64Array.from(
    Array.from({ length: weeks }, (_, week) =>
      days.flatMap((day) => hours.map((hour) => ((week * 7 + day) * 24 + hour) * HOUR)),
    ).flat(),
    (at) => monday + at,
  )
}

test('the last bar of a session closes it; the others do not', () => {
  const time = bars(10, [9, 10, 11, 12])
  const { isClosing, gaps, closingHours } = sessionsOf(time)
  expect([0, 1, 2, 3].map(isClosing)).toEqual([false, false, false, true])
  expect(gaps).toBe(49)
  expect(closingHours).toEqual([12])
})

test('a market open at night rolls over on every day at the hour at which its week ends', () => {
  const night = Array.from({ length: 24 }, (_, hour) => hour)
  // Its week ends on Friday with the bar of 20:00.
  const time = bars(30, night).filter((at) => new Date(at).getUTCDay() !== 5 || new Date(at).getUTCHours() <= 20)
  const { isClosing, closingHours } = sessionsOf(time)
  expect(closingHours).toEqual([20])
  expect([18, 19, 20, 21, 22].map(isClosing)).toEqual([false, false, true, true, false])
})

test('a market that never closes has no closing hours, whatever outages it had', () => {
  const time = bars(
    8,
    Array.from({ length: 24 }, (_, hour) => hour),
    [0, 1, 2, 3, 4, 5, 6],
  ).filter((_, i) => i % 100 !== 50)
  const { isClosing, closingHours } = sessionsOf(time)
  expect(closingHours).toEqual([])
  expect(isClosing(10)).toBe(false)
  expect(isClosing(49)).toBe(true)
})
