import type { MarketDataMessage } from '@opsource/bus/contracts'
import { fault } from '@opsource/subgraph'
import { Mailbox, type MarketFeed } from '../market-data/index.ts'
import type { TradeParent } from '../parents.ts'

/** Some 10 s of the busiest trading seen; a reader that is further behind reads the pages. */
const MAX_WAITING_TRADES = 2_000

/** Serves the trade subscriptions of one market: every trade in order, or the end with `SUBSCRIPTION_GAP`. */
export class TradeLog {
  readonly #readers = new Set<Mailbox<TradeParent>>()

  constructor(feed: MarketFeed) {
    feed.listen({ reset: () => this.#break(), step: (_market, message) => this.#append(message) })
  }

  watch(): Mailbox<TradeParent> {
    const reader: Mailbox<TradeParent> = new Mailbox<TradeParent>({
      limit: MAX_WAITING_TRADES,
      overflow: () => ({ fail: gap() }),
      onClose: () => this.#readers.delete(reader),
    })
    this.#readers.add(reader)
    return reader
  }

  /** Ends every stream. */
  close(): void {
    for (const reader of this.#readers) reader.end()
  }

  #append({ symbol, trades }: MarketDataMessage): void {
    if (this.#readers.size === 0) return
    for (const { tradeId: id, price, quantity, takerSide, auction = false, time: executedAt } of trades) {
      for (const reader of this.#readers) reader.push({ id, symbol, price, quantity, takerSide, auction, executedAt })
    }
  }

  #break(): void {
    for (const reader of this.#readers) reader.fail(gap())
  }
}

const gap = () => fault('SUBSCRIPTION_GAP', 'A trade may have been missed: read `Market.trades`, then subscribe again.')
