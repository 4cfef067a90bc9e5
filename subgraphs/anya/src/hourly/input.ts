import { type BarFeatureTable, type Bars, barFeatureTable } from '../bar-features/index.ts'
import { inputsOf } from '../evaluation/variance-models.ts'
import type { Matrix } from '../learners/boosted-trees/index.ts'
import type { Bar } from '../patterns/bar.ts'
import { HOUR_MS } from './lines.ts'

/** What is known of a market at the close of its newest hour bar. */
export interface HourlyInput {
  /** Features of the volatility; those of the return come first. NaN where one is not known. */
  readonly row: Float32Array
  /** Standard deviation of an hour's change of the logarithm. */
  readonly volatility: number
  /** When the first bar begins and the newest ends, in milliseconds, and how many there are. */
  readonly from: number
  readonly to: number
  readonly bars: number
}

/**
 * @param computed what is computed of the bars, where it is there already.
 * @returns null where there are no bars, or the price has not moved.
 */
export function newestInput(
  bars: Bars,
  computed?: { readonly table: BarFeatureTable; readonly inputs: Matrix },
): HourlyInput | null {
  const { table, inputs } = computed ?? { table: barFeatureTable(bars), inputs: inputsOf(bars) }
  const volatility = table.volatility.at(-1) ?? Number.NaN
  if (!(volatility > 0)) return null
  const row = inputs.values.slice(inputs.values.length - inputs.width)
  return { row, volatility, from: bars.time[0]!, to: bars.time.at(-1)! + HOUR_MS, bars: bars.size }
}

/** Bars as they were seen to trade, as columns: features are free of the price, so that ticks do. */
export function columnsOf(bars: readonly Bar[]): Bars {
  const column = (of: (bar: Bar) => number) => Float64Array.from(bars, of)
  return {
    size: bars.length,
    time: column(({ openTime }) => openTime),
    open: column(({ open }) => open),
    high: column(({ high }) => high),
    low: column(({ low }) => low),
    close: column(({ close }) => close),
    volume: column(({ volume }) => volume),
  }
}
