import type { PriceHistory } from './returns.ts'
import { meanSquare } from './volatility.ts'

/** New shares for an old one. */
const SPLITS = [3 / 2, 2, 3, 4, 5, 6, 7, 8, 10, 12, 15, 20, 25, 30, 40, 50, 100]
/** Crashes of a third overnight happen: without volumes, and for mergers of shares, only twofold changes and larger count. */
const SURE = 2
/** How far from the exact ratio the first price may open, as a logarithm. */
const TOLERANCE = 0.03
/** A split is no event for the market: its bar moves as others do, and as much money changes hands as before. */
const LARGEST_MOVE_WITHIN = 0.25
const LARGEST_TURNOVER = 4
const DEVIATIONS = 6
const RECENT = 60

/**
 * Prices of shares may be raw. A jump from the close of bar `before` to the open of bar `bar` is taken for a split where it is a simple ratio
 * within 3 %, larger than 6 standard deviations of the newest 60 returns, on a bar that is itself ordinary. Markets that trade without pause
 * have no such jump.
 * @param returns up to bar `before`
 * @returns new shares for an old one, or undefined where the jump is the market's own
 */
export function splitAt(
  history: PriceHistory,
  bar: number,
  before: number,
  returns: readonly number[],
): number | undefined {
  const jump = Math.log(history.open[bar]! / history.close[before]!)
  const ratio = SPLITS.find((candidate) => Math.abs(Math.abs(jump) - Math.log(candidate)) < TOLERANCE)
  if (ratio === undefined) return undefined
  const turnover = relativeTurnover(history, bar)
  if (ratio < SURE && (turnover === undefined || jump > 0)) return undefined
  if (turnover !== undefined && turnover > LARGEST_TURNOVER) return undefined
  if (Math.abs(Math.log(history.close[bar]! / history.open[bar]!)) > LARGEST_MOVE_WITHIN) return undefined
  const recent = Float64Array.from(returns.slice(-RECENT))
  if (recent.length === 0 || Math.abs(jump) < DEVIATIONS * Math.sqrt(meanSquare(recent))) return undefined
  return jump < 0 ? ratio : 1 / ratio
}

/** What was traded in money, relative to the 60 bars before; undefined where volumes are not known. */
function relativeTurnover({ close, volume }: PriceHistory, bar: number): number | undefined {
  if (!volume) return undefined
  const turnover = (index: number) => close[index]! * volume[index]!
  let [sum, known] = [0, 0]
  for (let index = Math.max(0, bar - RECENT); index < bar; index++) {
    if (!(turnover(index) > 0)) continue
    sum += turnover(index)
    known++
  }
  return known > 0 && turnover(bar) > 0 ? turnover(bar) / (sum / known) : undefined
}
