import type { FeatureRow } from './views/index.ts'

/** Rows of one view and entity, a column each, in order of event time and then of availability. */
export interface RowBlock {
  readonly size: number
  readonly width: number
  /** Milliseconds since the Unix epoch. */
  readonly eventTimes: Float64Array<ArrayBuffer>
  /** From when on each row was known, milliseconds since the Unix epoch. */
  readonly availableAt: Float64Array<ArrayBuffer>
  /** Row-major; NaN where a feature is not known. */
  readonly values: Float32Array<ArrayBuffer>
}

/** A row with the moment from which it was known. */
export interface KnownRow extends FeatureRow {
  readonly availableAt: number
}

export function blockOf(rows: readonly KnownRow[], width: number): RowBlock {
  const values = new Float32Array(rows.length * width)
  rows.forEach((row, i) => {
    values.set(row.values, i * width)
  })
  return {
    size: rows.length,
    width,
    eventTimes: Float64Array.from(rows, ({ eventTime }) => eventTime),
    availableAt: Float64Array.from(rows, ({ availableAt }) => availableAt),
    values,
  }
}

export const rowsOf = (block: RowBlock): KnownRow[] =>
  Array.from({ length: block.size }, (_, i) => ({
    eventTime: block.eventTimes[i]!,
    availableAt: block.availableAt[i]!,
    values: block.values.subarray(i * block.width, (i + 1) * block.width),
  }))

/** Equal to the last bit; any NaN equals any other and -0 equals 0, for a file does not tell them apart. */
export const sameValues = (a: Float32Array, b: Float32Array): boolean =>
  a.every((value, i) => value === b[i] || (Number.isNaN(value) && Number.isNaN(b[i])))

/**
 * Adds rows to those that are known. What was once recorded for a moment is never overwritten: the same values again add nothing, and
 * other values are a restatement, which nobody knew before `now`.
 * @param known all that is known of the moments from the first that is added to the last.
 * @returns what is new, in order.
 */
export function newRows(known: readonly KnownRow[], added: readonly KnownRow[], now: number): KnownRow[] {
  const rows: KnownRow[] = []
  const newest = new Map([...known].sort(inOrder).map((row) => [row.eventTime, row]))
  for (const row of [...added].sort(inOrder)) {
    const before = newest.get(row.eventTime)
    if (before && sameValues(before.values, row.values)) continue
    const availableAt = before ? Math.max(row.availableAt, now, before.availableAt + 1) : row.availableAt
    const kept = { ...row, availableAt }
    newest.set(row.eventTime, kept)
    rows.push(kept)
  }
  return rows.sort(inOrder)
}

const inOrder = (a: KnownRow, b: KnownRow) => a.eventTime - b.eventTime || a.availableAt - b.availableAt
