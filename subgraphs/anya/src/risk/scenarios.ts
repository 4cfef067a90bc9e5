import type { Random } from '@opsource/kernel'
import type { JointHistory } from './joint-history.ts'
import { filterReturns, fitVolatility, nextVariance, type VolatilityModel, WARM_UP } from './volatility.ts'

/** Rows that volatility models are estimated on: about four years. */
export const WINDOW = 1_000

/** Farther than a month ahead, residuals of single days say little. */
export const MOST_DAYS = 20
export const MOST_PATHS = 20_000

/** Returns that may come, equally likely: scenario `s` of one market goes with scenario `s` of the others. */
export interface Scenarios {
  readonly markets: readonly string[]
  /** The day whose close they start from. */
  readonly asOf: number
  readonly days: number
  readonly models: readonly VolatilityModel[]
  /** Standard deviation of the next day's return, of each market. */
  readonly volatilities: readonly number[]
  /** Of each market: natural logarithms, one a scenario. */
  readonly returns: readonly Float64Array[]
}

/** The `WINDOW` rows before row `to`, or what there is of them. */
const windowBefore = ({ returns }: JointHistory, to: number) =>
  returns.map((market) => market.subarray(Math.max(0, to - WINDOW), to))

export function fitModels(
  history: JointHistory,
  to = history.end.length,
  previous: readonly VolatilityModel[] = [],
): VolatilityModel[] {
  return windowBefore(history, to).map((returns, index) => fitVolatility(returns, previous[index]))
}

/**
 * The next day, by joint filtered historical simulation: the residuals of all markets on each past day, together, times the volatility of
 * each that is forecast. Markets stay as correlated in calm and in panic as they were. (G. Barone-Adesi et al., 1999.)
 */
export function nextDayScenarios(
  history: JointHistory,
  models: readonly VolatilityModel[] = fitModels(history),
  to = history.end.length,
): Scenarios {
  const filtered = windowBefore(history, to).map((returns, index) => filterReturns(returns, models[index]!))
  return {
    markets: history.markets,
    asOf: history.end[to - 1]!,
    days: 1,
    models,
    volatilities: filtered.map(({ next }) => next),
    returns: filtered.map(({ residuals, next }) => residuals.subarray(WARM_UP).map((z) => z * next)),
  }
}

/**
 * The next `days` days: paths drawn day by day from the same joint residuals, each market's volatility following its own path.
 * @param days 1 to 20
 * @param paths 1 to 20,000
 */
export function horizonScenarios(
  history: JointHistory,
  { days, paths, random }: { days: number; paths: number; random: Random },
  models: readonly VolatilityModel[] = fitModels(history),
): Scenarios {
  if (!(days >= 1 && days <= MOST_DAYS && paths >= 1 && paths <= MOST_PATHS))
    throw new RangeError(`1 to ${MOST_DAYS} days on 1 to ${MOST_PATHS} paths, not ${days} on ${paths}`)
  const next = nextDayScenarios(history, models)
  const rows = next.returns[0]!.length
  const drawn = Uint16Array.from({ length: days * paths }, () => Math.floor(random.next() * rows))
  return {
    ...next,
    days,
    returns: next.returns.map((scaled, market) => {
      const deviation = next.volatilities[market]!
      return pathReturns(scaled, deviation, models[market]!, drawn, days)
    }),
  }
}

/** `scaled` are residuals times `deviation`; `drawn` tells for each path, day by day, which of them comes. */
function pathReturns(
  scaled: Float64Array,
  deviation: number,
  model: VolatilityModel,
  drawn: Uint16Array,
  days: number,
): Float64Array {
  const residuals = scaled.map((r) => (deviation > 0 ? r / deviation : 0))
  return Float64Array.from({ length: drawn.length / days }, (_, path) => {
    let variance = deviation * deviation
    let sum = 0
    for (let day = 0; day < days; day++) {
      const r = Math.sqrt(variance) * residuals[drawn[path * days + day]!]!
      variance = nextVariance(model, variance, r)
      sum += r
    }
    return sum
  })
}
