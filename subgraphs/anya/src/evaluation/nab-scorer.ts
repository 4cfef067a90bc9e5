/**
 * The scoring of the Numenta Anomaly Benchmark: A. Lavin, S. Ahmad, "Evaluating Real-time Anomaly Detection Algorithms –
 * the Numenta Anomaly Benchmark" (2015), and the sweeping optimiser that its repository scores with.
 */

/** What each outcome weighs; a profile of NAB's `config/profiles.json`. */
export interface Profile {
  readonly truePositive: number
  readonly falseNegative: number
  readonly falsePositive: number
}

/** First and last index of a labelled window, both within it. */
export interface Window {
  readonly from: number
  readonly to: number
}

/** A series as it is scored: a score for each point, and the windows in order of time. */
export interface Detections {
  readonly score: ArrayLike<number>
  readonly windows: readonly Window[]
}

export interface Sweep {
  /** Points that score at least this are detections; above 1 where nothing is best detected. */
  readonly threshold: number
  /** In NAB's raw units: +1 is a window found at its very start. */
  readonly raw: number
}

export interface Outcome {
  readonly raw: number
  /** 0 is a detector that never speaks, 100 one that finds each window at its start and is wrong nowhere; without windows, 100 less each error. */
  readonly score: number
  readonly windows: number
  readonly found: number
  readonly falsePositives: number
}

const PROBATION_SHARE = 0.15
const PROBATION_ROWS = 5000
const FAR = 3
const NOTHING = 1.1

/**
 * What a detection is worth by its place: −1 is the left edge of the window (0.98661), 0 its right edge (0), 1 a window's
 * width past it (−0.98661), 3 and more anywhere else (−1).
 */
export function placeValue(position: number): number {
  return position >= FAR ? -1 : 2 / (1 + Math.exp(5 * position)) - 1
}

/** Rows at a series' beginning that are not judged: 15 % of the first 5,000 rows at most. */
export function probation(rows: number): number {
  return Math.min(Math.floor(PROBATION_SHARE * rows), PROBATION_SHARE * PROBATION_ROWS)
}

interface Weights {
  /** What a detection at each point is worth in a profile with weights of 1. */
  readonly value: Float64Array
  /** Number of the window that a point is in, or −1. */
  readonly window: Int32Array
}

function weigh(rows: number, windows: readonly Window[]): Weights {
  const value = new Float64Array(rows).fill(placeValue(FAR))
  const window = new Int32Array(rows).fill(-1)
  windows.forEach(({ from, to }, number) => {
    const width = to - from + 1
    const next = windows[number + 1]?.from ?? rows
    for (let index = from; index <= to; index++) {
      value[index] = placeValue(-(to - index + 1) / width) / placeValue(-1)
      window[index] = number
    }
    for (let index = to + 1; index < next; index++) value[index] = placeValue((index - to) / (width - 1))
  })
  return { value, window }
}

interface Point {
  readonly score: number
  readonly value: number
  /** Number of the window over all series, or −1. */
  readonly window: number
}

/** @param least lower scores are left out, but not the windows that they are in */
function judged(series: readonly Detections[], least = -Infinity) {
  const points: Point[] = []
  const seen = new Set<number>()
  let windows = 0
  for (const { score, windows: own } of series) {
    const weights = weigh(score.length, own)
    for (let index = Math.ceil(probation(score.length)); index < score.length; index++) {
      const window = weights.window[index]! < 0 ? -1 : windows + weights.window[index]!
      if (window >= 0) seen.add(window)
      if (score[index]! >= least) points.push({ score: score[index]!, value: weights.value[index]!, window })
    }
    windows += own.length
  }
  return { points, scorable: seen.size, windows }
}

/** The threshold, common to all series, with the best total: NAB's optimisation. */
export function bestThreshold(series: readonly Detections[], profile: Profile): Sweep {
  const { points, scorable } = judged(series)
  points.sort((left, right) => right.score - left.score)
  const found = new Map<number, number>()
  let total = -profile.falseNegative * scorable
  let best: Sweep = { threshold: NOTHING, raw: total }
  points.forEach((point, index) => {
    if (point.window < 0) total += point.value * profile.falsePositive
    else {
      const before = found.get(point.window) ?? -profile.falseNegative
      const now = Math.max(before, point.value * profile.truePositive)
      found.set(point.window, now)
      total += now - before
    }
    const complete = points[index + 1]?.score !== point.score
    if (complete && total > best.raw) best = { threshold: point.score, raw: total }
  })
  return best
}

/** The raw total at each of several thresholds, in any order. */
export function rawAt(series: readonly Detections[], profile: Profile, thresholds: readonly number[]): number[] {
  const least = Math.min(...thresholds)
  const { points, scorable } = judged(series, least)
  return thresholds.map((threshold) => totalOf(points, scorable, profile, threshold).raw)
}

/** What the detections at a given threshold are worth. */
export function scoreAt(series: readonly Detections[], profile: Profile, threshold: number): Outcome {
  const { points, scorable, windows } = judged(series, threshold)
  const total = totalOf(points, scorable, profile, threshold)
  const score = scoreOf(total.raw, windows, profile, scorable)
  return { ...total, score, windows }
}

/** A raw total between that of silence, 0, and perfection, 100; where there are no windows, 100 less each error. */
export function scoreOf(raw: number, windows: number, profile: Profile, scorable = windows): number {
  const nothing = -profile.falseNegative * scorable
  return windows === 0 ? 100 + 100 * raw : (100 * (raw - nothing)) / (profile.truePositive * windows - nothing)
}

function totalOf(points: readonly Point[], scorable: number, profile: Profile, threshold: number) {
  const found = new Map<number, number>()
  let raw = 0
  let falsePositives = 0
  for (const { score, value, window } of points) {
    if (score < threshold) continue
    if (window >= 0)
      found.set(window, Math.max(found.get(window) ?? -profile.falseNegative, value * profile.truePositive))
    else {
      raw += value * profile.falsePositive
      falsePositives++
    }
  }
  raw = [...found.values()].reduce((sum, value) => sum + value, raw - profile.falseNegative * (scorable - found.size))
  return { raw, found: found.size, falsePositives }
}
