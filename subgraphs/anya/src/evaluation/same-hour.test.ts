import { expect, test } from 'vitest'
import { QUARTER, SAME_HOUR_NAMES, sameHourColumns } from './same-hour.ts'

const HOURS = 24
const DAYS = 80
const HORIZON = 6
const JUMP = { day: 5, hour: 10 }

/** Calm hours, but for one after the tenth of the fifth day. */
function quarterColumn(): Float64Array {
  const time = Float64Array.from({ length: DAYS * HOURS }, (_, i) => i * 3_600_000)
  const squares = new Float64Array(time.length).fill(1)
  squares[JUMP.day * HOURS + JUMP.hour + 1] = 601
  return sameHourColumns(time, squares, HORIZON).at(-1)!
}

test('what followed an hour a quarter ago is remembered at that hour, for as many days as a quarter is uncertain', () => {
  const column = quarterColumn()
  const at = (daysAfter: number, hour = JUMP.hour) => column[(JUMP.day + daysAfter) * HOURS + hour]!
  expect(SAME_HOUR_NAMES.at(-1)).toContain(`${QUARTER.from}_${QUARTER.to}`)
  // Days are counted from the newest whose outcome is known, which is yesterday's.
  expect(at(QUARTER.to)).toBeCloseTo(Math.log(101), 10)
  expect([QUARTER.to + 1, QUARTER.from].map((days) => at(days))).toEqual([0, Number.NaN])
  // The five hours before saw it in their horizon too, the hour of the jump itself did not.
  expect(at(QUARTER.to, JUMP.hour - 5)).toBeCloseTo(Math.log(101), 10)
  expect(at(QUARTER.to, JUMP.hour - 6)).toBe(0)
  expect(at(QUARTER.to, JUMP.hour + 1)).toBe(0)
})
