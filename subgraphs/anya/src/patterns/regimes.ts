import { lowerBound } from '../statistics/lower-bound.ts'
import type { Bar } from './bar.ts'

export interface Regime {
  readonly trend: 'UP' | 'DOWN' | 'RANGE'
  readonly volatility: 'HIGH' | 'LOW'
  /** Kaufman's efficiency ratio, 0 to 1. */
  readonly efficiency: number
  /** Root mean square of the last log returns, a ratio per bar. */
  readonly deviation: number
}

/** Bars that trend and volatility are measured over. */
const REGIME_BARS = 20
/** A random walk's ratio over 20 bars is near 1/√20 = 0.22; it reaches this in one of seven windows. */
export const TREND_EFFICIENCY = 0.4
/** High and low mean above and below the median of so many bars before. */
const MEMORY_BARS = 250
/** A median of fewer says nothing. */
const MIN_MEMORY_BARS = 50

/**
 * Says of each bar, by what came up to it, whether the market trends and whether it is livelier than it was:
 * P. Kaufman's efficiency ratio (Trading Systems and Methods), and realised volatility against its own median.
 */
export class RegimeMeter {
  #closes: number[] = []
  #deviations: number[] = []
  #sorted: number[] = []

  /** @returns null until there is enough to compare with. */
  add({ close }: Bar): Regime | null {
    this.#closes.push(close)
    if (this.#closes.length > REGIME_BARS + 1) this.#closes.shift()
    if (this.#closes.length <= REGIME_BARS) return null
    const { efficiency, net, deviation } = movesOf(this.#closes)
    const median = this.#sorted[this.#sorted.length >> 1] ?? 0
    const isKnown = this.#deviations.length >= MIN_MEMORY_BARS
    this.#remember(deviation)
    if (!isKnown) return null
    const trends = efficiency >= TREND_EFFICIENCY
    return {
      trend: trends ? (net > 0 ? 'UP' : 'DOWN') : 'RANGE',
      volatility: deviation > median ? 'HIGH' : 'LOW',
      efficiency,
      deviation,
    }
  }

  #remember(deviation: number): void {
    this.#deviations.push(deviation)
    this.#sorted.splice(lowerBound(this.#sorted, deviation), 0, deviation)
    if (this.#deviations.length <= MEMORY_BARS) return
    const oldest = this.#deviations.shift()!
    this.#sorted.splice(lowerBound(this.#sorted, oldest), 1)
  }
}

function movesOf(closes: readonly number[]) {
  let path = 0
  let squares = 0
  for (let i = 1; i < closes.length; i++) {
    path += Math.abs(closes[i]! - closes[i - 1]!)
    squares += Math.log(closes[i]! / closes[i - 1]!) ** 2
  }
  const net = closes.at(-1)! - closes[0]!
  const steps = closes.length - 1
  return { net, efficiency: path === 0 ? 0 : Math.abs(net) / path, deviation: Math.sqrt(squares / steps) }
}
