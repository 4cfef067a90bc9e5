import { ok, type Random, type Result } from '@opsource/kernel'
import {
  alignHistories,
  type HistoryRefusal,
  type HistorySource,
  historySources,
  type JointHistory,
  type JointIssue,
} from './joint-history.ts'
import { type PortfolioRisk, type Position, portfolioRisk } from './portfolio.ts'
import { type PastForecasts, type PortfolioBacktest, pastForecasts, portfolioBacktest } from './portfolio-backtest.ts'
import type { PriceHistory } from './returns.ts'
import { fitModels, horizonScenarios, nextDayScenarios, type Scenarios } from './scenarios.ts'
import { knownEvents, type StressScenario, worstSpans } from './stress.ts'
import type { VolatilityModel } from './volatility.ts'

const PATHS = 10_000

export interface AssessmentRequest {
  readonly positions: readonly Position[]
  readonly histories: ReadonlyMap<string, PriceHistory>
  /** Which market stands for one that has no history of its own. */
  readonly proxies: ReadonlyMap<string, string>
  /** Probabilities of a loss beyond the value at risk. */
  readonly levels: readonly number[]
  /** Days that the second risk looks ahead, 2 to 20. */
  readonly horizonDays: number
  /** A new stream of the same seed at each call: the same request has the same answer. */
  readonly random: () => Random
}

export interface MarketAssessment {
  readonly market: string
  /** The market whose history was used, or null where it is its own. */
  readonly proxy: string | null
  /** Standard deviation of the next day's return. */
  readonly volatility: number
  readonly model: VolatilityModel
}

export interface LevelAssessment {
  readonly level: number
  readonly nextDay: PortfolioRisk
  readonly horizon: PortfolioRisk
  /** Of these positions in the past, at the level promised; null where the common history is too short for one. */
  readonly backtest: PortfolioBacktest | null
}

export interface PortfolioAssessment {
  readonly asOf: number
  readonly markets: readonly MarketAssessment[]
  readonly levels: readonly LevelAssessment[]
  readonly stress: readonly StressScenario[]
  readonly issues: readonly JointIssue[]
}

/** What the models say of some markets, whatever is held of them. */
export interface PreparedMarkets {
  readonly sources: readonly HistorySource[]
  readonly history: JointHistory
  readonly nextDay: Scenarios
  readonly horizon: Scenarios
  readonly past: Result<PastForecasts, HistoryRefusal>
}

/** Estimates the models, now and for the past days that backtests need. A second or more of computation: not for a thread that serves. */
export function prepareMarkets(
  markets: readonly string[],
  { histories, proxies, horizonDays, random }: Omit<AssessmentRequest, 'positions' | 'levels'>,
): Result<PreparedMarkets, HistoryRefusal> {
  const sources = historySources(markets, histories, proxies)
  if (!sources.ok) return sources
  const aligned = alignHistories(sources.value)
  if (!aligned.ok) return aligned
  const history = aligned.value
  const models = fitModels(history)
  return ok({
    sources: sources.value,
    history,
    nextDay: nextDayScenarios(history, models),
    horizon: horizonScenarios(history, { days: horizonDays, paths: PATHS, random: random() }, models),
    past: pastForecasts(history),
  })
}

/**
 * Everything that is said of a portfolio's risk. Where there is history enough for a backtest, the level asked of the model is the one that its
 * violations on these positions call for (`nextDay.level`). A tenth of a second and more where the markets are prepared.
 */
export function assessPortfolio(
  request: AssessmentRequest,
  prepared: Result<PreparedMarkets, HistoryRefusal> = prepareMarkets(
    request.positions.map(({ market }) => market),
    request,
  ),
): Result<PortfolioAssessment, HistoryRefusal> {
  if (!prepared.ok) return prepared
  const { positions } = request
  const { sources, history, nextDay } = prepared.value
  return ok({
    asOf: nextDay.asOf,
    markets: marketsOf(sources, nextDay),
    levels: levelsOf(request, prepared.value),
    stress: [...worstSpans(history, positions), ...knownEvents(history, positions)],
    issues: history.issues,
  })
}

function marketsOf(sources: readonly HistorySource[], { models, volatilities }: Scenarios): MarketAssessment[] {
  return sources.map(({ market, proxy }, index) => ({
    market,
    proxy,
    volatility: volatilities[index]!,
    model: models[index]!,
  }))
}

function levelsOf(
  { positions, levels, random }: AssessmentRequest,
  { history, nextDay, horizon, past }: PreparedMarkets,
): LevelAssessment[] {
  const tested = portfolioBacktest(history, positions, levels, random, past)
  return levels.map((level, index) => {
    const backtest = tested.ok ? tested.value[index]! : null
    return {
      level,
      nextDay: portfolioRisk(positions, nextDay, backtest?.adaptive.askNext ?? level),
      horizon: portfolioRisk(positions, horizon, level),
      backtest,
    }
  })
}
