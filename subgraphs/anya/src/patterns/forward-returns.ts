import { normalQuantile, studentCdf } from '../statistics/distribution.ts'

/** Bars after a pattern at which the market's return is measured. */
export const HORIZONS = [1, 5, 20] as const
const BPS = 10_000
const CONFIDENCE = 0.95

/** What followed the occurrences of one pattern whose horizon had passed: sums, from which everything else is told. */
interface Sample {
  readonly count: number
  readonly mean: number
  /** Sum of squared distances from the mean. */
  readonly squares: number
}

/** What was known at one moment of what follows a pattern. */
export interface Measurement {
  readonly horizonBars: number
  /** Occurrences that count: those that overlap the one before them do not, so that they are independent. */
  readonly count: number
  /** Basis points; null of none. */
  readonly meanBps: number | null
  /** Ends of the mean's confidence interval at 95 %, by Student's t; null of fewer than two. */
  readonly lowerBps: number | null
  readonly upperBps: number | null
  /** Mean over all bars of the market at the same horizon. */
  readonly marketMeanBps: number | null
  /** Of a mean this far from the market's if the pattern meant nothing; null of fewer than two. */
  readonly pValue: number | null
  /** The same times the number of tests that were made on this history (Bonferroni), at most 1. */
  readonly adjustedPValue: number | null
}

const EMPTY: Sample = { count: 0, mean: 0, squares: 0 }

function withValue({ count, mean, squares }: Sample, value: number): Sample {
  const delta = value - mean
  const next = mean + delta / (count + 1)
  return { count: count + 1, mean: next, squares: squares + delta * (value - next) }
}

interface Open {
  readonly key: string
  /** Index in HORIZONS. */
  readonly which: number
  readonly dueIndex: number
  readonly close: number
}

/** Sums as they stood at one moment; `measurementsOf` tells what they say. */
export interface Known {
  readonly samples: readonly Sample[]
  readonly market: readonly Sample[]
  /** Patterns and horizons with two occurrences or more: each of them could have looked remarkable by chance. */
  readonly tests: number
}

/** Measures, bar by bar, the returns that follow patterns. What is known at a bar was over by its close. */
export class ForwardReturns {
  readonly #samples = new Map<string, Sample[]>()
  readonly #busyUntil = new Map<string, number>()
  readonly #closes: number[] = []
  #market: Sample[] = HORIZONS.map(() => EMPTY)
  #open: Open[] = []
  #index = -1
  #tests = 0

  /** A bar closed: horizons that end with it are over. */
  close(close: number): void {
    this.#index++
    this.#closes.push(close)
    if (this.#closes.length > Math.max(...HORIZONS) + 1) this.#closes.shift()
    this.#market = HORIZONS.map((horizon, i) => {
      const before = this.#closes.at(-1 - horizon)
      return before === undefined ? this.#market[i]! : withValue(this.#market[i]!, close / before - 1)
    })
    for (const open of this.#open) if (open.dueIndex === this.#index) this.#settle(open, close)
    this.#open = this.#open.filter(({ dueIndex }) => dueIndex > this.#index)
  }

  /** @returns what was known of the pattern before now. */
  known(key: string): Known {
    return { samples: this.#samples.get(key) ?? HORIZONS.map(() => EMPTY), market: this.#market, tests: this.#tests }
  }

  /** The pattern occurred at the bar that closed last. */
  occurred(key: string): void {
    const close = this.#closes.at(-1)
    if (close === undefined) return
    for (const [which, horizon] of HORIZONS.entries()) {
      const place = `${key} ${horizon}`
      if ((this.#busyUntil.get(place) ?? 0) > this.#index) continue
      this.#busyUntil.set(place, this.#index + horizon)
      this.#open.push({ key, which, dueIndex: this.#index + horizon, close })
    }
  }

  keys(): string[] {
    return [...this.#samples.keys()]
  }

  #settle({ key, which, close }: Open, now: number): void {
    const samples = [...(this.#samples.get(key) ?? HORIZONS.map(() => EMPTY))]
    const sample = withValue(samples[which]!, now / close - 1)
    samples[which] = sample
    if (sample.count === 2) this.#tests++
    // A new list each time: whoever was told of the old one keeps it as it was.
    this.#samples.set(key, samples)
  }
}

export function measurementsOf({ samples, market, tests }: Known): Measurement[] {
  return HORIZONS.map((horizonBars, i) => {
    const { count, mean, squares } = samples[i]!
    const all = market[i]!
    const marketMeanBps = all.count === 0 ? null : all.mean * BPS
    const none = { lowerBps: null, upperBps: null, pValue: null, adjustedPValue: null }
    const base = { horizonBars, count, meanBps: count === 0 ? null : mean * BPS, marketMeanBps }
    if (count < 2) return { ...base, ...none }
    const error = Math.sqrt(squares / (count - 1) / count)
    const half = criticalValue(count - 1) * error
    const away = Math.abs(mean - all.mean)
    const pValue = error > 0 ? 2 * studentCdf(-away / error, count - 1) : away > 0 ? 0 : 1
    return {
      ...base,
      lowerBps: (mean - half) * BPS,
      upperBps: (mean + half) * BPS,
      pValue,
      adjustedPValue: Math.min(1, pValue * Math.max(1, tests)),
    }
  })
}

const CRITICAL = 1 - (1 - CONFIDENCE) / 2
/** From here on Student's quantile is the normal one to four digits. */
const NORMAL_FROM_DEGREES = 10_000
const known = new Map<number, number>()

/** Half a confidence interval in standard errors. Kept once it is known: a page of patterns asks for hundreds. */
function criticalValue(degrees: number): number {
  if (degrees >= NORMAL_FROM_DEGREES) return normalQuantile(CRITICAL)
  const value = known.get(degrees) ?? studentQuantile(CRITICAL, degrees)
  known.set(degrees, value)
  return value
}

/** The x with P(T ≤ x) = p, for p > 0.5, by halving: 60 steps are exact to a double. */
export function studentQuantile(p: number, degrees: number): number {
  let [low, high] = [0, 1]
  while (studentCdf(high, degrees) < p) high *= 2
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2
    if (studentCdf(middle, degrees) < p) low = middle
    else high = middle
  }
  return (low + high) / 2
}
