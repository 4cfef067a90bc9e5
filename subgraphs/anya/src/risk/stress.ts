import type { JointHistory } from './joint-history.ts'
import { type Position, UnknownMarket } from './portfolio.ts'

/** A span of the past, and what positions of today's values would have made in it. Below zero is a loss. */
export interface StressScenario {
  readonly name: string
  /** From the close of one day to the close of another. */
  readonly start: number
  readonly end: number
  readonly result: number
  readonly positions: readonly { readonly market: string; readonly result: number }[]
}

/** Spans that are looked for: a day, a week, a month of trading. */
const SPANS = [1, 5, 20] as const

/** Days whose names are known: from the last close before to the lowest close of the S&P 500, or of the market concerned. */
const EVENTS: readonly (readonly [name: string, start: string, end: string])[] = [
  ['Attacks of September 2001', '2001-09-10', '2001-09-21'],
  ['Lehman Brothers to the first rescue', '2008-09-12', '2008-10-10'],
  ['Flash crash of May 2010 and the days before', '2010-05-03', '2010-05-07'],
  ['Downgrade of the United States', '2011-07-22', '2011-08-08'],
  ['Devaluation of the renminbi', '2015-08-17', '2015-08-25'],
  ['British vote to leave', '2016-06-23', '2016-06-27'],
  ['Bitcoin from its first 19,000', '2017-12-16', '2018-02-05'],
  ['Volatility shock of February 2018', '2018-02-01', '2018-02-08'],
  ['Covid-19', '2020-02-19', '2020-03-23'],
]

/** The worst span of each length in the common history, for these positions. */
export function worstSpans(history: JointHistory, positions: readonly Position[]): StressScenario[] {
  return SPANS.flatMap((length) => {
    let worst: StressScenario | undefined
    for (let first = 0; first + length <= history.end.length; first++) {
      if (!isUnbroken(history, first, length)) continue
      const span = scenarioOf(history, positions, first, first + length, `worst ${length} of its days`)
      if (!worst || span.result < worst.result) worst = span
    }
    return worst ? [worst] : []
  })
}

/** The events that the common history covers, from before their first day to their last. */
export function knownEvents(history: JointHistory, positions: readonly Position[]): StressScenario[] {
  return EVENTS.flatMap(([name, from, to]) => {
    const [start, end] = [Date.parse(from), Date.parse(to)]
    const first = history.start.findIndex((day) => day >= start)
    const after = history.end.findLastIndex((day) => day <= end) + 1
    const covered = first !== -1 && history.start[0]! <= start && history.end.at(-1)! >= end && after > first
    return covered && isUnbroken(history, first, after - first)
      ? [scenarioOf(history, positions, first, after, name)]
      : []
  })
}

/** A row that was left out for a gap breaks a span. */
function isUnbroken({ start, end }: JointHistory, first: number, length: number): boolean {
  for (let row = first + 1; row < first + length; row++) if (start[row] !== end[row - 1]) return false
  return true
}

function scenarioOf(
  { markets, returns, start, end }: JointHistory,
  positions: readonly Position[],
  first: number,
  after: number,
  name: string,
): StressScenario {
  const results = positions.map(({ market, value }) => {
    const changes = returns[markets.indexOf(market)]
    if (!changes) throw new UnknownMarket(`no history of ${market}`)
    let sum = 0
    for (let row = first; row < after; row++) sum += changes[row]!
    return { market, result: value * Math.expm1(sum) }
  })
  const result = results.reduce((sum, each) => sum + each.result, 0)
  return { name, start: start[first]!, end: end[after - 1]!, result, positions: results }
}
