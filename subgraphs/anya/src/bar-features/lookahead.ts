import type { Bars } from './engine.ts'

/** Computes a row-major table of features of the bars. */
export type FeatureTable = (bars: Bars) => { readonly width: number; readonly values: Float32Array }

/**
 * Finds the columns that look ahead: a feature of a bar must be the same, byte by byte, when the bars after it are not there yet.
 * @param cuts how many prefixes are tried, evenly spread.
 * @returns their indexes.
 */
export function findLookahead(bars: Bars, table: FeatureTable, cuts: number): number[] {
  const whole = table(bars)
  const rows = (values: Float32Array) => new Uint32Array(values.buffer, values.byteOffset, values.length)
  const expected = rows(whole.values)
  const looking = new Set<number>()
  for (let cut = 1; cut <= cuts; cut++) {
    const size = Math.floor((bars.size * cut) / (cuts + 1))
    rows(table(firstBars(bars, size)).values).forEach((bits, i) => {
      if (bits !== expected[i]) looking.add(i % whole.width)
    })
  }
  return [...looking].sort((a, b) => a - b)
}

export function firstBars(bars: Bars, size: number): Bars {
  return {
    size,
    time: bars.time.subarray(0, size),
    open: bars.open.subarray(0, size),
    high: bars.high.subarray(0, size),
    low: bars.low.subarray(0, size),
    close: bars.close.subarray(0, size),
    volume: bars.volume.subarray(0, size),
  }
}
