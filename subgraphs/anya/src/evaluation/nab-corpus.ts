import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import { z } from 'zod'
import type { Profile, Window } from './nab-scorer.ts'

/** A labelled series of a corpus that is laid out as NAB's is. */
export interface LabelledSeries {
  /** `category/file.csv` below `data/`. */
  readonly name: string
  /** Milliseconds since the epoch; NAB's times have no zone and are taken as UTC. */
  readonly time: Float64Array
  /** NaN where a cell is empty. */
  readonly value: Float64Array
  /** In order of time. */
  readonly windows: readonly Window[]
}

export interface Corpus {
  /** In order of name. */
  readonly series: readonly LabelledSeries[]
  readonly profiles: Readonly<Record<string, Profile>>
  /** Labelled files that are not there. */
  readonly missing: readonly string[]
  /** Files that have no entry among the labels, so that nobody knows what is unusual in them. */
  readonly unlabelled: readonly string[]
}

/** A corpus that cannot be scored: which file, and why. */
export class InvalidCorpus extends Error {}

const windowsSchema = z.record(z.string(), z.array(z.tuple([z.string(), z.string()])))
const weight = z.number().nonnegative()
const profilesSchema = z.record(
  z.string(),
  z.object({ CostMatrix: z.object({ tpWeight: weight, fnWeight: weight, fpWeight: weight }) }),
)

/** @throws InvalidCorpus where a file is missing or malformed, or a window lies outside its series */
export async function readCorpus(directory: string): Promise<Corpus> {
  const labels = await readJson(directory, 'labels/combined_windows.json', windowsSchema)
  const costs = await readJson(directory, 'config/profiles.json', profilesSchema)
  const there = await filesBelow(path.join(directory, 'data'))
  const [names, missing] = [
    Object.keys(labels)
      .filter((name) => there.has(name))
      .sort(),
    Object.keys(labels)
      .filter((name) => !there.has(name))
      .sort(),
  ]
  const unlabelled = [...there].filter((name) => !Object.hasOwn(labels, name)).sort()
  if (names.length < 2)
    throw new InvalidCorpus(
      `data: ${names.length} of the ${missing.length + names.length} labelled files are there, and two at least are needed`,
    )
  const series: LabelledSeries[] = []
  for (const name of names)
    series.push(parseSeries(name, await text(directory, path.join('data', name)), labels[name]!))
  const profiles = Object.fromEntries(
    Object.entries(costs).map(([name, { CostMatrix: cost }]) => [
      name,
      { truePositive: cost.tpWeight, falseNegative: cost.fnWeight, falsePositive: cost.fpWeight },
    ]),
  )
  if (!profiles.standard) throw new InvalidCorpus('config/profiles.json: there is no profile "standard"')
  return { series, profiles, missing, unlabelled }
}

/** Names as labels have them, of `category/file.csv` and `category/file.csv.gz`. */
async function filesBelow(data: string): Promise<ReadonlySet<string>> {
  const entries = await readdir(data, { recursive: true, withFileTypes: true }).catch((error: unknown) => {
    throw new InvalidCorpus(`data: cannot be read (${codeOf(error)})`)
  })
  const files = entries.filter((entry) => !entry.isDirectory())
  const names = files.map((entry) => path.relative(data, path.join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
  return new Set(names.map((name) => name.replace(/\.gz$/, '')).filter((name) => name.endsWith('.csv')))
}

const codeOf = (error: unknown) => (error instanceof Error && 'code' in error ? error.code : error)

/** A file, or the same gzipped under its name with `.gz`. */
async function text(directory: string, file: string): Promise<string> {
  const plain = path.join(directory, file)
  try {
    return existsSync(plain) || !existsSync(`${plain}.gz`)
      ? await readFile(plain, 'utf8')
      : gunzipSync(await readFile(`${plain}.gz`)).toString('utf8')
  } catch (error) {
    throw new InvalidCorpus(`${file}: cannot be read (${codeOf(error)})`)
  }
}

async function readJson<T>(directory: string, file: string, schema: z.ZodType<T>): Promise<T> {
  const content = await text(directory, file)
  let json: unknown
  try {
    json = JSON.parse(content)
  } catch (error) {
    throw new InvalidCorpus(`${file}: ${error instanceof Error ? error.message : error}`)
  }
  const parsed = schema.safeParse(json)
  if (!parsed.success) throw new InvalidCorpus(`${file}: ${z.prettifyError(parsed.error).replaceAll('\n', ' ')}`)
  return parsed.data
}

const HEADER = 'timestamp,value'
const TIMESTAMP = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(\.\d+)?Z?$/

function milliseconds(timestamp: string): number {
  const [, date, time, fraction = ''] = TIMESTAMP.exec(timestamp.trim()) ?? []
  return Date.parse(`${date}T${time}${fraction.slice(0, 4)}Z`)
}

function numberOf(cell: string): number | undefined {
  if (cell === '' || cell.toLowerCase() === 'nan') return Number.NaN
  const value = Number(cell)
  return Number.isNaN(value) ? undefined : value
}

/** @throws InvalidCorpus where a line is malformed or a window has no place in the series */
export function parseSeries(
  name: string,
  content: string,
  labels: readonly (readonly [string, string])[],
): LabelledSeries {
  const [header = '', ...lines] = content.split(/\r?\n/).filter((line) => line.trim() !== '')
  if (header.trim().toLowerCase() !== HEADER) throw new InvalidCorpus(`${name}: line 1: the header must be ${HEADER}`)
  if (lines.length === 0) throw new InvalidCorpus(`${name}: there are no rows`)
  const time = new Float64Array(lines.length)
  const value = new Float64Array(lines.length)
  lines.forEach((line, index) => {
    const cells = line.split(',')
    const at = milliseconds(cells[0] ?? '')
    const number = numberOf((cells[1] ?? '').trim())
    if (cells.length !== 2 || Number.isNaN(at) || number === undefined)
      throw new InvalidCorpus(`${name}: line ${index + 2}: expected a time and a number, found "${line.slice(0, 60)}"`)
    time[index] = at
    value[index] = number
  })
  return {
    name,
    time,
    value,
    windows: labels.map((label) => placed(name, time, label)).sort((a, b) => a.from - b.from),
  }
}

/** NAB finds the first rows with exactly a window's times; a window between two rows is taken to begin after and end before them. */
function placed(name: string, time: Float64Array, [begin, end]: readonly [string, string]): Window {
  const [first, last] = [milliseconds(begin), milliseconds(end)]
  const from = exactly(time, first) ?? time.findIndex((at) => at >= first)
  const to = exactly(time, last) ?? time.findLastIndex((at) => at <= last)
  if (Number.isNaN(first) || Number.isNaN(last) || from < 0 || to < from)
    throw new InvalidCorpus(`${name}: the window from ${begin} to ${end} is not within the file`)
  return { from, to }
}

function exactly(time: Float64Array, at: number): number | undefined {
  const index = time.indexOf(at)
  return index < 0 ? undefined : index
}
