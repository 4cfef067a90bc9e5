import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import type { Bars } from '../bar-features/index.ts'
import { parseBars } from '../evaluation/bars.ts'

const DATA = path.resolve(import.meta.dirname, '../../../../data')
const unpack = promisify(gunzip)

interface ReferenceFile {
  readonly path: string
  /** What lies before this day is left out. */
  readonly since?: string
}

/** Daily bars that come with the code, by the symbol of the reference market in the graph. */
const DAILY: ReadonlyMap<string, ReferenceFile> = new Map([
  // Before that day a few coins changed hands on Coinbase, and one sale halved the price (14 January).
  ['BTC-USD', { path: 'daily/btcusd.csv.gz', since: '2015-01-25T00:00:00Z' }],
  ['EUR-USD', { path: 'daily/eurusd.csv.gz' }],
  ['SP500', { path: 'daily/sp500.csv.gz' }],
])

/** @returns null of a market of which no daily bars are known. Rejects where its file cannot be read. */
export async function referenceHistory(symbol: string, directory: string = DATA): Promise<Bars | null> {
  const file = DAILY.get(symbol)
  if (!file) return null
  const bars = parseBars((await unpack(await readFile(path.join(directory, file.path)))).toString('utf8'))
  return file.since === undefined ? bars : barsSince(bars, Date.parse(file.since))
}

function barsSince({ time, open, high, low, close, volume }: Bars, since: number): Bars {
  const first = Array.from(time).findIndex((at) => at >= since)
  const rest = (column: ArrayLike<number>) => Float64Array.from(column).subarray(first === -1 ? column.length : first)
  return {
    size: rest(time).length,
    time: rest(time),
    open: rest(open),
    high: rest(high),
    low: rest(low),
    close: rest(close),
    volume: rest(volume),
  }
}
