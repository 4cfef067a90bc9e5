import type { Result } from '@opsource/kernel'
import type { PortfolioAssessment } from './assessment.ts'
import type { HistoryRefusal } from './joint-history.ts'
import type { Position } from './portfolio.ts'
import type { PriceHistory } from './returns.ts'

/** What is asked of the risk thread. */
export interface RiskQuestion {
  /** Each is assessed by itself; one without positions gets null. */
  readonly portfolios: readonly (readonly Position[])[]
  /** Pasts that the markets have of their own. */
  readonly histories: ReadonlyMap<string, PriceHistory>
  /** Which reference market stands for one that has none. */
  readonly proxies: ReadonlyMap<string, string>
  readonly horizonDays: number
}

export type RiskAnswer = Result<readonly (PortfolioAssessment | null)[], HistoryRefusal>
