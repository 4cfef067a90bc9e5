import { BAR_FEATURES } from './features.ts'
import { type Bar, BarHistory } from './history.ts'

/** Price bars of one market in order of time, a column each. */
export interface Bars {
  readonly size: number
  /** Milliseconds since the epoch at which each bar begins. */
  readonly time: Float64Array
  readonly open: Float64Array
  readonly high: Float64Array
  readonly low: Float64Array
  readonly close: Float64Array
  /** Of the base asset or shares; zeros where nothing is known. */
  readonly volume: Float64Array
}

/** Computes features bar by bar: the one engine for training and serving, so that the two cannot differ. */
export class BarFeatureEngine {
  readonly history = new BarHistory()

  /** Takes the next closed bar. @returns its features; NaN where one is not known. */
  push(bar: Bar): Float32Array {
    this.history.push(bar)
    // No file tells -0 from 0.
    const row = new Float32Array(BAR_FEATURES.length)
    for (let column = 0; column < row.length; column++) row[column] = finite(BAR_FEATURES[column]!.of(this.history)) + 0
    return row
  }
}

/** A quotient by zero is no value. */
const finite = (value: number) => (Number.isFinite(value) ? value : Number.NaN)

export interface BarFeatureTable {
  readonly width: number
  /** Row-major, a row a bar. */
  readonly values: Float32Array
  /** The change of the logarithm since the bar before, chained over splits; NaN at the first bar. */
  readonly change: Float64Array
  /** Standard deviation of a bar's change as known at its close. */
  readonly volatility: Float64Array
}

const tables = new WeakMap<Bars, BarFeatureTable>()

/** Replays bars through the engine; what came of it is kept as long as the bars, which nobody changes, are. */
export function barFeatureTable(bars: Bars): BarFeatureTable {
  const known = tables.get(bars)
  if (known) return known
  const table = replayed(bars)
  tables.set(bars, table)
  return table
}

function replayed(bars: Bars): BarFeatureTable {
  const engine = new BarFeatureEngine()
  const width = BAR_FEATURES.length
  const values = new Float32Array(bars.size * width)
  const change = new Float64Array(bars.size)
  const volatility = new Float64Array(bars.size)
  for (let i = 0; i < bars.size; i++) {
    values.set(engine.push(barAt(bars, i)), i * width)
    change[i] = engine.history.change
    volatility[i] = engine.history.volatility
  }
  return { width, values, change, volatility }
}

/** One bar of its columns. */
export const barAt = (bars: Bars, i: number): Bar => ({
  time: bars.time[i]!,
  open: bars.open[i]!,
  high: bars.high[i]!,
  low: bars.low[i]!,
  close: bars.close[i]!,
  volume: bars.volume[i]!,
})
