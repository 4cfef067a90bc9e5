import { type Connection, connection, fault, pageOf, wholeKey } from '@opsource/subgraph'
import type { EquityPointParent } from '../parents.ts'
import { type CurveRange, curveOf, type EquityInterval, INTERVAL_MS, MAX_INTERVALS } from './curve.ts'
import { type Performance, performanceOf } from './performance.ts'
import type { Valuation } from './returns.ts'

const DEFAULT_RANGE_MS = 30 * INTERVAL_MS.DAY
const MAX_POINTS = 1_000

type Given<T> = T | null | undefined

interface RangeArguments {
  readonly from?: Given<string>
  readonly to?: Given<string>
  readonly interval: EquityInterval
}

interface CurveArguments extends RangeArguments {
  readonly first?: Given<number>
  readonly after?: Given<string>
  readonly last?: Given<number>
  readonly before?: Given<string>
}

interface PerformanceArguments extends RangeArguments {
  readonly riskFreeRate: number
  readonly targetRate: number
}

/** Reads what is known of an account's worth within a range, by rising time. */
export type ReadValuations = (range: CurveRange) => Promise<readonly Valuation[]>

/** A page of the curve, which is looked at anew each time: `to` should be given where a page follows another. */
export async function equityCurve(
  args: CurveArguments,
  now: number,
  read: ReadValuations,
): Promise<Connection<EquityPointParent>> {
  const page = pageOf(args, { defaultSize: MAX_POINTS, maxSize: MAX_POINTS, keys: 1 })
  const range = rangeOf(args, now)
  const after = page.after ? wholeKey(page.after[0]) : Number.NEGATIVE_INFINITY
  const before = page.before ? wholeKey(page.before[0]) : Number.POSITIVE_INFINITY
  const points = curveOf(range, await read(range)).filter(({ time }) => time > after && time < before)
  if (page.backward) points.reverse()
  return connection(points.slice(0, page.first + 1), page, ({ time }) => [time])
}

export async function performance(args: PerformanceArguments, now: number, read: ReadValuations): Promise<Performance> {
  for (const name of ['riskFreeRate', 'targetRate'] as const) {
    if (!(args[name] > -1 && args[name] < 1_000)) throw fault('BAD_USER_INPUT', `\`${name}\` is above -1, and a ratio.`)
  }
  const range = rangeOf(args, now)
  const { riskFreeRate, targetRate } = args
  return performanceOf(await read(range), { intervalMs: range.intervalMs, riskFreeRate, targetRate })
}

function rangeOf(args: RangeArguments, now: number): CurveRange {
  const intervalMs = INTERVAL_MS[args.interval]
  const to = args.to == null ? now : Math.min(Date.parse(args.to), now)
  const from = args.from == null ? to - Math.min(DEFAULT_RANGE_MS, MAX_INTERVALS * intervalMs) : Date.parse(args.from)
  if (!(from <= to)) throw fault('BAD_USER_INPUT', '`from` is not after `to` and not in the future.')
  if ((to - from) / intervalMs > MAX_INTERVALS)
    throw fault('BAD_USER_INPUT', `A range has at most ${MAX_INTERVALS} intervals.`)
  return { from, to, intervalMs }
}
