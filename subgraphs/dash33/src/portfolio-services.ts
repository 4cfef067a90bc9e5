import type { Ports } from '@opsource/subgraph'
import type { Pool } from 'pg'
import type { Logger } from 'pino'
import type { ReadYourWrites } from './accounts/index.ts'
import type { EngineClient } from './engine/client.ts'
import type { MarketFeed } from './market-data/index.ts'
import { findPortfolio, markPricesOf, PortfolioWatchers } from './portfolio/index.ts'

export interface PortfolioServicesOptions {
  readonly engine: EngineClient
  readonly feeds: ReadonlyMap<string, MarketFeed>
  readonly writes: ReadYourWrites
  /** For what is read. */
  readonly pool: Pool
  readonly ports: Ports
  readonly log: Logger
}

/** What real portfolios are served with. */
export function openPortfolioServices({ engine, feeds, writes, pool, ports, log }: PortfolioServicesOptions) {
  const markPrice = markPricesOf(feeds)
  const portfolios = new PortfolioWatchers(
    {
      find: (accountId) => findPortfolio(pool, accountId),
      contains: (engineSequence) => writes.contains(engineSequence),
      prices: () => [...feeds.keys()].map(markPrice).join(),
    },
    log,
  )
  const stopTaking = engine.onBatch((batch) => portfolios.take(batch))
  return {
    portfolios,
    clock: ports.clock,
    close: async () => {
      stopTaking()
      portfolios.close()
    },
  }
}
