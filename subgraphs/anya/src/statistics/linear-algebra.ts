/** Solves the symmetric positive definite system `matrix · x = vector` (row-major) by Cholesky's method, in place of both. */
export function solvePositiveDefinite(matrix: Float64Array, vector: Float64Array): Float64Array {
  const n = vector.length
  for (let row = 0; row < n; row++) {
    for (let column = 0; column <= row; column++) {
      let sum = matrix[row * n + column]!
      for (let k = 0; k < column; k++) sum -= matrix[row * n + k]! * matrix[column * n + k]!
      matrix[row * n + column] = row === column ? Math.sqrt(sum) : sum / matrix[column * n + column]!
    }
  }
  for (let row = 0; row < n; row++) {
    let sum = vector[row]!
    for (let k = 0; k < row; k++) sum -= matrix[row * n + k]! * vector[k]!
    vector[row] = sum / matrix[row * n + row]!
  }
  for (let row = n - 1; row >= 0; row--) {
    let sum = vector[row]!
    for (let k = row + 1; k < n; k++) sum -= matrix[k * n + row]! * vector[k]!
    vector[row] = sum / matrix[row * n + row]!
  }
  return vector
}
