import { readFileSync } from 'node:fs'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import { parseBars } from '../evaluation/bars.ts'
import type { Bar } from '../patterns/bar.ts'

const FILE = path.resolve(import.meta.dirname, '../../../../data/patterns/eurusd-hours.csv.gz')
/** 0.00001 is the smallest move of the prices in the file. */
const TICKS_PER_UNIT = 100_000
const ticks = (price: number | undefined) => Math.round(Number(price) * TICKS_PER_UNIT)

/** 42,000 hours of EUR-USD, in ticks: the bid, of which TA-Lib's own answers lie beside it. */
export function recordedHours(): Bar[] {
  const { time, open, high, low, close } = parseBars(gunzipSync(readFileSync(FILE)).toString('utf8'))
  return Array.from(time, (openTime, i) => ({
    openTime,
    open: ticks(open[i]),
    high: ticks(high[i]),
    low: ticks(low[i]),
    close: ticks(close[i]),
    volume: 0,
  }))
}

/** The hours, then every second, third and seventh of them: with the gaps between candles that half of the patterns are about. */
export function gappedHours(hours: readonly Bar[]): Bar[] {
  return [1, 2, 3, 7].flatMap((step) => hours.filter((_, i) => (i + 1) % step === 0))
}
