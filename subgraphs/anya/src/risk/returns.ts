import { meanSquare } from './volatility.ts'

/** Prices of one market in order of time; all columns have one length. */
export interface PriceHistory {
  /** Milliseconds since the epoch. */
  readonly time: ArrayLike<number>
  readonly open: ArrayLike<number>
  readonly close: ArrayLike<number>
}

/** Something in a history that would have been mistaken for a profit or a loss. */
export type HistoryIssue =
  /** The price restarted at `ratio` old shares for a new one's worth; the return is adjusted by it. */
  | { readonly kind: 'SPLIT'; readonly time: number; readonly ratio: number }
  /** Nothing is known for so long that the change since is no return of one bar; it is left out. */
  | { readonly kind: 'GAP'; readonly time: number; readonly days: number }
  /** A price that is not a positive number; the bar is left out. */
  | { readonly kind: 'NO_PRICE'; readonly time: number }
  /** A bar that is not later than the one before it; it is left out. */
  | { readonly kind: 'OUT_OF_ORDER'; readonly time: number }

export interface Returns {
  /** When the bar of each return began. */
  readonly time: Float64Array
  /** Natural logarithms of close ÷ close before. */
  readonly values: Float64Array
  readonly issues: readonly HistoryIssue[]
}

const DAY = 86_400_000
/** The exchanges' longest closure in these decades was of a week (September 2001). */
export const LONGEST_CLOSURE = 10 * DAY

const SPLITS = [3 / 2, 2, 3, 4, 5, 6, 7, 8, 10, 12, 15, 20, 25, 30, 40, 50, 100]
/** How far from the exact ratio a first price after a split may open, as a logarithm. */
const SPLIT_TOLERANCE = 0.03
/** A split is no event for the market: the bar itself moves as others do. */
const LARGEST_MOVE_WITHIN = 0.25
const SPLIT_DEVIATIONS = 6
const RECENT_RETURNS = 60

/**
 * Returns per bar. A market's data may be raw: a jump between close and open that is a simple ratio within 3 %, more than 6 standard deviations
 * of the newest 60 returns, on a bar that is itself ordinary, is taken for a split (or a merger of shares) and reported. Markets that
 * trade without pause have no such jump.
 */
export function returnsOf({ time, open, close }: PriceHistory): Returns {
  const issues: HistoryIssue[] = []
  const times: number[] = []
  const values: number[] = []
  let last = -1
  for (let bar = 0; bar < time.length; bar++) {
    const at = time[bar]!
    if (!(close[bar]! > 0 && Number.isFinite(close[bar]!))) {
      issues.push({ kind: 'NO_PRICE', time: at })
      continue
    }
    const before = last
    if (before !== -1 && !(at > time[before]!)) {
      issues.push({ kind: 'OUT_OF_ORDER', time: at })
      continue
    }
    last = bar
    if (before === -1) continue
    if (at - time[before]! > LONGEST_CLOSURE) {
      issues.push({ kind: 'GAP', time: at, days: Math.round((at - time[before]!) / DAY) })
      continue
    }
    const change = Math.log(close[bar]! / close[before]!)
    const jump = Math.log(open[bar]! / close[before]!)
    const split = splitOf(jump, change - jump, values)
    if (split) issues.push({ kind: 'SPLIT', time: at, ratio: split })
    times.push(at)
    values.push(split ? change + Math.log(split) : change)
  }
  return { time: Float64Array.from(times), values: Float64Array.from(values), issues }
}

/** New shares for an old one, or undefined where the jump is the market's own. */
function splitOf(jump: number, within: number, before: readonly number[]): number | undefined {
  const smallest = Math.log(SPLITS[0]!) - SPLIT_TOLERANCE
  if (!(Math.abs(jump) >= smallest) || Math.abs(within) > LARGEST_MOVE_WITHIN) return undefined
  const recent = Float64Array.from(before.slice(-RECENT_RETURNS))
  if (recent.length === 0 || Math.abs(jump) < SPLIT_DEVIATIONS * Math.sqrt(meanSquare(recent))) return undefined
  const ratio = SPLITS.find((candidate) => Math.abs(Math.abs(jump) - Math.log(candidate)) < SPLIT_TOLERANCE)
  return ratio && (jump < 0 ? ratio : 1 / ratio)
}
