import { readFileSync } from 'node:fs'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { Bars } from '../bar-features/index.ts'
import { parseBars } from '../evaluation/bars.ts'

const file = path.resolve(import.meta.dirname, '../../../../data/hourly/eurusd.csv.gz')

/** The first hours of the real series in data/hourly. */
export function hourlyBars(size: number): Bars {
  return parseBars(hourlyCsv(size))
}

export const hourlyCsv = (size: number) => {
  const lines = gunzipSync(readFileSync(file)).toString().split('\n')
  return lines.slice(0, size + 1).join('\n')
}
