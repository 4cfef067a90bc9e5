import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import type { Bars } from '../bar-features/index.ts'
import { parseBars } from '../evaluation/bars.ts'

const DATA = path.resolve(import.meta.dirname, '../../../../data')
const unpack = promisify(gunzip)

/** Daily bars that come with the code, by the symbol of the reference market in the graph. */
const DAILY: ReadonlyMap<string, string> = new Map([
  ['BTC-USD', 'daily/btcusd.csv.gz'],
  ['EUR-USD', 'daily/eurusd.csv.gz'],
  ['SP500', 'daily/sp500.csv.gz'],
])

/** @returns null of a market of which no daily bars are known. Rejects where its file cannot be read. */
export async function referenceHistory(symbol: string, directory: string = DATA): Promise<Bars | null> {
  const file = DAILY.get(symbol)
  if (file === undefined) return null
  return parseBars((await unpack(await readFile(path.join(directory, file)))).toString('utf8'))
}
