import { readFile, stat } from 'node:fs/promises'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { z } from 'zod'
import type { Bars } from '../bar-features/index.ts'
import { cellsOf, InvalidBars } from './bars.ts'

const NUMBERS = ['open', 'high', 'low', 'close', 'volume'] as const
type NumberColumn = (typeof NUMBERS)[number]
/** A hundred times the largest history tried; a text twice as long is more than V8 holds. */
const MAX_BYTES = 256 * 1024 * 1024
/** Where more bars than this contradict themselves, the columns are not what the header says. */
const MAX_WIDENED_SHARE = 0.1
const SHOWN = 60

/** What was done to a file's lines before anything was evaluated. */
export interface InputReport {
  /** Lines below the header. */
  readonly lines: number
  readonly bars: number
  readonly from: string
  readonly to: string
  /** Lines without a price; they are left out. */
  readonly withoutPrice: number
  /** Lines that began before the one above them; all were put in order of time. */
  readonly outOfOrder: number
  /** Lines with the time of another; the last of them counts. */
  readonly repeated: number
  /** Bars whose open or close lay beyond high or low, which then count as far as it. */
  readonly widened: number
  /** Bars without volume; it counts as zero. */
  readonly withoutVolume: number
  /** Lines whose time names no zone; it counts as UTC. */
  readonly withoutZone: number
}

export interface BarFile {
  readonly bars: Bars
  readonly input: InputReport
}

const gunzipped = promisify(gunzip)

/**
 * Reads a file of bars as vendors write them: gzipped or plain, with other columns beside `time,open,high,low,close,volume` in any order.
 * What can be mended is, and told in the report; what contradicts itself is refused.
 * @throws InvalidBars where the file cannot be read, a column is missing, or a line is malformed.
 */
export async function readBarFile(file: string): Promise<BarFile> {
  return mendedBars(await textOf(file))
}

async function textOf(file: string): Promise<string> {
  try {
    const { size } = await stat(file)
    if (size > MAX_BYTES) throw new InvalidBars(`${file}: ${size} bytes are more than the ${MAX_BYTES} that are read`)
    const bytes = await readFile(file)
    const isGzipped = bytes[0] === 0x1f && bytes[1] === 0x8b
    return (isGzipped ? await gunzipped(bytes, { maxOutputLength: MAX_BYTES }) : bytes).toString('utf8')
  } catch (error) {
    if (error instanceof InvalidBars) throw error
    throw new InvalidBars(`${file}: cannot be read (${error instanceof Error && 'code' in error ? error.code : error})`)
  }
}

interface Row extends Record<NumberColumn, number> {
  readonly time: number
}

export function mendedBars(text: string): BarFile {
  const counts = { withoutPrice: 0, outOfOrder: 0, repeated: 0, widened: 0, withoutVolume: 0, withoutZone: 0 }
  const { header, lines } = linesOf(text)
  const parsed = lines.map((line) => rowOf(line, header, counts))
  const rows = parsed.filter((row) => row !== undefined)
  counts.withoutPrice = parsed.length - rows.length
  if (rows.length === 0) throw new InvalidBars('no line has a price')
  if (counts.widened > rows.length * MAX_WIDENED_SHARE)
    throw new InvalidBars(`open or close lies beyond high or low in ${counts.widened} of ${rows.length} bars`)
  rows.forEach((row, i) => {
    if (i > 0 && row.time < rows[i - 1]!.time) counts.outOfOrder++
  })
  if (counts.outOfOrder > 0) rows.sort((a, b) => a.time - b.time)
  const kept = rows.filter((row, i) => row.time !== rows[i + 1]?.time)
  counts.repeated = rows.length - kept.length
  const iso = (row: Row) => new Date(row.time).toISOString()
  return {
    bars: columnsOf(kept),
    input: { lines: lines.length, bars: kept.length, from: iso(kept[0]!), to: iso(kept.at(-1)!), ...counts },
  }
}

function columnsOf(rows: readonly Row[]): Bars {
  const column = (name: keyof Row) => Float64Array.from(rows, (row) => row[name])
  return {
    size: rows.length,
    time: column('time'),
    open: column('open'),
    high: column('high'),
    low: column('low'),
    close: column('close'),
    volume: column('volume'),
  }
}

interface Line {
  readonly number: number
  readonly text: string
}

interface Header {
  readonly width: number
  readonly index: Readonly<Record<'time' | NumberColumn, number>>
}

function linesOf(text: string): { header: Header; lines: readonly Line[] } {
  const [first, ...lines] = text.split(/\r\n|\n|\r/).flatMap((line, i) => {
    return line.trim() === '' ? [] : [{ number: i + 1, text: line }]
  })
  if (first === undefined) throw new InvalidBars('the file is empty')
  const names = cellsOf(first.text).map((cell) => cell.toLowerCase())
  const find = (name: string) => {
    const index = names.indexOf(name)
    if (index !== -1 && index === names.lastIndexOf(name)) return index
    const found = index === -1 ? 'none' : 'two'
    throw new InvalidBars(
      `line ${first.number}: the header must have one column ${name}, and has ${found}: ${shown(first.text)}`,
    )
  }
  const index = {
    time: find('time'),
    open: find('open'),
    high: find('high'),
    low: find('low'),
    close: find('close'),
    volume: find('volume'),
  }
  return { header: { width: names.length, index }, lines }
}

/** @returns nothing where a price is not known. */
function rowOf({ number: line, text }: Line, { width, index }: Header, counts: Counts): Row | undefined {
  const cells = cellsOf(text)
  if (cells.length < width || cells.slice(width).some((cell) => cell !== ''))
    throw new InvalidBars(`line ${line}: ${cells.length} cells do not go with ${width} columns`)
  const time = timeOf(cells[index.time]!, line, counts)
  const [open, high, low, close, volume] = NUMBERS.map((name) => numberOf(cells[index[name]]!, name, line))
  if (open === undefined || high === undefined || low === undefined || close === undefined) return undefined
  if (volume === undefined) counts.withoutVolume++
  if (low > high) throw new InvalidBars(`line ${line}: low ${low} is above high ${high}`)
  const [top, bottom] = [Math.max(open, high, close), Math.min(open, low, close)]
  if (top > high || bottom < low) counts.widened++
  return { time, open, high: top, low: bottom, close, volume: volume ?? 0 }
}

interface Counts {
  widened: number
  withoutVolume: number
  withoutZone: number
}

/** Of what may be no text at all. */
const shown = (text: string) => JSON.stringify(text.slice(0, SHOWN))

const UNKNOWN = new Set(['', 'nan', 'null', 'na', 'n/a', 'none', '-'])

/** @returns nothing where it is not known. */
function numberOf(cell: string, name: NumberColumn, line: number): number | undefined {
  if (UNKNOWN.has(cell.toLowerCase())) return undefined
  const value = Number(cell)
  const isRight = Number.isFinite(value) && (name === 'volume' ? value >= 0 : value > 0)
  if (isRight) return value
  const wanted = name === 'volume' ? 'a number from 0' : 'a price above 0'
  throw new InvalidBars(`line ${line}: ${name} must be ${wanted}, found ${shown(cell)}`)
}

const instant = z.iso.datetime({ offset: true })
const PARTS = /^(\d{4}-\d\d-\d\d)(?:[Tt ]+(\d\d:\d\d(?::\d\d(?:\.\d+)?)?))? ?([Zz]|[+-]\d\d:?\d\d)?$/

/** RFC 3339; also a date alone, and a time without a zone. */
function timeOf(cell: string, line: number, counts: Counts): number {
  const [, date, time = '00:00:00', zone] = PARTS.exec(cell) ?? []
  if (zone === undefined) counts.withoutZone++
  const offset = (zone ?? 'Z').toUpperCase().replace(/^(...)(\d\d)$/, '$1:$2')
  const parsed = instant.safeParse(`${date}T${time.length === 5 ? `${time}:00` : time}${offset}`)
  if (parsed.success) return Date.parse(parsed.data)
  throw new InvalidBars(`line ${line}: time must be RFC 3339, as 2024-01-31T09:00:00Z, found ${shown(cell)}`)
}
