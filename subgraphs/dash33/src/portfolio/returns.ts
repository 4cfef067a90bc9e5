/**
 * What an account was worth at a moment, in minor units of one currency. With a flow: just before and just after money came from or
 * went outside, so that no return is made of it.
 */
export interface Valuation {
  /** Milliseconds since the Unix epoch. */
  readonly time: number
  /** Before the flow, if there is one. */
  readonly equity: bigint
  /** Came (above zero) or went; 0 where the value was only looked at. */
  readonly flow: bigint
}

/** The growth of one unit invested when the account first had something: 1 at the start. */
export interface IndexPoint {
  readonly time: number
  readonly index: number
}

/**
 * Links the growth between valuations: `index = Π equity_before_flow(k) / equity_after_flow(k−1)`. With a valuation at every external flow
 * it is the true time-weighted rate of return (GIPS Standards for Firms 2020, glossary: "time-weighted return"), and needs no
 * approximation such as Modified Dietz. While there is nothing in the account (and after it was lost and paid in anew) it stands still.
 * @param valuations by rising time.
 * @returns one point per valuation, from the first with something in the account.
 */
export function growthIndex(valuations: readonly Valuation[]): IndexPoint[] {
  const points: IndexPoint[] = []
  // Between two flows growth is taken from the first of them, so that equal worth is equal growth to the last bit.
  let [index, linked, invested] = [1, 1, 0n]
  for (const { time, equity, flow } of valuations) {
    if (invested > 0n) index = linked * ratioOf(equity, invested)
    if (flow !== 0n || invested === 0n) [linked, invested] = [index, equity + flow]
    if (invested > 0n || points.length > 0) points.push({ time, index })
  }
  return points
}

/** Growth less 1 between the first and the last point; null with fewer than two. */
export function timeWeightedReturn(points: readonly IndexPoint[]): number | null {
  const [first, last] = [points[0], points.at(-1)]
  if (!first || !last || points.length < 2) return null
  return first.index === 0 ? 0 : last.index / first.index - 1
}

/**
 * Looks at a step function at equal intervals: the last point at or before each multiple of `intervalMs` after the first point, and the
 * first and the last point themselves.
 */
export function sampleIndex(points: readonly IndexPoint[], intervalMs: number): IndexPoint[] {
  const [first, last] = [points[0], points.at(-1)]
  if (!first || !last) return []
  const samples: IndexPoint[] = [first]
  let at = 0
  for (let time = first.time - (first.time % intervalMs) + intervalMs; time <= last.time; time += intervalMs) {
    while (at + 1 < points.length && points[at + 1]!.time <= time) at += 1
    samples.push({ time, index: points[at]!.index })
  }
  if (samples.at(-1)!.time < last.time) samples.push(last)
  return samples
}

/** The return of each step between points. After a total loss there are none. */
export function periodReturns(points: readonly IndexPoint[]): number[] {
  return points.slice(1).flatMap(({ index }, i) => {
    const before = points[i]!.index
    return before === 0 ? [] : [index / before - 1]
  })
}

/** A quotient of amounts as a float: digits beyond the 17th of it say nothing of a return. */
function ratioOf(amount: bigint, of: bigint): number {
  return Number(amount) / Number(of)
}
