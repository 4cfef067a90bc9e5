import type { Random } from '@opsource/kernel'
import { christoffersen, kupiec, type LikelihoodRatio, trafficLights } from '../statistics/coverage.ts'
import { acerbiSzekely, type ShortfallDay, type ShortfallTest } from '../statistics/expected-shortfall.ts'
import { AdaptiveLevel } from './adaptive-level.ts'
import type { Forecaster, ReturnForecast } from './forecast.ts'

export interface Backtest {
  readonly days: number
  readonly violations: number
  readonly rate: number
  readonly kupiec: LikelihoodRatio
  readonly christoffersen: ReturnType<typeof christoffersen>
  readonly trafficLight: ReturnType<typeof trafficLights>
  readonly acerbiSzekely: { readonly z1: ShortfallTest | null; readonly z2: ShortfallTest }
  /** Mean loss on the days of a violation ÷ mean expected shortfall forecast for them; null where there was none. */
  readonly shortfallRatio: number | null
  /** The level to ask of the model next, so that this level is kept. */
  readonly askNext: number
}

/** Forecasts for each return from number `window` on, made of the `window` returns before it and nothing else. */
export function rollingForecasts(returns: Float64Array, forecaster: Forecaster, window: number): ReturnForecast[] {
  return Array.from({ length: Math.max(0, returns.length - window) }, (_, day) =>
    forecaster.forecast(returns.subarray(day, day + window)),
  )
}

/**
 * Compares forecasts with what came.
 * @param outcomes the return that each forecast was of
 * @param adapt whether the level asked of the model follows its violations so far
 */
export function backtest(
  forecasts: readonly ReturnForecast[],
  outcomes: Float64Array,
  level: number,
  { adapt, random }: { adapt: boolean; random: Random },
): Backtest {
  const adaptive = new AdaptiveLevel(level)
  const asked = new Float64Array(outcomes.length).fill(level)
  const hits = new Uint8Array(outcomes.length)
  const days = forecasts.map((forecast, day): ShortfallDay => {
    if (adapt) asked[day] = adaptive.asked
    const outcome = outcomes[day]!
    const tail = forecast.tail(asked[day]!)
    hits[day] = outcome < tail.valueAtRisk ? 1 : 0
    adaptive.observe(hits[day] === 1)
    return { outcome, ...tail }
  })
  // A right model's violations come with the promised probability; how deep they go is the tail's that was forecast.
  const draw = (day: number, u: number) => {
    const { expectedShortfall } = days[day]!
    return u < level && expectedShortfall < 0
      ? forecasts[day]!.quantile((u / level) * asked[day]!) / expectedShortfall
      : 0
  }
  const violations = hits.reduce((sum, hit) => sum + hit, 0)
  return {
    days: days.length,
    violations,
    rate: violations / days.length,
    kupiec: kupiec(violations, days.length, level),
    christoffersen: christoffersen(hits, level),
    trafficLight: trafficLights(hits, level),
    acerbiSzekely: acerbiSzekely(days, level, draw, random),
    shortfallRatio: shortfallRatio(days),
    askNext: adapt ? adaptive.asked : level,
  }
}

function shortfallRatio(days: readonly ShortfallDay[]): number | null {
  const violated = days.filter(({ outcome, valueAtRisk }) => outcome < valueAtRisk)
  const sum = (of: (day: ShortfallDay) => number) => violated.reduce((total, day) => total + of(day), 0)
  return violated.length === 0 ? null : sum((day) => day.outcome) / sum((day) => day.expectedShortfall)
}
