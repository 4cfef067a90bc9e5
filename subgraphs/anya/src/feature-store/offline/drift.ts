import { expectedStabilityIndex, referenceBins, stabilityIndex } from '../../statistics/psi.ts'
import type { TimeRange } from '../replay.ts'
import type { RowBlock } from '../rows.ts'
import type { Archive, StoredView } from './archive.ts'
import { readRows } from './duckdb.ts'
import type { OperationInput, OperationOutput } from './protocol.ts'
import { StoreError } from './refusal.ts'

/** Of fewer rows a decile says nothing: the index of equal distributions alone averages 0.1 at 180 rows a side. */
export const MIN_DRIFT_ROWS = 200
/** Of more, so many are looked at. */
const MAX_DRIFT_ROWS = 20_000
/** Multiples of the golden section spread evenly and in step with nothing: every fourth hour would be the same six hours of each day. */
const GOLDEN = (Math.sqrt(5) - 1) / 2

/** The population stability index of each feature of recent rows against a reference. */
export async function driftOf(
  archive: Archive,
  view: StoredView,
  { entity, reference, recent }: OperationInput<'drift'>,
): Promise<OperationOutput<'drift'>> {
  const before = await sampleOf(archive, view, entity, reference)
  const after = await sampleOf(archive, view, entity, recent)
  for (const [rows, what] of [
    [before, 'reference'],
    [after, 'recent range'],
  ] as const) {
    if (rows.size < MIN_DRIFT_ROWS)
      throw new StoreError('NOT_ENOUGH_ROWS', `The ${what} has ${rows.size} rows, and drift needs ${MIN_DRIFT_ROWS}.`)
  }
  const features = view.features.map(({ name }, column) => {
    const bins = referenceBins(columnOf(before, column))
    const index = stabilityIndex(bins, columnOf(after, column))
    return { name, index, expected: expectedStabilityIndex(bins, after.size) }
  })
  return { referenceRows: before.size, recentRows: after.size, features }
}

function sampleOf(archive: Archive, view: StoredView, entity: string, range: TimeRange): Promise<RowBlock> {
  return archive.query(view, entity, range, (relation) =>
    readRows(
      archive.duck,
      view.features.length,
      `WITH latest AS (
         SELECT * FROM ${relation} WHERE event_ms >= ${range.from} AND event_ms < ${range.to}
         QUALIFY row_number() OVER (PARTITION BY event_ms ORDER BY available_ms DESC) = 1
       ), numbered AS (SELECT *, row_number() OVER (ORDER BY event_ms) - 1 AS n, count(*) OVER () AS total FROM latest)
       SELECT * EXCLUDE (n, total) FROM numbered WHERE (n * ${GOLDEN}) % 1 < ${MAX_DRIFT_ROWS} / total ORDER BY event_ms`,
    ),
  )
}

const columnOf = ({ size, width, values }: RowBlock, column: number) =>
  Float32Array.from({ length: size }, (_, row) => values[row * width + column]!)
