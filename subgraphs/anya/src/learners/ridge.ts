import { solvePositiveDefinite } from '../statistics/linear-algebra.ts'
import type { Labelled, Matrix } from './boosted-trees/index.ts'

/** Values are cut off at so many standard deviations: one wild bar must not tilt the plane. */
export const LIMIT = 5

/** A linear model of standardised columns; a missing value counts as the column's mean. */
export interface RidgeModel {
  readonly means: Float64Array
  readonly deviations: Float64Array
  readonly weights: Float64Array
  readonly intercept: number
}

/** Least squares with an L2 penalty on the weights of the standardised columns (Hoerl and Kennard 1970). */
export function fitRidge({ values, width, labels }: Labelled, penalty: number): RidgeModel {
  const { means, deviations } = standards({ values, width })
  const intercept = labels.reduce((sum, label) => sum + label, 0) / labels.length
  const matrix = new Float64Array(width * width)
  const vector = new Float64Array(width)
  const row = new Float64Array(width)
  for (let i = 0; i < labels.length; i++) {
    standardise(values, i * width, means, deviations, row)
    for (let a = 0; a < width; a++) {
      vector[a]! += row[a]! * (labels[i]! - intercept)
      for (let b = 0; b <= a; b++) matrix[a * width + b]! += row[a]! * row[b]!
    }
  }
  // A little more than the penalty: also a penalty of zero leaves a constant column solvable.
  for (let a = 0; a < width; a++) matrix[a * width + a]! += penalty + 1e-9
  return { means, deviations, weights: solvePositiveDefinite(matrix, vector), intercept }
}

export function predictRidge(model: RidgeModel, { values, width }: Matrix): Float64Array {
  const row = new Float64Array(width)
  return Float64Array.from({ length: values.length / width }, (_, i) => {
    standardise(values, i * width, model.means, model.deviations, row)
    return row.reduce((sum, value, column) => sum + value * model.weights[column]!, model.intercept)
  })
}

export function standards({ values, width }: Matrix): Pick<RidgeModel, 'means' | 'deviations'> {
  const means = new Float64Array(width)
  const deviations = new Float64Array(width)
  for (let column = 0; column < width; column++) {
    let count = 0
    let sum = 0
    let squares = 0
    for (let i = column; i < values.length; i += width) {
      if (Number.isNaN(values[i]!)) continue
      count++
      sum += values[i]!
    }
    means[column] = count === 0 ? 0 : sum / count
    for (let i = column; i < values.length; i += width) {
      if (!Number.isNaN(values[i]!)) squares += (values[i]! - means[column]!) ** 2
    }
    deviations[column] = count === 0 ? 1 : Math.sqrt(squares / count) || 1
  }
  return { means, deviations }
}

function standardise(
  values: Float32Array,
  offset: number,
  means: Float64Array,
  deviations: Float64Array,
  row: Float64Array,
): void {
  for (let column = 0; column < row.length; column++) {
    const value = (values[offset + column]! - means[column]!) / deviations[column]!
    row[column] = Number.isNaN(value) ? 0 : Math.max(-LIMIT, Math.min(LIMIT, value))
  }
}
