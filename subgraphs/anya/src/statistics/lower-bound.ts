/** @returns the index of the first of `size` ascending numbers that is not below `value`; `size` where all are. */
export function lowerBound(sorted: ArrayLike<number>, value: number, size = sorted.length): number {
  let low = 0
  let high = size
  while (low < high) {
    const middle = (low + high) >> 1
    if (sorted[middle]! < value) low = middle + 1
    else high = middle
  }
  return low
}
