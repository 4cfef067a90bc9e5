const LENGTH_MS = {
  S5: 5_000,
  S15: 15_000,
  M1: 60_000,
  M5: 300_000,
  M15: 900_000,
  H1: 3_600_000,
  H4: 14_400_000,
  D1: 86_400_000,
} as const

export type PatternInterval = keyof typeof LENGTH_MS

export const PATTERN_INTERVALS: readonly PatternInterval[] = ['S5', 'S15', 'M1', 'M5', 'M15', 'H1', 'H4', 'D1']

/** Milliseconds. Every interval begins at whole multiples of it in UTC. */
export const lengthOf = (interval: PatternInterval): number => LENGTH_MS[interval]
