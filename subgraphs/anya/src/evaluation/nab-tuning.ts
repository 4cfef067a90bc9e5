import type { Random } from '@opsource/kernel'
import { Evidence, MEMBERS } from '../anomaly/committee.ts'
import { Member } from '../anomaly/member.ts'
import { mean, standardDeviation } from '../statistics/mean.ts'
import type { LabelledSeries } from './nab-corpus.ts'
import { type Detections, type Profile, probation, rawAt, scoreOf } from './nab-scorer.ts'

/** What a committee's members say of a series, before they are heard together: rows at which any speaks. */
export interface Reports {
  readonly series: LabelledSeries
  readonly warmUp: number
  /** A score of each member for each row that has one. */
  readonly rows: ReadonlyMap<number, Float64Array>
}

export interface Parameters {
  readonly memory: number
  readonly rise: number
}

export const CANDIDATES: readonly Parameters[] = [0.2, 0.3, 0.4].flatMap((memory) =>
  [1.25, 1.5].map((rise) => ({ memory, rise })),
)

/** Every other file of the sorted list, so that each half has its share of each category. */
export function halves<T>(sorted: readonly T[]): readonly [first: T[], second: T[]] {
  return [sorted.filter((_, index) => index % 2 === 0), sorted.filter((_, index) => index % 2 === 1)]
}

/** Rows without a number are passed over, as the committee itself does. */
export function reportsOf(series: LabelledSeries): Reports {
  const accepted = acceptedRows(series)
  const warmUp = Math.max(1, Math.floor(probation(series.value.length)))
  const rows = new Map<number, Float64Array>()
  if (accepted.length <= warmUp) return { series, warmUp, rows }
  const usual = Float64Array.from(accepted.slice(0, warmUp), (row) => series.value[row]!)
  const members = MEMBERS.map((settings) => new Member(usual, settings))
  for (const row of accepted.slice(warmUp)) {
    const scores = Float64Array.from(members, (member) => member.score(series.value[row]!))
    rows.set(row, scores)
  }
  return { series, warmUp, rows }
}

function acceptedRows({ time, value }: LabelledSeries): number[] {
  const rows: number[] = []
  let newest = -Infinity
  for (let row = 0; row < value.length; row++) {
    if (!Number.isFinite(value[row]!) || time[row]! < newest) continue
    newest = time[row]!
    rows.push(row)
  }
  return rows
}

/** What the committee says with these parameters: equal to what a `Committee` answers row by row. */
export function heard({ series, warmUp, rows }: Reports, { memory, rise }: Parameters): Detections {
  const evidence = new Evidence(MEMBERS.length, memory * warmUp, rise)
  const score = new Float64Array(series.value.length)
  for (const [row, scores] of rows) score[row] = evidence.weigh(scores)
  return { score, windows: series.windows }
}

const STEPS = 100
const THRESHOLDS = Array.from({ length: STEPS - 1 }, (_, index) => (index + 1) / STEPS)
/** Thresholds on either side whose totals count, the nearer the more: a lone peak would not hold on other files. */
const NEIGHBOURS = 3

/** The threshold in hundredths that is best together with its neighbours. */
export function steadyThreshold(series: readonly Detections[], profile: Profile): { threshold: number; raw: number } {
  const { index, raw } = steadiest(rawAt(series, profile, THRESHOLDS))
  return { threshold: THRESHOLDS[index]!, raw }
}

function steadiest(totals: readonly number[]): { index: number; raw: number } {
  let best = { index: 0, raw: -Infinity }
  for (let index = 0; index < totals.length; index++) {
    let sum = 0
    let weights = 0
    const last = Math.min(totals.length - 1, index + NEIGHBOURS)
    for (let other = Math.max(0, index - NEIGHBOURS); other <= last; other++) {
      const weight = NEIGHBOURS + 1 - Math.abs(other - index)
      sum += weight * totals[other]!
      weights += weight
    }
    if (sum / weights > best.raw) best = { index, raw: sum / weights }
  }
  return best
}

/** The candidate that does best in a profile on these files, by its steady threshold. */
export function tune(reports: readonly Reports[], profile: Profile): Parameters {
  const results = CANDIDATES.map((parameters) => ({
    parameters,
    raw: steadyThreshold(
      reports.map((each) => heard(each, parameters)),
      profile,
    ).raw,
  }))
  return results.reduce((best, next) => (next.raw > best.raw ? next : best)).parameters
}

/**
 * The held-out score in NAB's units over random halves of the files, each half once fixed on and once scored: how much the one split that is
 * reported owes to which files fell where.
 */
export function randomHalves(reports: readonly Reports[], profile: Profile, random: Random, times: number) {
  const table = CANDIDATES.map((parameters) =>
    reports.map((each) => rawAt([heard(each, parameters)], profile, THRESHOLDS)),
  )
  const scores = Array.from({ length: times }, () => {
    const order = shuffledNumbers(reports.length, random)
    const [first, second] = [order.slice(0, Math.ceil(order.length / 2)), order.slice(Math.ceil(order.length / 2))]
    return [heldOutScore(first, second), heldOutScore(second, first)]
  }).flat()
  return { halves: scores.length, mean: mean(scores), standardDeviation: standardDeviation(scores) }

  function heldOutScore(own: readonly number[], other: readonly number[]): number {
    const best = table
      .map((files) => ({
        files,
        ...steadiest(THRESHOLDS.map((_, at) => own.reduce((sum, file) => sum + files[file]![at]!, 0))),
      }))
      .reduce((top, next) => (next.raw > top.raw ? next : top))
    const raw = other.reduce((sum, file) => sum + best.files[file]![best.index]!, 0)
    const windows = other.reduce((sum, file) => sum + reports[file]!.series.windows.length, 0)
    return scoreOf(raw, windows, profile)
  }
}

function shuffledNumbers(count: number, random: Random): number[] {
  const order = Array.from({ length: count }, (_, index) => index)
  for (let index = count - 1; index > 0; index--) {
    const other = Math.floor(random.next() * (index + 1))
    const kept = order[index]!
    order[index] = order[other]!
    order[other] = kept
  }
  return order
}
