import type { Bars } from '../bar-features/index.ts'

const DAY_MS = 86_400_000

/** Bars of days (UTC) out of shorter ones; those of a day or longer stay as they are. */
export function daysOf(bars: Bars): Bars {
  const steps = bars.time.slice(1).map((time, i) => time - bars.time[i]!)
  const usual = steps.sort()[Math.floor(steps.length / 2)] ?? DAY_MS
  if (usual >= DAY_MS) return bars
  const days = Map.groupBy(bars.time.keys(), (row) => Math.floor(bars.time[row]! / DAY_MS))
  const from = (value: (rows: readonly number[], day: number) => number) =>
    Float64Array.from(days, ([day, rows]) => value(rows, day))
  const most = (column: Float64Array, rows: readonly number[]) =>
    rows.reduce((top, row) => Math.max(top, column[row]!), 0)
  const least = (column: Float64Array, rows: readonly number[]) =>
    rows.reduce((low, row) => Math.min(low, column[row]!), Infinity)
  return {
    size: days.size,
    time: from((_, day) => day * DAY_MS),
    open: from((rows) => bars.open[rows[0]!]!),
    high: from((rows) => most(bars.high, rows)),
    low: from((rows) => least(bars.low, rows)),
    close: from((rows) => bars.close[rows.at(-1)!]!),
    volume: from((rows) => rows.reduce((sum, row) => sum + bars.volume[row]!, 0)),
  }
}
