import type { Valuation } from './returns.ts'

/** A screenful of years by the day, and of three days by the minute. */
export const MAX_INTERVALS = 5_000

export const INTERVAL_MS = {
  MINUTE: 60_000,
  HOUR: 3_600_000,
  DAY: 86_400_000,
  WEEK: 604_800_000,
} as const
export type EquityInterval = keyof typeof INTERVAL_MS

/** A stretch of time and how often to look; milliseconds since the Unix epoch. */
export interface CurveRange {
  readonly from: number
  readonly to: number
  readonly intervalMs: number
}

/** What an account was worth, in minor units of USDT. */
export interface CurvePoint {
  readonly time: number
  readonly equity: bigint
  /** What came into it since the point before without being earned. */
  readonly externalFlow: bigint
}

/**
 * What is known of an account's worth within a range: it is worth what it was last seen at until it is seen again.
 * @param before the last valuation at or before `from`, if there is one.
 * @param within those after it, by rising time.
 */
export function valuationsWithin(
  { from, to }: CurveRange,
  before: Valuation | null,
  within: readonly Valuation[],
): Valuation[] {
  const valuations = [
    ...(before ? [{ time: from, equity: before.equity + before.flow, flow: 0n }] : []),
    ...within.filter(({ time }) => time > from && time <= to),
  ]
  const last = valuations.at(-1)
  return last && last.time < to ? [...valuations, { time: to, equity: last.equity + last.flow, flow: 0n }] : valuations
}

/** Looks at the account at the range's beginning, at each multiple of the interval within it, and at its end. */
export function curveOf({ from, to, intervalMs }: CurveRange, valuations: readonly Valuation[]): CurvePoint[] {
  const times = [from]
  for (let time = from - (from % intervalMs) + intervalMs; time < to; time += intervalMs) times.push(time)
  if (to > from) times.push(to)
  const points: CurvePoint[] = []
  let [next, equity, externalFlow] = [0, 0n, 0n]
  let isKnown = false
  for (const time of times) {
    for (; next < valuations.length && valuations[next]!.time <= time; next += 1) {
      equity = valuations[next]!.equity + valuations[next]!.flow
      externalFlow += valuations[next]!.flow
      isKnown = true
    }
    if (!isKnown) continue
    points.push({ time, equity, externalFlow })
    externalFlow = 0n
  }
  return points
}
