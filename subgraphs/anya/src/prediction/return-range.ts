import { QUANTILE_LEVELS } from './forecast.ts'

/** Time between the returns that the volatility is told from, and between two looks. */
export const STEP_MS = 1_000
/** Time in which an old squared return loses 63 % of its weight. Least pinball loss of seven on the first half of the recorded minutes. */
const MEMORY_MS = 40_000
/** Past returns that the quantiles are told from: ten minutes of seconds. */
const MAX_SIZES = 600
/** Fewer say nothing of one in twenty. */
const MIN_SIZES = 60
/** In standard deviations of a second. After a long calm the filter forgets that prices move: what is larger says that, and no more. */
const MAX_SIZE = 50

/** How far the price is expected to go, in basis points. */
export interface ReturnForecast {
  readonly expectedReturnBps: number
  /** One a level of QUANTILE_LEVELS. */
  readonly quantilesBps: number[]
}

/** What is known of how far a price goes, whichever way. */
export interface Range {
  /** Standard deviation of the return. */
  readonly volatilityBps: number
  /** @param up the probability that it rises if it moves. */
  forecast(up: number): ReturnForecast
}

/**
 * How far a price goes over a fixed horizon, by filtered historical simulation (Barone-Adesi, Giannopoulos and Vosper 1999): an
 * exponentially weighted volatility of one-second returns, and the sizes of past returns over the horizon in units of the volatility of
 * their own time. A return is one of these sizes, upwards with the model's probability and downwards else, so that quantiles, mean and
 * probability are of one distribution, and the drift of some minutes is not taken for a law. Beside it the same without the filter, which
 * has to be beaten. Bounded memory, free of the price.
 */
export class ReturnRange {
  readonly #horizonMs: number
  /** Volatilities of seconds, until the return of their horizon is known: oldest first. */
  #told: { readonly time: number; readonly volatility: number }[] = []
  readonly #filtered = new Sizes()
  readonly #plain = new Sizes()
  #variance = Number.NaN
  #lastTime = Number.NEGATIVE_INFINITY

  constructor(horizonMs: number) {
    this.#horizonMs = horizonMs
  }

  /**
   * Looks at the market, once in each second of the clock: ticks come some milliseconds late, now more and now less.
   * @param returns that end at `time`, in basis points: over STEP_MS and over the horizon. Null where the price of their beginning is not known.
   */
  observe(time: number, returns: { readonly step: number | null; readonly horizon: number | null }): void {
    // Of a clock that was set back the sizes stay true, and not their times.
    if (time < this.#lastTime - this.#horizonMs) {
      this.#told = []
      this.#lastTime = Number.NEGATIVE_INFINITY
    }
    const passed = time - this.#lastTime
    if (Math.floor(time / STEP_MS) <= Math.floor(this.#lastTime / STEP_MS)) return
    this.#lastTime = time
    if (returns.step !== null) this.#follow(returns.step ** 2, passed)
    const begun = time - this.#horizonMs
    // The volatility of that moment, or of the second before it where ticks come late.
    while (this.#told[0] && this.#told[0].time <= begun - STEP_MS) this.#told.shift()
    if (returns.horizon !== null) {
      const size = Math.abs(returns.horizon)
      this.#plain.add(size)
      const [told] = this.#told
      if (told && told.time <= begun) this.#filtered.add(Math.min(MAX_SIZE, size / told.volatility))
    }
    if (this.#variance > 0) this.#told.push({ time, volatility: Math.sqrt(this.#variance) })
  }

  /** @returns null before a minute of returns was seen, or while the price does not move. */
  filtered(): Range | null {
    return this.#variance > 0 ? this.#filtered.range(Math.sqrt(this.#variance)) : null
  }

  /** The same as if volatility never changed. */
  plain(): Range | null {
    return this.#plain.range(1)
  }

  #follow(square: number, passed: number): void {
    const weight = 1 - Math.exp(-passed / MEMORY_MS)
    this.#variance = Number.isNaN(this.#variance) ? square : this.#variance + weight * (square - this.#variance)
  }
}

/** The newest sizes of returns, in units of something. */
class Sizes {
  readonly #ring = new Float64Array(MAX_SIZES)
  #count = 0

  add(size: number): void {
    this.#ring[this.#count++ % MAX_SIZES] = size
  }

  range(unit: number): Range | null {
    if (this.#count < MIN_SIZES) return null
    const sizes = this.#ring.slice(0, Math.min(this.#count, MAX_SIZES)).sort()
    let sum = 0
    let squares = 0
    for (const size of sizes) {
      sum += size
      squares += size * size
    }
    if (squares === 0) return null
    return {
      volatilityBps: unit * Math.sqrt(squares / sizes.length),
      forecast: (up) => ({
        expectedReturnBps: unit * (2 * up - 1) * (sum / sizes.length),
        quantilesBps: QUANTILE_LEVELS.map((level) => unit * signedQuantile(sizes, up, level)),
      }),
    }
  }
}

/**
 * A quantile of what is one of `sizes`, with equal chances, positive with probability `up` and negative else.
 * @param sizes rising, none negative.
 */
export function signedQuantile(sizes: Float64Array, up: number, level: number): number {
  const down = 1 - up
  return level < down ? -sizeAt(sizes, 1 - level / down) : sizeAt(sizes, up === 0 ? 0 : (level - down) / up)
}

/** Between neighbours in proportion. @param share of the sizes that lie below, from 0 to 1. */
function sizeAt(sizes: Float64Array, share: number): number {
  const place = share * (sizes.length - 1)
  const below = Math.floor(place)
  const next = Math.min(below + 1, sizes.length - 1)
  return sizes[below]! + (place - below) * (sizes[next]! - sizes[below]!)
}
