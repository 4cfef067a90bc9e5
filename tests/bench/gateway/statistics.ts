/** NaN of nothing. */
export function median(values: readonly number[]): number {
  const ordered = values.toSorted((a, b) => a - b)
  return ordered[ordered.length >> 1] ?? Number.NaN
}

/** What two have to do with each other, round by round: whatever else the machine did met both. */
export function medianOfPairs<T>(
  these: readonly T[],
  those: readonly T[],
  compare: (one: T, other: T) => number,
): number {
  return median(these.flatMap((one, round) => (those[round] ? [compare(one, those[round])] : [])))
}
