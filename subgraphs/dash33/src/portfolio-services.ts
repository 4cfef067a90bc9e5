import type { Ports } from '@opsource/subgraph'
import type { Pool } from 'pg'
import type { Logger } from 'pino'
import type { ReadYourWrites } from './accounts/index.ts'
import type { EngineClient } from './engine/client.ts'
import type { MarketFeed } from './market-data/index.ts'
import { MarketFollower, PaperAccounts, PaperDesk, RealBooks } from './paper/index.ts'
import { findPortfolio, lastPricesOf, markPricesOf, PortfolioWatchers } from './portfolio/index.ts'

export interface PortfolioServicesOptions {
  readonly engine: EngineClient
  readonly feeds: ReadonlyMap<string, MarketFeed>
  readonly writes: ReadYourWrites
  /** For what runs behind the graph. */
  readonly pool: Pool
  /** For resolvers. */
  readonly reads: Pool
  readonly ports: Ports
  readonly log: Logger
}

/** What real portfolios and paper accounts are served with. */
export async function openPortfolioServices(options: PortfolioServicesOptions) {
  const { engine, feeds, writes, pool, reads, ports, log } = options
  const { clock, ids } = ports
  const markPrice = markPricesOf(feeds)
  const portfolios = new PortfolioWatchers(
    {
      find: (accountId) => findPortfolio(reads, accountId),
      contains: (engineSequence) => writes.contains(engineSequence),
      prices: () => [...feeds.keys()].map(markPrice).join(),
    },
    log,
  )
  const stopTaking = engine.onBatch((batch) => portfolios.take(batch))
  const books = await RealBooks.open(engine, [...feeds.keys()], lastPricesOf(feeds))
  const follower = new MarketFollower({ pool, log, projected: () => writes.watermark })
  follower.start()
  return {
    portfolios,
    clock,
    paperDesk: new PaperDesk({ pool: reads, books, ids, clock }),
    paperAccounts: new PaperAccounts({ pool: reads, ids, clock, lastPrices: () => lastPricesOf(feeds) }),
    close: async () => {
      stopTaking()
      portfolios.close()
      books.close()
      await follower.stop()
    },
  }
}
