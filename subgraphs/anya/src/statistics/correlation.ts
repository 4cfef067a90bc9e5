/** A correlation with what it would vary by if there were none. */
export interface Correlation {
  readonly value: number
  /** Of a correlation of zero: 1 / sqrt(n - 1), exact for ranks. */
  readonly standardError: number
}

/**
 * Pearson's correlation; NaN where one side does not vary.
 * Between forecast and outcome it is what practitioners call the information coefficient.
 */
export function pearson(a: ArrayLike<number>, b: ArrayLike<number>): Correlation {
  const n = a.length
  if (b.length !== n) throw new RangeError(`${n} values do not go with ${b.length}`)
  let meanA = 0
  let meanB = 0
  for (let i = 0; i < n; i++) {
    meanA += a[i]! / n
    meanB += b[i]! / n
  }
  let product = 0
  let squareA = 0
  let squareB = 0
  for (let i = 0; i < n; i++) {
    product += (a[i]! - meanA) * (b[i]! - meanB)
    squareA += (a[i]! - meanA) ** 2
    squareB += (b[i]! - meanB) ** 2
  }
  return { value: product / Math.sqrt(squareA * squareB), standardError: 1 / Math.sqrt(n - 1) }
}

/** Spearman's rank correlation, ties by their mean rank. */
export function spearman(a: ArrayLike<number>, b: ArrayLike<number>): Correlation {
  return pearson(ranks(a), ranks(b))
}

/** @returns each value's rank from 1; equal values share the mean of theirs. */
export function ranks(values: ArrayLike<number>): Float64Array {
  const order = Uint32Array.from({ length: values.length }, (_, i) => i).sort((i, j) => values[i]! - values[j]!)
  const result = new Float64Array(values.length)
  for (let start = 0; start < order.length; ) {
    let end = start + 1
    while (end < order.length && values[order[end]!] === values[order[start]!]) end++
    for (let k = start; k < end; k++) result[order[k]!] = (start + end + 1) / 2
    start = end
  }
  return result
}
