import type { TimeRange } from '../replay.ts'
import type { RowBlock } from '../rows.ts'
import type { Archive, StoredView } from './archive.ts'
import { readRows } from './duckdb.ts'
import type { OperationInput } from './protocol.ts'

const within = ({ from, to }: TimeRange) => `event_ms >= ${from} AND event_ms < ${to}`

/** @returns rows in order of event time and availability, behind `after`. */
export function pageOfRows(
  archive: Archive,
  view: StoredView,
  { entity, range, limit, after }: OperationInput<'page'>,
): Promise<RowBlock> {
  const rest = after ? { ...range, from: Math.max(range.from, after.eventTime) } : range
  const behind = after ? `AND (event_ms, available_ms) > (${after.eventTime}, ${after.availableAt})` : ''
  return archive.query(view, entity, rest, (relation) =>
    readRows(
      archive.duck,
      view.features.length,
      `SELECT * FROM ${relation} WHERE ${within(rest)} ${behind} ORDER BY event_ms, available_ms LIMIT ${limit}`,
    ),
  )
}

/** @returns the last row of the range as it was restated last, or none. */
export function newestRow(archive: Archive, view: StoredView, entity: string, range: TimeRange): Promise<RowBlock> {
  return archive.query(view, entity, range, (relation) =>
    readRows(
      archive.duck,
      view.features.length,
      `SELECT * FROM ${relation} WHERE ${within(range)} ORDER BY event_ms DESC, available_ms DESC LIMIT 1`,
    ),
  )
}
