import { err, ok, type Random, type Result } from '@opsource/kernel'
import { LIGHT_DAYS } from '../statistics/coverage.ts'
import { highestAsked } from './adaptive-level.ts'
import { type Backtest, backtest } from './backtest.ts'
import { type ReturnForecast, sampleForecast } from './forecast.ts'
import type { HistoryRefusal, JointHistory } from './joint-history.ts'
import { type Position, portfolioResults } from './portfolio.ts'
import { fitModels, nextDayScenarios, WINDOW } from './scenarios.ts'
import type { VolatilityModel } from './volatility.ts'

const REFIT_EVERY = 20

/** Two supervisor's years. */
const NEWEST_DAYS = 2 * LIGHT_DAYS

export interface PortfolioBacktest {
  readonly level: number
  readonly adaptive: Backtest
  readonly fixed: Backtest
}

/**
 * How the risk model would have done on these positions, had they been held with the same values on each of the newest 500 days: every
 * day's joint scenarios are made of the rows before it, as `portfolioRisk` does today. About a second of one core for two markets: not for a
 * thread that serves.
 * @returns TOO_LITTLE_HISTORY with fewer than 1,000 + 250 rows
 */
export function portfolioBacktest(
  history: JointHistory,
  positions: readonly Position[],
  levels: readonly number[],
  random: () => Random,
): Result<PortfolioBacktest[], HistoryRefusal> {
  const rows = history.end.length
  const needed = WINDOW + LIGHT_DAYS
  if (rows < needed) return err({ kind: 'TOO_LITTLE_HISTORY', markets: history.markets, rows, needed })
  const first = Math.max(WINDOW, rows - NEWEST_DAYS)
  const forecasts: ReturnForecast[] = []
  let models: readonly VolatilityModel[] = []
  for (let row = first; row < rows; row++) {
    if ((row - first) % REFIT_EVERY === 0) models = fitModels(history, row, models)
    const results = portfolioResults(positions, nextDayScenarios(history, models, row))
    forecasts.push(sampleForecast(results, 1, highestAsked(Math.max(...levels))))
  }
  const outcomes = historicalResults(history, positions).subarray(first)
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
