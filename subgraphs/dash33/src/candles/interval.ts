const SECOND_MS = 1_000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

/** All but the month, whose length changes. UTC has no summer time, and engine time no leap seconds: a day is 86,400 s. */
const LENGTH_MS = {
  S1: SECOND_MS,
  S5: 5 * SECOND_MS,
  S15: 15 * SECOND_MS,
  S30: 30 * SECOND_MS,
  M1: MINUTE_MS,
  M5: 5 * MINUTE_MS,
  M15: 15 * MINUTE_MS,
  M30: 30 * MINUTE_MS,
  H1: HOUR_MS,
  H4: 4 * HOUR_MS,
  H12: 12 * HOUR_MS,
  D1: DAY_MS,
  W1: 7 * DAY_MS,
} as const

export type Interval = keyof typeof LENGTH_MS | 'MO1'
/** What is stored; any other candle is put together from the longest of these that divides it. */
export type StoredInterval = 'S1' | 'M1' | 'H1' | 'D1'

export const INTERVALS: readonly Interval[] = [
  'S1',
  'S5',
  'S15',
  'S30',
  'M1',
  'M5',
  'M15',
  'M30',
  'H1',
  'H4',
  'H12',
  'D1',
  'W1',
  'MO1',
]

/** 1970-01-05 was a Monday. Every shorter interval divides it, too. */
export const FIRST_MONDAY_MS = 4 * DAY_MS
const LONGEST_MONTH_DAYS = 31

/** When the interval that contains `time` begins: a week on Monday, a month on its first day, at 00:00 UTC. Milliseconds since the Unix epoch. */
export function startOf(interval: Interval, time: number): number {
  if (interval === 'MO1') {
    const date = new Date(time)
    return Date.UTC(date.getUTCFullYear(), date.getUTCMonth())
  }
  const length = LENGTH_MS[interval]
  return Math.floor((time - FIRST_MONDAY_MS) / length) * length + FIRST_MONDAY_MS
}

/** When the interval that begins at `start` is over: the moment belongs to the next. */
export function endOf(interval: Interval, start: number): number {
  if (interval !== 'MO1') return start + LENGTH_MS[interval]
  const date = new Date(start)
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1)
}

/** When the first interval begins that does not begin before `time`. */
export function startFrom(interval: Interval, time: number): number {
  const start = startOf(interval, time)
  return start === time ? start : endOf(interval, start)
}

/** What candles of the interval are put together from, and how many of those one can hold. */
export function partsOf(interval: Interval): { readonly stored: StoredInterval; readonly most: number } {
  if (interval === 'MO1') return { stored: 'D1', most: LONGEST_MONTH_DAYS }
  const length = LENGTH_MS[interval]
  const stored = length < MINUTE_MS ? 'S1' : length < HOUR_MS ? 'M1' : length < DAY_MS ? 'H1' : 'D1'
  return { stored, most: length / LENGTH_MS[stored] }
}

/** Milliseconds; null of the month. */
export function lengthOf(interval: Interval): number | null {
  return interval === 'MO1' ? null : LENGTH_MS[interval]
}
