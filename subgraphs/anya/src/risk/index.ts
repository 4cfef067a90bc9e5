export {
  type AssessmentRequest,
  assessPortfolio,
  type LevelAssessment,
  type MarketAssessment,
  type PortfolioAssessment,
} from './assessment.ts'
export type { Backtest } from './backtest.ts'
export {
  alignHistories,
  type HistoryRefusal,
  type HistorySource,
  historySources,
  type JointHistory,
  type JointIssue,
} from './joint-history.ts'
export {
  type Book,
  type BookLevel,
  type LiquidationCost,
  type LiquidityRefusal,
  liquidationCost,
} from './liquidity.ts'
export {
  type OrderRisk,
  orderRisk,
  type PortfolioRisk,
  type Position,
  type PositionRisk,
  portfolioRisk,
} from './portfolio.ts'
export { type PortfolioBacktest, portfolioBacktest } from './portfolio-backtest.ts'
export { DEFAULT_PROXIES, parseProxies } from './proxies.ts'
export { type HistoryIssue, type PriceHistory, returnsOf } from './returns.ts'
export { fitModels, horizonScenarios, nextDayScenarios, type Scenarios } from './scenarios.ts'
export { openRisk } from './service.ts'
export { knownEvents, type StressScenario, worstSpans } from './stress.ts'
export type { VolatilityModel } from './volatility.ts'
