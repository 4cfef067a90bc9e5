import { readFileSync } from 'node:fs'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { Bar } from './bar.ts'

const FILE = path.join(import.meta.dirname, '../../../../data/patterns/eurusd-hours.csv.gz')
/** 0.00001 is the smallest move of the prices in the file. */
const TICKS_PER_UNIT = 100_000

/** 42,000 hours of EUR-USD, in ticks. */
export function recordedHours(): Bar[] {
  const [, ...lines] = gunzipSync(readFileSync(FILE)).toString('utf8').trim().split('\n')
  return lines.map((line) => {
    const [time = '', ...prices] = line.split(',')
    const [open = 0, high = 0, low = 0, close = 0] = prices.map((price) => Math.round(Number(price) * TICKS_PER_UNIT))
    return { openTime: Date.parse(time), open, high, low, close, volume: 0 }
  })
}

/** The hours, then every second, third and seventh of them: with the gaps between candles that half of the patterns are about. */
export function gappedHours(hours: readonly Bar[]): Bar[] {
  return [1, 2, 3, 7].flatMap((step) => hours.filter((_, i) => (i + 1) % step === 0))
}
