import type { Bars } from '../bar-features/index.ts'
import type { Matrix } from '../learners/boosted-trees/index.ts'
import { InvalidBars } from './bars.ts'
import type { BarFold } from './walk-forward.ts'

/** The least rows a fold's parts must have for its figures to mean something. */
const MIN_TRAIN = 500
const MIN_VALIDATION = 100
const MIN_TEST = 100

/** @throws InvalidBars where a fold is too small. */
export function requireRows(folds: readonly BarFold[], bars: number): void {
  for (const { train, validation, test } of folds) {
    if (train.length >= MIN_TRAIN && validation.length >= MIN_VALIDATION && test.length >= MIN_TEST) continue
    throw new InvalidBars(
      `${bars} bars are too few: a fold has ${train.length} rows to train on (least ${MIN_TRAIN}), ` +
        `${validation.length} to validate (least ${MIN_VALIDATION}) and ${test.length} to test (least ${MIN_TEST})`,
    )
  }
}

export function pickRows({ values, width }: Matrix, rows: Int32Array): Matrix {
  const picked = new Float32Array(rows.length * width)
  rows.forEach((row, i) => {
    picked.set(values.subarray(row * width, (row + 1) * width), i * width)
  })
  return { width, values: picked }
}

export const pickLabels = (labels: Float64Array, rows: Int32Array) => Float32Array.from(rows, (row) => labels[row]!)

/** A stretch of rows as people read it. */
export interface Window {
  readonly from: string
  readonly to: string
  readonly rows: number
}

export function windowsOf(folds: readonly BarFold[], { time }: Bars) {
  const window = (rows: Int32Array): Window => ({
    from: new Date(time[rows[0]!]!).toISOString(),
    to: new Date(time[rows.at(-1)!]!).toISOString(),
    rows: rows.length,
  })
  return folds.map(({ train, validation, test }) => ({
    train: window(train),
    validation: window(validation),
    test: window(test),
  }))
}

/** Adds a column of one number a row at the right. */
export function withColumns({ values, width }: Matrix, columns: readonly Float64Array[]): Matrix {
  const size = values.length / width
  const wider = width + columns.length
  const result = new Float32Array(size * wider)
  for (let row = 0; row < size; row++) {
    result.set(values.subarray(row * width, (row + 1) * width), row * wider)
    columns.forEach((column, i) => {
      result[row * wider + width + i] = column[row]!
    })
  }
  return { width: wider, values: result }
}
