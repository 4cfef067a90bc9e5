import { z } from 'zod'
import type { Bars } from '../bar-features/index.ts'

const COLUMNS = ['time', 'open', 'high', 'low', 'close', 'volume']
const price = z.coerce.number().positive()
const rowSchema = z
  .tuple([z.iso.datetime({ offset: true }), price, price, price, price, z.coerce.number().nonnegative()])
  .refine(([, open, high, low, close]) => low <= Math.min(open, close) && high >= Math.max(open, close), {
    message: 'low ≤ open, close ≤ high does not hold',
  })

/** A file that cannot be evaluated: which line, and why. */
export class InvalidBars extends Error {}

/**
 * Reads `time,open,high,low,close,volume` with a header line, strictly; `time` is RFC 3339, cells may be quoted, an empty volume is zero.
 * @throws InvalidBars where a line is malformed, a price is not positive, or time does not increase.
 */
export function parseBars(text: string): Bars {
  const [header, ...lines] = text.split(/\r?\n/).flatMap((line, index) => {
    return line.trim() === '' ? [] : [{ number: index + 1, cells: cellsOf(line) }]
  })
  if (header?.cells.join().toLowerCase() !== COLUMNS.join())
    throw new InvalidBars(`line ${header?.number ?? 1}: the header must be ${COLUMNS}`)
  const rows = lines.map(({ number, cells: [time = '', ...rest] }) => {
    const row = rowSchema.safeParse([time.replace(' ', 'T'), ...rest])
    if (!row.success) throw new InvalidBars(`line ${number}: ${z.prettifyError(row.error)}`)
    return row.data
  })
  const time = Float64Array.from(rows, ([at]) => Date.parse(at))
  const backwards = time.findIndex((at, index) => index > 0 && at <= time[index - 1]!)
  if (backwards !== -1) throw new InvalidBars(`line ${lines[backwards]!.number}: time does not increase`)
  const column = (index: 1 | 2 | 3 | 4 | 5) => Float64Array.from(rows, (row) => row[index])
  const [open, high, low, close, volume] = [column(1), column(2), column(3), column(4), column(5)]
  return { size: rows.length, time, open, high, low, close, volume }
}

const QUOTED = /(?<=^|,)\s*(?:"((?:[^"]|"")*)"|([^,]*))\s*(?=,|$)/g

/** The cells of a line of CSV. A byte order mark counts as space. */
export function cellsOf(line: string): string[] {
  const trimmed = line.trim()
  if (!trimmed.includes('"')) return trimmed.split(',').map((cell) => cell.trim())
  return [...trimmed.matchAll(QUOTED)].map(([, quoted, plain = '']) => (quoted?.replaceAll('""', '"') ?? plain).trim())
}
