/** How far forecasts look ahead, in milliseconds: seconds of the live book, hours of bars. */
export const HORIZONS = { S10: 10_000, H1: 3_600_000, H6: 21_600_000 } as const

export type Horizon = keyof typeof HORIZONS

const NAMES: readonly Horizon[] = ['S10', 'H1', 'H6']

/** @returns null where none is so long: nothing of that horizon is forecast. */
export const findHorizon = (milliseconds: number): Horizon | null =>
  NAMES.find((name) => HORIZONS[name] === milliseconds) ?? null

/** @throws RangeError where none is so long: no forecast has another. */
export function horizonOf(milliseconds: number): Horizon {
  const found = findHorizon(milliseconds)
  if (!found) throw new RangeError(`no horizon of ${milliseconds} ms`)
  return found
}
