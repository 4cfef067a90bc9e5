import { rename, rm } from 'node:fs/promises'
import type { TimeRange } from '../replay.ts'
import type { Archive, StoredView } from './archive.ts'
import { literal, quoted } from './duckdb.ts'
import { PARQUET_TIMES } from './parquet.ts'
import { withMoments } from './point-in-time.ts'
import { StoreError } from './refusal.ts'

/** How a file is written, by the ending of its name. */
const FORMATS = { parquet: 'FORMAT parquet, COMPRESSION zstd', csv: 'FORMAT csv, HEADER' } as const

/** Copies an entity's rows of a range into a file of its own, which pandas and other tools read. @returns how many. */
export function exportRows(
  archive: Archive,
  view: StoredView,
  entity: string,
  { from, to }: TimeRange,
  file: string,
): Promise<number> {
  const within = `event_ms >= ${from} AND event_ms < ${to}`
  return archive.query(view, entity, { from, to }, (relation) =>
    copy(
      archive,
      `SELECT ${PARQUET_TIMES}, ${columnsOf(view)} FROM ${relation} WHERE ${within} ORDER BY event_ms, available_ms`,
      file,
    ),
  )
}

/** Writes what was known at each of the moments, in their order: a training set in which nothing looks ahead. @returns how many moments. */
export function exportKnownAt(
  archive: Archive,
  view: StoredView,
  entity: string,
  times: Float64Array,
  file: string,
): Promise<number> {
  return withMoments(archive, view, entity, times, (relation) =>
    copy(
      archive,
      `SELECT epoch_ms(asked_ms::BIGINT) AS asked_at, ${PARQUET_TIMES}, ${columnsOf(view)} FROM ${relation} ORDER BY number`,
      file,
    ),
  )
}

/** The file is there whole or not at all. */
async function copy(archive: Archive, query: string, file: string): Promise<number> {
  const ending = /\.(parquet|csv)$/i.exec(file)?.[1]?.toLowerCase()
  if (ending !== 'parquet' && ending !== 'csv') throw new StoreError('FAILED', 'The file must end in .parquet or .csv.')
  const temporary = `${file}.${process.pid}.tmp`
  try {
    const result = await archive.duck.run(`COPY (${query}) TO ${literal(temporary)} (${FORMATS[ending]})`)
    await rename(temporary, file)
    return result.rowsChanged
  } finally {
    await rm(temporary, { force: true })
  }
}

const columnsOf = ({ features }: StoredView) => features.map(({ name }) => quoted(name)).join(', ')
