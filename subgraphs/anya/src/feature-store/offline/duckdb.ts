import { DOUBLE, type DuckDBConnection, DuckDBDataChunk, DuckDBInstance, FLOAT } from '@duckdb/node-api'
import type { RowBlock } from '../rows.ts'

/** DuckDB hands rows over in blocks of this many. */
const CHUNK_ROWS = 2_048

export interface DuckLimits {
  /** Of DuckDB itself; what JavaScript holds comes on top. */
  readonly memoryMb: number
  readonly threads: number
  /** Where it may put what does not fit into memory. */
  readonly spillFolder: string
}

/** Of a session: what the joins and sorts of a few million rows need. */
const SPILL_LIMIT = '2GB'

export async function openDuck({ memoryMb, threads, spillFolder }: DuckLimits): Promise<DuckDBConnection> {
  const instance = await DuckDBInstance.create(':memory:', {
    memory_limit: `${memoryMb}MB`,
    threads: `${threads}`,
    temp_directory: spillFolder,
    max_temp_directory_size: SPILL_LIMIT,
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  })
  return instance.connect()
}

export const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`
export const literal = (text: string) => `'${text.replaceAll("'", "''")}'`
export const listOf = (files: readonly string[]) => `[${files.map(literal).join(', ')}]`

/** Makes a temporary table of the rows, times as whole milliseconds. */
export async function loadRows(
  duck: DuckDBConnection,
  table: string,
  features: readonly string[],
  block: RowBlock,
): Promise<void> {
  const columns = features.map((name) => `${quoted(name)} FLOAT`)
  await duck.run(`CREATE OR REPLACE TEMP TABLE ${table} (event_ms DOUBLE, available_ms DOUBLE, ${columns.join(', ')})`)
  const appender = await duck.createAppender(table)
  const types = [DOUBLE, DOUBLE, ...features.map(() => FLOAT)]
  for (let start = 0; start < block.size; start += CHUNK_ROWS) {
    const size = Math.min(CHUNK_ROWS, block.size - start)
    const chunk = DuckDBDataChunk.create(types, size)
    chunk.setColumnValues(0, Array.from(block.eventTimes.subarray(start, start + size)))
    chunk.setColumnValues(1, Array.from(block.availableAt.subarray(start, start + size)))
    features.forEach((_, column) => {
      chunk.setColumnValues(
        column + 2,
        Array.from({ length: size }, (_, row) => known(block.values[(start + row) * block.width + column]!)),
      )
    })
    appender.appendDataChunk(chunk)
  }
  appender.closeSync()
}

/** Makes a temporary table of numbered moments. */
export async function loadTimes(duck: DuckDBConnection, table: string, times: Float64Array): Promise<void> {
  await duck.run(`CREATE OR REPLACE TEMP TABLE ${table} (number DOUBLE, asked_ms DOUBLE)`)
  const appender = await duck.createAppender(table)
  for (let start = 0; start < times.length; start += CHUNK_ROWS) {
    const part = Array.from(times.subarray(start, start + CHUNK_ROWS))
    const chunk = DuckDBDataChunk.create([DOUBLE, DOUBLE], part.length)
    chunk.setColumnValues(
      0,
      part.map((_, i) => start + i),
    )
    chunk.setColumnValues(1, part)
    appender.appendDataChunk(chunk)
  }
  appender.closeSync()
}

/** @returns the rows of a query whose columns are event_ms, available_ms and the features, all of them numbers. */
export async function readRows(duck: DuckDBConnection, width: number, sql: string): Promise<RowBlock> {
  const parts: RowBlock[] = []
  const result = await duck.stream(sql)
  for (let chunk = await result.fetchChunk(); chunk && chunk.rowCount > 0; chunk = await result.fetchChunk())
    parts.push(partOf(chunk, width))
  const size = parts.reduce((sum, part) => sum + part.size, 0)
  const whole = { size, width, eventTimes: new Float64Array(size), availableAt: new Float64Array(size) }
  const values = new Float32Array(size * width)
  let start = 0
  for (const part of parts) {
    whole.eventTimes.set(part.eventTimes, start)
    whole.availableAt.set(part.availableAt, start)
    values.set(part.values, start * width)
    start += part.size
  }
  return { ...whole, values }
}

/** @returns how many rows a relation has, and from when to when they are, in whole milliseconds. */
export async function extentOf(duck: DuckDBConnection, relation: string) {
  const reader = await duck.runAndReadAll(
    `SELECT count(*)::DOUBLE, min(event_ms), max(event_ms), max(available_ms) FROM ${relation}`,
  )
  const [rows = 0, firstEvent = 0, lastEvent = 0, lastAvailable = 0] = (reader.getRows()[0] ?? []).map(numberOf)
  return { rows, firstEvent, lastEvent, lastAvailable }
}

function partOf(chunk: DuckDBDataChunk, width: number): RowBlock {
  const size = chunk.rowCount
  const values = new Float32Array(size * width)
  for (let column = 0; column < width; column++) {
    chunk.getColumnValues(column + 2).forEach((cell, row) => {
      values[row * width + column] = numberOf(cell)
    })
  }
  const times = (column: number) => Float64Array.from(chunk.getColumnValues(column), numberOf)
  return { size, width, eventTimes: times(0), availableAt: times(1), values }
}

/** Parquet knows "not known"; other readers take a NaN for a number. */
const known = (value: number) => (Number.isNaN(value) ? null : value)
const numberOf = (cell: unknown) => (typeof cell === 'number' ? cell : Number.NaN)
