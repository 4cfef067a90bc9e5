import { ok, type Result } from '@opsource/kernel'
import type { Bar } from './bar.ts'
import { CANDLESTICKS, type CandlestickName, MAX_LOOKBACK } from './candlesticks.ts'
import { ChartFinder, type ChartKind, type ChartPattern, type PatternDirection, type PatternPoint } from './charts.ts'
import { ForwardReturns, type Known } from './forward-returns.ts'
import { lengthOf, type PatternInterval } from './interval.ts'
import { type Regime, RegimeMeter } from './regimes.ts'
import type { Scanner, ScanRefusal } from './scanner.ts'
import type { ScanColumns } from './talib.ts'

export type PatternKind = CandlestickName | ChartKind

/** A market's regime as of one closed bar. */
export interface KnownRegime extends Regime {
  /** When the bar ended, milliseconds since the Unix epoch. */
  readonly asOf: number
  /** What had followed earlier bars of the same regime, as of then. */
  readonly known: Known
}

/** A pattern as it was found when its last bar closed. */
export interface FoundPattern {
  readonly symbol: string
  readonly interval: PatternInterval
  readonly family: 'CANDLESTICK' | 'CHART'
  readonly kind: PatternKind
  readonly direction: PatternDirection
  /** TA-Lib's value; null of a chart pattern. */
  readonly score: number | null
  readonly points: readonly PatternPoint[]
  /** When its last bar began and ended, milliseconds since the Unix epoch. */
  readonly openTime: number
  readonly foundAt: number
  readonly regime: KnownRegime | null
  /** What had followed earlier ones, as of then. */
  readonly known: Known
}

/** What was found on one bar. */
interface Signal {
  readonly family: FoundPattern['family']
  readonly kind: PatternKind
  readonly direction: PatternDirection
  readonly score: number | null
  readonly points: readonly PatternPoint[]
}

export interface PatternStatistics {
  readonly kind: PatternKind
  readonly direction: PatternDirection
  readonly known: Known
}

/** What has followed the bars of one regime. */
export interface RegimeStatistics extends Pick<Regime, 'trend' | 'volatility'> {
  readonly known: Known
}

const keyOf = ({ kind, direction }: Pick<Signal, 'kind' | 'direction'>) => `${kind} ${direction}`

/** Recognises the patterns of one market and interval, block by block of closed bars. */
export class Recogniser {
  readonly #symbol: string
  readonly #interval: PatternInterval
  readonly #scanner: Pick<Scanner, 'scan'>
  readonly #charts = new ChartFinder()
  readonly #regimes = new RegimeMeter()
  readonly #returns = new ForwardReturns()
  /** Of regimes: six that every bar has one of, so that what is tested of patterns does not count here. */
  readonly #afterRegimes = new ForwardReturns()
  readonly #regimesSeen = new Map<string, Pick<Regime, 'trend' | 'volatility'>>()
  readonly #seen = new Map<string, Pick<Signal, 'kind' | 'direction'>>()
  #past: readonly Bar[] = []
  #regime: KnownRegime | null = null

  constructor(symbol: string, interval: PatternInterval, scanner: Pick<Scanner, 'scan'>) {
    this.#symbol = symbol
    this.#interval = interval
    this.#scanner = scanner
  }

  /** As of the last bar; null while too little is known. */
  get regime(): KnownRegime | null {
    return this.#regime
  }

  /** What has followed each regime that was seen, as of the last bar. */
  regimeStatistics(): RegimeStatistics[] {
    return [...this.#regimesSeen].map(([key, regime]) => ({ ...regime, known: this.#afterRegimes.known(key) }))
  }

  /** What has followed each pattern that was seen, as of the last bar. */
  statistics(): PatternStatistics[] {
    return [...this.#seen].map(([key, pattern]) => ({ ...pattern, known: this.#returns.known(key) }))
  }

  /** Takes bars that closed, in order. @returns what they complete, oldest first; refused, nothing has changed, and they may be given again. */
  async take(bars: readonly Bar[]): Promise<Result<FoundPattern[], ScanRefusal>> {
    const window = [...this.#past, ...bars]
    const from = this.#past.length
    const scan = await this.#scanner.scan(columnsOf(window), from)
    if (!scan.ok) return scan
    const candlesticks = candlesticksOf(scan.value, window)
    this.#past = window.slice(-MAX_LOOKBACK)
    return ok(bars.flatMap((bar, i) => this.#close(bar, candlesticks.get(from + i) ?? [])))
  }

  #close(bar: Bar, candlesticks: readonly Signal[]): FoundPattern[] {
    this.#regime = this.#regimeOf(bar)
    this.#returns.close(bar.close)
    const charts = new Map(this.#charts.add(bar).map((pattern) => [pattern.kind, chartSignal(pattern)]))
    const signals = [...candlesticks, ...charts.values()]
    const found = signals.map((signal) => ({
      ...signal,
      symbol: this.#symbol,
      interval: this.#interval,
      openTime: bar.openTime,
      foundAt: bar.openTime + lengthOf(this.#interval),
      regime: this.#regime,
      known: this.#returns.known(keyOf(signal)),
    }))
    for (const signal of signals) {
      this.#seen.set(keyOf(signal), { kind: signal.kind, direction: signal.direction })
      this.#returns.occurred(keyOf(signal))
    }
    return found
  }

  #regimeOf(bar: Bar): KnownRegime | null {
    const regime = this.#regimes.add(bar)
    this.#afterRegimes.close(bar.close)
    if (!regime) return null
    const { trend, volatility } = regime
    const key = `${trend} ${volatility}`
    const known = this.#afterRegimes.known(key)
    this.#regimesSeen.set(key, { trend, volatility })
    this.#afterRegimes.occurred(key)
    return { ...regime, asOf: bar.openTime + lengthOf(this.#interval), known }
  }
}

const chartSignal = (pattern: ChartPattern): Signal => ({ ...pattern, family: 'CHART', score: null })

function candlesticksOf(hits: Int32Array, bars: readonly Bar[]): Map<number, Signal[]> {
  const found = new Map<number, Signal[]>()
  for (let i = 0; i < hits.length; i += 3) {
    const [index, which, score] = [hits[i]!, hits[i + 1]!, hits[i + 2]!]
    const { name, candles, isDirected } = CANDLESTICKS[which]!
    const points = bars.slice(Math.max(0, index + 1 - candles), index + 1)
    const signals = found.get(index) ?? []
    found.set(index, signals)
    signals.push({
      family: 'CANDLESTICK',
      kind: name,
      direction: isDirected ? (score > 0 ? 'BULLISH' : 'BEARISH') : 'NEUTRAL',
      score,
      points: points.map(({ openTime, close }) => ({ time: openTime, price: close })),
    })
  }
  return found
}

export function columnsOf(bars: readonly Bar[]): ScanColumns {
  return {
    open: Float64Array.from(bars, ({ open }) => open),
    high: Float64Array.from(bars, ({ high }) => high),
    low: Float64Array.from(bars, ({ low }) => low),
    close: Float64Array.from(bars, ({ close }) => close),
  }
}
