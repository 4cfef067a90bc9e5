import { err, ok, type Result } from '@opsource/kernel'
import { type HistoryIssue, LONGEST_CLOSURE, type PriceHistory, returnsOf } from './returns.ts'
import { FEWEST_FOR_GARCH } from './volatility.ts'

const DAY = 86_400_000

export type JointIssue =
  | (HistoryIssue & { readonly market: string })
  /** The market has not traded since, though others have: what is known of the portfolio ends there. */
  | { readonly kind: 'STOPPED'; readonly market: string; readonly time: number }

/** Returns of several markets between the days on which all of them have a price. */
export interface JointHistory {
  readonly markets: readonly string[]
  /** UTC days, in milliseconds: each row is the change from the close of `start` to the close of `end`. */
  readonly start: Float64Array
  readonly end: Float64Array
  /** Of each market, in the order of `markets`: a logarithm a row. */
  readonly returns: readonly Float64Array[]
  readonly issues: readonly JointIssue[]
}

export type HistoryRefusal =
  | { readonly kind: 'NO_MARKETS' }
  | { readonly kind: 'NO_HISTORY'; readonly market: string }
  | {
      readonly kind: 'TOO_LITTLE_HISTORY'
      readonly markets: readonly string[]
      readonly rows: number
      readonly needed: number
    }

/** Where a market's history is taken from: its own, or another market's that stands for it. */
export interface HistorySource {
  readonly market: string
  readonly history: PriceHistory
  readonly proxy: string | null
}

/**
 * Each market's own history, or that of the market that `proxies` names for it where it has none or fewer than 250 bars.
 * @returns NO_HISTORY where neither has one
 */
export function historySources(
  markets: readonly string[],
  known: ReadonlyMap<string, PriceHistory>,
  proxies: ReadonlyMap<string, string>,
): Result<HistorySource[], HistoryRefusal> {
  const sources: HistorySource[] = []
  for (const market of new Set(markets)) {
    const own = known.get(market)
    const proxy = proxies.get(market)
    const other = proxy === undefined ? undefined : known.get(proxy)
    const enough = own !== undefined && own.time.length > FEWEST_FOR_GARCH
    if (own && (enough || !other)) sources.push({ market, history: own, proxy: null })
    else if (other && proxy !== undefined) sources.push({ market, history: other, proxy })
    else return err({ kind: 'NO_HISTORY', market })
  }
  return ok(sources)
}

/** Sums of a market's returns, by UTC day: the logarithm of its price without splits, up to a constant. */
function pathOf({ market, history }: HistorySource) {
  const { time, values, issues } = returnsOf(history)
  const path = new Map<number, number>()
  const dayOf = (at: number) => Math.floor(at / DAY) * DAY
  const first = Array.from(history.close).findIndex((price) => price > 0 && Number.isFinite(price))
  if (first !== -1) path.set(dayOf(history.time[first]!), 0)
  let sum = 0
  for (const [index, value] of values.entries()) {
    sum += value
    path.set(dayOf(time[index]!), sum)
  }
  return { market, path, last: Math.max(...path.keys()), issues: issues.map((issue) => ({ ...issue, market })) }
}

/**
 * Lines up histories so that the returns of one row happened together, which is what keeps their correlation. Days on which a market
 * has no price are joined to the next; a row that would span more than ten days is left out.
 * @returns TOO_LITTLE_HISTORY with fewer than 250 rows
 */
export function alignHistories(sources: readonly HistorySource[]): Result<JointHistory, HistoryRefusal> {
  if (sources.length === 0) return err({ kind: 'NO_MARKETS' })
  const paths = sources.map(pathOf)
  const common = [...paths[0]!.path.keys()].filter((day) => paths.every(({ path }) => path.has(day)))
  const rows = common.flatMap((end, index) => {
    const start = common[index - 1]
    return start !== undefined && end - start <= LONGEST_CLOSURE ? [{ start, end }] : []
  })
  const markets = paths.map(({ market }) => market)
  if (rows.length < FEWEST_FOR_GARCH)
    return err({ kind: 'TOO_LITTLE_HISTORY', markets, rows: rows.length, needed: FEWEST_FOR_GARCH })
  const newest = Math.max(...paths.map(({ last }) => last))
  const stopped = paths.filter(({ last }) => newest - last > LONGEST_CLOSURE)
  return ok({
    markets,
    start: Float64Array.from(rows, ({ start }) => start),
    end: Float64Array.from(rows, ({ end }) => end),
    returns: paths.map(({ path }) => Float64Array.from(rows, ({ start, end }) => path.get(end)! - path.get(start)!)),
    issues: [
      ...paths.flatMap(({ issues }) => issues),
      ...stopped.map(({ market, last }): JointIssue => ({ kind: 'STOPPED', market, time: last })),
    ],
  })
}
