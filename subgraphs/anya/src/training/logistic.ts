import { sigmoid } from '../learners/boosted-trees/index.ts'
import { solvePositiveDefinite } from '../statistics/linear-algebra.ts'
import type { Dataset } from './dataset.ts'

const NEWTON_STEPS = 25
const CONVERGED = 1e-10

/** A logistic model without intercept: what has no sign has no say, and an even book gives one half. */
export interface LogisticModel {
  readonly kind: 'LOGISTIC'
  /** One per column; 0 for those left out. Float32, as ONNX holds them. */
  readonly weights: Float32Array
}

/**
 * Fits by Newton's method with an L2 penalty on the weights of the columns divided by their root mean square.
 * @param columns which columns take part; the others get weight 0.
 */
export function fitLogistic(data: Dataset, columns: readonly number[], options: { penalty: number }): LogisticModel {
  const width = data.rows.length / data.size
  const scales = columns.map((column) => rootMeanSquare(data, width, column) || 1)
  const n = columns.length
  const weights = new Float64Array(n)
  const inputs = new Float64Array(n)
  for (let step = 0; step < NEWTON_STEPS; step++) {
    const gradient = weights.map((weight) => -options.penalty * weight)
    const hessian = new Float64Array(n * n)
    for (let j = 0; j < n; j++) hessian[j * n + j] = options.penalty
    for (let i = 0; i < data.size; i++) {
      let logit = 0
      for (let j = 0; j < n; j++) {
        inputs[j] = data.rows[i * width + columns[j]!]! / scales[j]!
        logit += inputs[j]! * weights[j]!
      }
      const p = sigmoid(logit)
      const residual = data.labels[i]! - p
      for (let j = 0; j < n; j++) {
        gradient[j]! += residual * inputs[j]!
        for (let k = 0; k <= j; k++) hessian[j * n + k]! += p * (1 - p) * inputs[j]! * inputs[k]!
      }
    }
    const change = solvePositiveDefinite(hessian, gradient)
    for (let j = 0; j < n; j++) weights[j]! += change[j]!
    if (change.every((value) => Math.abs(value) < CONVERGED)) break
  }
  const all = new Float32Array(width)
  columns.forEach((column, j) => {
    all[column] = weights[j]! / scales[j]!
  })
  return { kind: 'LOGISTIC', weights: all }
}

/** @returns the probability of label 1 for each row. */
export function predictLogistic(model: LogisticModel, rows: Float32Array): Float64Array {
  const width = model.weights.length
  return Float64Array.from({ length: rows.length / width }, (_, i) => {
    let logit = 0
    for (let j = 0; j < width; j++) logit += model.weights[j]! * rows[i * width + j]!
    return sigmoid(logit)
  })
}

function rootMeanSquare(data: Dataset, width: number, column: number): number {
  let sum = 0
  for (let i = 0; i < data.size; i++) sum += data.rows[i * width + column]! ** 2
  return Math.sqrt(sum / data.size)
}
