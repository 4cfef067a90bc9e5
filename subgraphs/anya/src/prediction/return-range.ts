import { QUANTILE_LEVELS } from './forecast.ts'

/** Time in which an old squared return loses 63 % of its weight. */
const MEMORY_MS = 60_000
/** Residuals that the quantiles are told from: ten minutes of seconds. */
const MAX_RESIDUALS = 600
/** Fewer say nothing of one in twenty. */
const MIN_RESIDUALS = 60
/** Returns are looked at no more often: nearer ones overlap almost wholly. */
const STEP_MS = 1_000

/** How far the price is expected to go, in basis points. */
export interface ReturnForecast {
  readonly expectedReturnBps: number
  /** One a level of QUANTILE_LEVELS. */
  readonly quantilesBps: number[]
}

/** What is known of how far one market's price goes over a horizon, whichever way. */
export interface Range {
  /** Standard deviation of the return, by exponentially weighted squares of past returns over the same horizon. */
  readonly volatilityBps: number
  /** The same with equal weights: what a filter has to beat. */
  readonly plainVolatilityBps: number
  /** The return where it rises with probability `up` if it moves. */
  forecast(up: number): ReturnForecast
  /** The same by plain volatility. */
  plainForecast(up: number): ReturnForecast
}

/**
 * How far a price goes over a fixed horizon: a volatility by exponentially weighted squared returns over that horizon, and the sizes of
 * past returns in units of the volatility of their own time (filtered historical simulation; Barone-Adesi, Giannopoulos and Vosper 1999).
 * A return is one of these sizes, upwards with the model's probability and downwards else, so that quantiles, mean and probability are of
 * one distribution, and the drift of a few minutes is not taken for a law. Bounded memory; scale-free.
 */
export class ReturnRange {
  readonly #horizonMs: number
  /** Volatilities that were told, until their return is known: oldest first. */
  #told: { readonly time: number; readonly volatility: number }[] = []
  /** The newest squared returns, and residuals' sizes, in rings of the same length. */
  readonly #squares = new Float64Array(MAX_RESIDUALS)
  readonly #sizes = new Float64Array(MAX_RESIDUALS)
  #squareCount = 0
  #sizeCount = 0
  #variance = Number.NaN
  #lastTime = Number.NEGATIVE_INFINITY

  constructor(horizonMs: number) {
    this.#horizonMs = horizonMs
  }

  /**
   * Takes the return of the horizon that ends at `time`.
   * @param returnBps null where the price of its beginning is not known.
   */
  observe(time: number, returnBps: number | null): void {
    if (time - this.#lastTime < STEP_MS) return
    const passed = time - this.#lastTime
    this.#lastTime = time
    const begun = time - this.#horizonMs
    while (this.#told[0] && this.#told[0].time < begun - STEP_MS) this.#told.shift()
    if (returnBps !== null) {
      const square = returnBps ** 2
      this.#squares[this.#squareCount++ % MAX_RESIDUALS] = square
      const weight = Number.isNaN(this.#variance) ? 1 : 1 - Math.exp(-passed / MEMORY_MS)
      this.#variance = Number.isNaN(this.#variance) ? square : this.#variance + weight * (square - this.#variance)
      const told = this.#told[0]
      if (told && told.time <= begun)
        this.#sizes[this.#sizeCount++ % MAX_RESIDUALS] = Math.abs(returnBps) / told.volatility
    }
    if (this.#variance > 0) this.#told.push({ time, volatility: Math.sqrt(this.#variance) })
  }

  /** @returns null before a minute of returns has been seen, or while the price has not moved at all. */
  read(): Range | null {
    const count = Math.min(this.#sizeCount, MAX_RESIDUALS)
    if (count < MIN_RESIDUALS || !(this.#variance > 0)) return null
    const squares = this.#squares.subarray(0, Math.min(this.#squareCount, MAX_RESIDUALS))
    const plain = Math.sqrt(squares.reduce((sum, square) => sum + square, 0) / squares.length)
    if (plain === 0) return null
    const volatility = Math.sqrt(this.#variance)
    const sizes = this.#sizes.slice(0, count).sort()
    const plainSizes = squares.map((square) => Math.sqrt(square) / plain).sort()
    return {
      volatilityBps: volatility,
      plainVolatilityBps: plain,
      forecast: (up) => signed(sizes, volatility, up),
      plainForecast: (up) => signed(plainSizes, plain, up),
    }
  }
}

/** @param sizes rising, in units of `volatility`. */
function signed(sizes: Float64Array, volatility: number, up: number): ReturnForecast {
  const meanSize = sizes.reduce((sum, size) => sum + size, 0) / sizes.length
  return {
    expectedReturnBps: (2 * up - 1) * meanSize * volatility,
    quantilesBps: QUANTILE_LEVELS.map((level) => quantileOf(sizes, up, level) * volatility),
  }
}

/** Of a value that is one of `sizes`, positive with probability `up` and negative else. */
export function quantileOf(sizes: Float64Array, up: number, level: number): number {
  const down = 1 - up
  return level < down
    ? -sizeAt(sizes, 1 - level / down)
    : up === 0
      ? -sizeAt(sizes, 0)
      : sizeAt(sizes, (level - down) / up)
}

/** Between neighbours in proportion. @param share of the sizes that lie below. */
function sizeAt(sizes: Float64Array, share: number): number {
  const place = Math.min(Math.max(share, 0), 1) * (sizes.length - 1)
  const below = Math.floor(place)
  const next = Math.min(below + 1, sizes.length - 1)
  return sizes[below]! + (place - below) * (sizes[next]! - sizes[below]!)
}
