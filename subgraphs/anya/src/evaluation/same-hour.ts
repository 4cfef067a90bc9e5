import { Recent, Smoothed } from '../bar-features/index.ts'

/** Days of past variance after the same hour of the day. */
export const SAME_HOUR_SPANS = [5, 22]
/** Days back around a quarter of a year: companies report once in it, about as many sessions apart. */
export const QUARTER = { from: 57, to: 69 } as const
/** What `sameHourColumns` gives, in order. */
export const SAME_HOUR_NAMES = [
  ...SAME_HOUR_SPANS.map((days) => `log_variance_same_hour_${days}`),
  `log_variance_same_hour_most_${QUARTER.from}_${QUARTER.to}`,
]

const HOURS = 24
const HOUR_MS = 3_600_000

const hourOf = (time: number) => Math.floor(time / HOUR_MS) % HOURS

/** A column for each hour of the day: 1 in its bars, 0 in others. */
export function hourColumns(time: Float64Array): Float64Array[] {
  return Array.from({ length: HOURS }, (_, hour) => time.map((at) => (hourOf(at) === hour ? 1 : 0)))
}

/**
 * Logarithms of the variance over the `horizon` bars that followed this hour of the day on days before: smoothed over SAME_HOUR_SPANS,
 * and the largest of a quarter ago. NaN where nothing is known.
 * @param squares of each bar's change.
 */
export function sameHourColumns(time: Float64Array, squares: Float64Array, horizon: number): Float64Array[] {
  const after = Array.from({ length: HOURS }, () => ({
    smoothed: SAME_HOUR_SPANS.map((span) => new Smoothed(span)),
    newest: new Recent(QUARTER.to),
  }))
  const ahead = new Recent(horizon)
  const columns = SAME_HOUR_NAMES.map(() => new Float64Array(time.length))
  for (let row = 0; row < time.length; row++) {
    ahead.push(squares[row]!)
    if (row >= horizon) {
      let sum = 0
      for (let back = 0; back < horizon; back++) sum += ahead.at(back)
      const { smoothed, newest } = after[hourOf(time[row - horizon]!)]!
      for (const each of smoothed) each.push(sum / horizon)
      newest.push(sum / horizon)
    }
    const { smoothed, newest } = after[hourOf(time[row]!)]!
    const known = [...smoothed.map(({ value }) => value), mostOfQuarter(newest)]
    columns.forEach((column, i) => {
      column[row] = Math.log(known[i]! || Number.NaN)
    })
  }
  return columns
}

/** NaN until so many days are known. */
function mostOfQuarter(newest: Recent): number {
  let most = newest.at(QUARTER.to - 1)
  for (let back = QUARTER.from - 1; back < QUARTER.to - 1; back++) most = Math.max(most, newest.at(back))
  return most
}
