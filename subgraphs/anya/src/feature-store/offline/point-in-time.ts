import type { RowBlock } from '../rows.ts'
import type { Archive, StoredView } from './archive.ts'
import { loadTimes, quoted, readRows } from './duckdb.ts'

/** Features as they were known at moments that were asked for; rows in the order of asking. */
export type TrainingRows = RowBlock

/**
 * The features that whoever had asked at each of the moments would have been given: of the rows that were available by then, the one
 * of the newest event. A row that came late counts from when it came, and never instead of a newer one; a restatement counts from
 * when it was made.
 * @param times milliseconds since the Unix epoch, in any order.
 * @returns a row for each; times and values are NaN where nothing was known, or only what was older than the view's maximum age.
 */
export async function knownAt(
  archive: Archive,
  view: StoredView,
  entity: string,
  times: Float64Array,
): Promise<TrainingRows> {
  const width = view.features.length
  const first = times.reduce((least, time) => Math.min(least, time), Number.POSITIVE_INFINITY)
  const last = times.reduce((most, time) => Math.max(most, time), Number.NEGATIVE_INFINITY)
  const range = times.length === 0 ? { from: 0, to: 0 } : { from: first - view.maxAgeMs, to: last + 1 }
  return archive.query(view, entity, range, async (relation) => {
    await loadTimes(archive.duck, 'asked', times)
    const features = view.features.map(({ name }) => `k.${quoted(name)}`)
    const fresh = `asked.asked_ms - k.event_ms <= ${view.maxAgeMs}`
    const columns = ['k.event_ms', 'k.available_ms', ...features].map(
      (column) => `CASE WHEN ${fresh} THEN ${column} END`,
    )
    return readRows(
      archive.duck,
      width,
      `WITH ordered AS (
         SELECT *, max(event_ms) OVER (ORDER BY available_ms, event_ms ROWS UNBOUNDED PRECEDING) AS newest_ms
         FROM ${relation}
       ), winning AS (
         SELECT * FROM ordered WHERE event_ms = newest_ms
         QUALIFY row_number() OVER (PARTITION BY available_ms ORDER BY event_ms DESC) = 1
       )
       SELECT ${columns.join(', ')}
       FROM asked ASOF LEFT JOIN winning k ON asked.asked_ms >= k.available_ms
       ORDER BY asked.number`,
    )
  })
}
