import { err, ok, type Random, type Result } from '@opsource/kernel'
import { LIGHT_DAYS } from '../statistics/coverage.ts'
import { highestAsked } from './adaptive-level.ts'
import { type Backtest, backtest } from './backtest.ts'
import { sampleForecast } from './forecast.ts'
import type { HistoryRefusal, JointHistory } from './joint-history.ts'
import { type Position, portfolioResults } from './portfolio.ts'
import { fitModels, nextDayScenarios, type Scenarios, WINDOW } from './scenarios.ts'
import type { VolatilityModel } from './volatility.ts'

const REFIT_EVERY = 20

/** Two supervisor's years. */
const NEWEST_DAYS = 2 * LIGHT_DAYS

export interface PortfolioBacktest {
  readonly level: number
  readonly adaptive: Backtest
  readonly fixed: Backtest
}

/** What was forecast for each of the newest days: the same whatever is held. */
export interface PastForecasts {
  /** The row of the first of them. */
  readonly first: number
  readonly scenarios: readonly Scenarios[]
}

/**
 * Joint scenarios for every one of the newest 500 days, made of the rows before it, as those of the next day are made today. About a second
 * of one core for two markets: not for a thread that serves.
 * @returns TOO_LITTLE_HISTORY with fewer than 1,000 + 250 rows
 */
export function pastForecasts(history: JointHistory): Result<PastForecasts, HistoryRefusal> {
  const rows = history.end.length
  const needed = WINDOW + LIGHT_DAYS
  if (rows < needed) return err({ kind: 'TOO_LITTLE_HISTORY', markets: history.markets, rows, needed })
  const first = Math.max(WINDOW, rows - NEWEST_DAYS)
  const scenarios: Scenarios[] = []
  let models: readonly VolatilityModel[] = []
  for (let row = first; row < rows; row++) {
    if ((row - first) % REFIT_EVERY === 0) models = fitModels(history, row, models)
    scenarios.push(nextDayScenarios(history, models, row))
  }
  return ok({ first, scenarios })
}

/** How the risk model would have done on these positions, had they been held with the same values on each of the days forecast. */
export function portfolioBacktest(
  history: JointHistory,
  positions: readonly Position[],
  levels: readonly number[],
  random: () => Random,
  past: Result<PastForecasts, HistoryRefusal> = pastForecasts(history),
): Result<PortfolioBacktest[], HistoryRefusal> {
  if (!past.ok) return past
  const deepest = highestAsked(Math.max(...levels))
  const forecasts = past.value.scenarios.map((day) => sampleForecast(portfolioResults(positions, day), 1, deepest))
  const outcomes = historicalResults(history, positions).subarray(past.value.first)
  return ok(
    levels.map((level) => ({
      level,
      adaptive: backtest(forecasts, outcomes, level, { adapt: true, random: random() }),
      fixed: backtest(forecasts, outcomes, level, { adapt: false, random: random() }),
    })),
  )
}

/** What the positions would have made in each row. */
function historicalResults({ markets, returns, end }: JointHistory, positions: readonly Position[]): Float64Array {
  return portfolioResults(positions, { markets, returns, asOf: end.at(-1)!, days: 1, models: [], volatilities: [] })
}
