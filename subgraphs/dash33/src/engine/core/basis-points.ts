const BPS = 10_000

/** Hundredths of a percent of a whole number, rounded down; exact for every safe integer. */
export function shareOf(value: number, bps: number): number {
  const rest = value % BPS
  return ((value - rest) / BPS) * bps + Math.floor((rest * bps) / BPS)
}
