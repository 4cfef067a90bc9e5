import type { TimeRange } from '../replay.ts'
import type { RowBlock } from '../rows.ts'
import type { Archive, StoredView } from './archive.ts'
import { loadTimes, quoted, readRows } from './duckdb.ts'

/**
 * The features that whoever had asked at each of the moments would have been given: of the rows that were available by then, the one
 * of the newest event. A row that came late counts from when it came, and never instead of a newer one; a restatement counts from
 * when it was made.
 * @param times milliseconds since the Unix epoch, in any order.
 * @returns a row for each; times and values are NaN where nothing was known, or only what was older than the view's maximum age.
 */
export function knownAt(archive: Archive, view: StoredView, entity: string, times: Float64Array): Promise<RowBlock> {
  return withMoments(archive, view, entity, times, (statement) =>
    readRows(
      archive.duck,
      view.features.length,
      `SELECT * EXCLUDE (number, asked_ms) FROM ${statement} ORDER BY number`,
    ),
  )
}

/** Gives `run` a relation of `number`, `asked_ms`, `event_ms`, `available_ms` and the features, a row for each moment, unordered. */
export function withMoments<T>(
  archive: Archive,
  view: StoredView,
  entity: string,
  times: Float64Array,
  run: (relation: string) => Promise<T>,
): Promise<T> {
  return archive.query(view, entity, rangeOf(times, view.maxAgeMs), async (relation) => {
    await loadTimes(archive.duck, 'asked', times)
    return run(`(${joined(view, relation)})`)
  })
}

function joined(view: StoredView, relation: string): string {
  const columns = ['event_ms', 'available_ms', ...view.features.map(({ name }) => quoted(name))]
  const fresh = `asked.asked_ms - k.event_ms <= ${view.maxAgeMs}`
  return `WITH ordered AS (
      SELECT *, max(event_ms) OVER (ORDER BY available_ms, event_ms ROWS UNBOUNDED PRECEDING) AS newest_ms FROM ${relation}
    ), winning AS (
      SELECT * FROM ordered WHERE event_ms = newest_ms
      QUALIFY row_number() OVER (PARTITION BY available_ms ORDER BY event_ms DESC) = 1
    )
    SELECT asked.number, asked.asked_ms, ${columns.map((column) => `CASE WHEN ${fresh} THEN k.${column} END AS ${column}`).join(', ')}
    FROM asked ASOF LEFT JOIN winning k ON asked.asked_ms >= k.available_ms`
}

/** Nothing older can be given to the first, nothing newer is known to the last. */
function rangeOf(times: Float64Array, maxAgeMs: number): TimeRange {
  if (times.length === 0) return { from: 0, to: 0 }
  const first = times.reduce((least, time) => Math.min(least, time), Number.POSITIVE_INFINITY)
  const last = times.reduce((most, time) => Math.max(most, time), Number.NEGATIVE_INFINITY)
  return { from: first - maxAgeMs, to: last + 1 }
}
