import { standardDeviation } from '../statistics/mean.ts'
import type { Scenarios } from './scenarios.ts'
import { shortfallWeights, type Tail, tailOf } from './tail.ts'

/** What is held in a market, in the portfolio's currency: below zero what is owed. */
export interface Position {
  readonly market: string
  readonly value: number
}

export interface PositionRisk extends Position, Tail {
  /**
   * This position's part of the portfolio's expected shortfall: its own mean result in the portfolio's worst scenarios. The parts sum to the
   * whole (Euler: D. Tasche, "Risk contributions and performance measurement", 1999). Above zero where the position hedges.
   */
  readonly contribution: number
}

/** In the portfolio's currency over the scenarios' days; results below zero are losses. */
export interface PortfolioRisk extends Tail {
  readonly level: number
  readonly days: number
  readonly asOf: number
  /** Standard deviation of the result. */
  readonly volatility: number
  /** What the expected shortfalls of the positions alone would sum to, less the portfolio's: at or below zero. */
  readonly diversification: number
  readonly positions: readonly PositionRisk[]
}

/** Positions without a scenario of their market: a caller's mistake, since scenarios are made for the portfolio. */
export class UnknownMarket extends Error {}

/** What a position makes in each scenario. */
function resultsOf({ market, value }: Position, { markets, returns }: Scenarios): Float64Array {
  const scenario = returns[markets.indexOf(market)]
  if (!scenario) throw new UnknownMarket(`no scenarios of ${market}`)
  return scenario.map((r) => value * Math.expm1(r))
}

function summed(results: readonly Float64Array[], size: number): Float64Array {
  const total = new Float64Array(size)
  for (const result of results) for (let s = 0; s < size; s++) total[s]! += result[s]!
  return total
}

/** The portfolio's result in each scenario, in its currency. */
export function portfolioResults(positions: readonly Position[], scenarios: Scenarios): Float64Array {
  return summed(
    positions.map((position) => resultsOf(position, scenarios)),
    scenarios.returns[0]?.length ?? 0,
  )
}

/** Value at risk and expected shortfall of positions that are held until the scenarios' last day. */
export function portfolioRisk(positions: readonly Position[], scenarios: Scenarios, level: number): PortfolioRisk {
  const size = scenarios.returns[0]?.length ?? 0
  const results = positions.map((position) => resultsOf(position, scenarios))
  const total = summed(results, size)
  const worst = Uint32Array.from(total.keys()).sort((a, b) => total[a]! - total[b]!)
  const weights = shortfallWeights(level, size)
  const risks = positions.map(({ market, value }, index): PositionRisk => {
    const own = results[index]!
    const contribution = weights.reduce((sum, weight, k) => sum + weight * own[worst[k]!]!, 0)
    return { market, value, ...tailOf(own.slice().sort(), level), contribution }
  })
  const expectedShortfall = risks.reduce((sum, { contribution }) => sum + contribution, 0)
  return {
    level,
    days: scenarios.days,
    asOf: scenarios.asOf,
    valueAtRisk: tailOf(total.slice().sort(), level).valueAtRisk,
    expectedShortfall,
    volatility: standardDeviation(total),
    diversification: risks.reduce((sum, risk) => sum + risk.expectedShortfall, 0) - expectedShortfall,
    positions: risks,
  }
}

export interface OrderRisk {
  readonly before: PortfolioRisk
  readonly after: PortfolioRisk
  /** After less before: below zero where the order adds risk. */
  readonly incremental: Tail
}

/** What an order would do to the portfolio's risk if it were filled whole: `order.value` is above zero for a purchase. */
export function orderRisk(
  positions: readonly Position[],
  order: Position,
  scenarios: Scenarios,
  level: number,
): OrderRisk {
  const held = positions.find(({ market }) => market === order.market)
  const filled = { market: order.market, value: (held?.value ?? 0) + order.value }
  const before = portfolioRisk(positions, scenarios, level)
  const after = portfolioRisk([...positions.filter((each) => each !== held), filled], scenarios, level)
  return {
    before,
    after,
    incremental: {
      valueAtRisk: after.valueAtRisk - before.valueAtRisk,
      expectedShortfall: after.expectedShortfall - before.expectedShortfall,
    },
  }
}
