/** Whether `count` increments of `units` each are a safe integer; `count` may be beyond 2^53 itself. */
export const isExactAmount = (count: number, units: number): boolean =>
  Number.isSafeInteger(count) && Number.isSafeInteger(count * units)
