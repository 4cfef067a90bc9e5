/** Float64 holds whole numbers exactly up to 2^53; one bit is kept for the sign and roundings. */
const BITS = 52
/** Sums of second derivatives take up to half of them. */
const HESSIAN_BITS = 26
/** Beyond, too few bits would be left for a row's gradient. */
export const MAX_ROWS = 2 ** 22

/**
 * First and second derivatives of the rows as one float64 each, `gradient * shift + hessian` in whole steps, so that a histogram needs
 * one addition a value instead of two. Whole steps add without rounding: a histogram is the same whatever the order of the rows, and
 * what is left after a subtraction is exact. Steps are so fine that the sums just fit: for 100,000 rows of log loss a gradient has
 * about 4,000 steps (as in "Quantized Training of Gradient Boosting Decision Trees", Shi et al. 2022, who show that 4 to 32 suffice).
 */
export interface PackedDerivatives {
  readonly values: Float64Array
  readonly shift: number
  /** Steps a unit. */
  readonly gradientScale: number
  readonly hessianScale: number
}

/** Packs the derivatives of `rows[0 … count)`, which lie at `offset + row`, into `values` by row. */
export function packDerivatives(
  source: { gradient: Float64Array; hessian: Float64Array; offset: number; isFlat: boolean },
  rows: Int32Array,
  count: number,
  values: Float64Array,
): PackedDerivatives {
  const { gradient, hessian, offset, isFlat } = source
  let gradients = 0
  for (let k = 0; k < count; k++) gradients += Math.abs(gradient[offset + rows[k]!]!)
  const bits = isFlat ? Math.ceil(Math.log2(count + 1)) : HESSIAN_BITS
  const shift = 2 ** bits
  const gradientScale = gradients === 0 ? 1 : (2 ** (BITS - bits) - count) / gradients
  if (isFlat) {
    for (let k = 0; k < count; k++) {
      const row = rows[k]!
      values[row] = Math.round(gradient[offset + row]! * gradientScale) * shift + 1
    }
    return { values, shift, gradientScale, hessianScale: 1 }
  }
  let hessians = 0
  for (let k = 0; k < count; k++) hessians += hessian[offset + rows[k]!]!
  const hessianScale = (shift - 1 - count) / hessians
  for (let k = 0; k < count; k++) {
    const row = rows[k]!
    values[row] =
      Math.round(gradient[offset + row]! * gradientScale) * shift + Math.round(hessian[offset + row]! * hessianScale)
  }
  return { values, shift, gradientScale, hessianScale }
}
