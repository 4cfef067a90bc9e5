import type { Random } from '@opsource/kernel'

/** What was forecast for a day and what came, as returns: losses are negative, so are the value at risk and the expected shortfall. */
export interface ShortfallDay {
  readonly outcome: number
  readonly valueAtRisk: number
  readonly expectedShortfall: number
}

/**
 * A draw from the forecast distribution of a day: outcome ÷ expected shortfall where the outcome lies beyond the value at risk, else 0.
 * `u` is uniform in [0, 1).
 */
export type TailDraw = (day: number, u: number) => number

export interface ShortfallTest {
  /**
   * 0 is expected of a right model; below 0 the losses beyond the value at risk were larger than forecast. Minus infinity where a loss came
   * and none was forecast.
   */
  readonly statistic: number
  /** One-sided: how often a right model has a statistic as low as this. */
  readonly p: number
}

/**
 * C. Acerbi, B. Székely, "Back-testing expected shortfall", Risk (December 2014). Z1 asks for the size of the losses on the days of a
 * violation; Z2 for their size and number together. p-values are by simulation of the forecast distributions themselves.
 * Z1 is undefined, and null, where nothing was violated by a loss.
 */
export function acerbiSzekely(
  days: readonly ShortfallDay[],
  level: number,
  draw: TailDraw,
  random: Random,
  simulations = 2_000,
): { readonly z1: ShortfallTest | null; readonly z2: ShortfallTest } {
  const seen = statistics(days.length, level, (day) => {
    const { outcome, valueAtRisk, expectedShortfall } = days[day]!
    if (outcome >= valueAtRisk) return 0
    if (expectedShortfall < 0) return outcome / expectedShortfall
    // A gain smaller than the least that was forecast is no loss, and the ratio of two gains says nothing of losses.
    return outcome < 0 ? Infinity : 0
  })
  let [lower1, defined1, lower2] = [0, 0, 0]
  for (let run = 0; run < simulations; run++) {
    const { z1, z2 } = statistics(days.length, level, (day) => draw(day, random.next()))
    if (z2 <= seen.z2) lower2++
    if (z1 === null) continue
    defined1++
    if (seen.z1 !== null && z1 <= seen.z1) lower1++
  }
  // The observation counts as one of the simulations, so that p is never zero (Davison and Hinkley, 1997, §4.2).
  return {
    z1: seen.z1 === null ? null : { statistic: seen.z1, p: (lower1 + 1) / (defined1 + 1) },
    z2: { statistic: seen.z2, p: (lower2 + 1) / (simulations + 1) },
  }
}

function statistics(days: number, level: number, ratioOf: (day: number) => number) {
  let [sum, violations] = [0, 0]
  for (let day = 0; day < days; day++) {
    const ratio = ratioOf(day)
    if (ratio === 0) continue
    sum += ratio
    violations++
  }
  return { z1: violations === 0 ? null : 1 - sum / violations, z2: 1 - sum / (days * level) }
}
