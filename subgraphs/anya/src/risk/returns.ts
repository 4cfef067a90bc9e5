import { splitAt } from './splits.ts'

/** Prices of one market in order of time; all columns have one length. */
export interface PriceHistory {
  /** Milliseconds since the epoch. */
  readonly time: ArrayLike<number>
  readonly open: ArrayLike<number>
  readonly close: ArrayLike<number>
  /** Tells a split from a crash; may be zero or missing where it is not known. */
  readonly volume?: ArrayLike<number>
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

/** Returns per bar, without what a history's faults and splits would add to them; those are reported. */
export function returnsOf(history: PriceHistory): Returns {
  const { time, close } = history
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
    const split = splitAt(history, bar, before, values)
    if (split) issues.push({ kind: 'SPLIT', time: at, ratio: split })
    times.push(at)
    values.push(split ? change + Math.log(split) : change)
  }
  return { time: Float64Array.from(times), values: Float64Array.from(values), issues }
}
