import { Recent, Smoothed } from './smoothing.ts'

export interface Bar {
  /** Milliseconds since the epoch at which the bar begins. */
  readonly time: number
  readonly open: number
  readonly high: number
  readonly low: number
  readonly close: number
  /** 0 where none is known. */
  readonly volume: number
}

/** Longest memory of single bars that a feature may ask for. */
export const MAX_LOOKBACK = 97
/** The span by which returns are normalised. */
export const VOLATILITY_SPAN = 64

/**
 * A change of the logarithm from one bar to the next beyond this (−33 %, +49 %) is taken for a split, a redenomination or an error:
 * the level is chained over it as if the price had not moved. Three for two, the smallest usual split, is 0.405.
 */
export const MAX_CHANGE = 0.4

const SPANS = { level: [8, 12, 24, 26, 96], variance: [8, VOLATILITY_SPAN, 256], strength: 27, signal: 9 } as const
type LevelSpan = (typeof SPANS.level)[number]
type VarianceSpan = (typeof SPANS.variance)[number]

/** What the features of a bar are made of: the bars up to it, and nothing later. Prices are logarithms, chained over splits. */
export class BarHistory {
  #bar: Bar | null = null
  #opensWithSplit = false
  readonly levels = new Recent(MAX_LOOKBACK)
  readonly highs = new Recent(MAX_LOOKBACK)
  readonly lows = new Recent(MAX_LOOKBACK)
  readonly changes = new Recent(MAX_LOOKBACK)
  readonly #levels = new Map(SPANS.level.map((span) => [span, new Smoothed(span)]))
  readonly #variances = new Map(SPANS.variance.map((span) => [span, new Smoothed(span)]))
  readonly gains = new Smoothed(SPANS.strength)
  readonly losses = new Smoothed(SPANS.strength)
  readonly signal = new Smoothed(SPANS.signal)
  readonly logVolume = new Smoothed(VOLATILITY_SPAN)
  readonly product = new Smoothed(VOLATILITY_SPAN)
  readonly cube = new Smoothed(VOLATILITY_SPAN)

  push(bar: Bar): void {
    const before = this.#bar
    const raw = before ? Math.log(bar.close / before.close) : 0
    this.#opensWithSplit = Math.abs(raw) > MAX_CHANGE
    const change = this.#opensWithSplit ? 0 : raw
    const level = before ? this.levels.at(0) + change : Math.log(bar.close)
    this.levels.push(level)
    this.highs.push(level + Math.log(bar.high / bar.close))
    this.lows.push(level + Math.log(bar.low / bar.close))
    for (const smoothed of this.#levels.values()) smoothed.push(level)
    this.signal.push(this.smoothedLevel(12) - this.smoothedLevel(26))
    this.logVolume.push(Math.log1p(bar.volume))
    if (before) this.#pushChange(change)
    this.#bar = bar
  }

  #pushChange(change: number): void {
    this.changes.push(change)
    for (const variance of this.#variances.values()) variance.push(change * change)
    this.gains.push(Math.max(change, 0))
    this.losses.push(Math.max(-change, 0))
    this.cube.push(change ** 3)
    const previous = this.changes.at(1)
    if (!Number.isNaN(previous)) this.product.push(change * previous)
  }

  /** The newest bar. */
  get bar(): Bar {
    if (!this.#bar) throw new RangeError('no bar yet')
    return this.#bar
  }

  /** The change of the logarithm since the bar before; NaN at the first bar. */
  get change(): number {
    return this.changes.at(0)
  }

  /** Between the last close and this open; NaN where a split makes it meaningless. */
  get openingChange(): number {
    if (this.#opensWithSplit) return Number.NaN
    return this.change - Math.log(this.bar.close / this.bar.open)
  }

  /** Standard deviation of a bar's change; NaN while nothing has moved. */
  get volatility(): number {
    return Math.sqrt(this.variance(VOLATILITY_SPAN)) || Number.NaN
  }

  variance(span: VarianceSpan): number {
    return this.#variances.get(span)?.value ?? Number.NaN
  }

  smoothedLevel(span: LevelSpan): number {
    return this.#levels.get(span)?.value ?? Number.NaN
  }

  /** The change of the logarithm over the last `bars` bars; NaN where there are fewer. */
  changeOver(bars: number): number {
    return this.levels.at(0) - this.levels.at(bars)
  }
}
