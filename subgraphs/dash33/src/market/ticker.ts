import { type LiveMarket, Mailbox, type MarketFeed } from '../market-data/index.ts'
import type { TickerParent } from '../parents.ts'

/** The best prices and the last trade of a market as it is now. */
export function tickerOf(market: LiveMarket): TickerParent {
  const [bid] = market.bids.best(1)
  const [ask] = market.asks.best(1)
  return {
    symbol: market.symbol,
    sequence: market.sequence,
    bestBid: bid ? market.price(bid[0]) : null,
    bestBidQuantity: bid ? market.quantity(bid[1]) : null,
    bestAsk: ask ? market.price(ask[0]) : null,
    bestAskQuantity: ask ? market.quantity(ask[1]) : null,
    lastPrice: market.lastPrice === null ? null : market.price(market.lastPrice),
    time: market.time,
  }
}

/** Serves the ticker subscriptions of one market: a reader gets the state at once, and the newest after each change. */
export class TickerWatchers {
  readonly #feed: MarketFeed
  readonly #readers = new Set<Mailbox<TickerParent>>()
  #last: TickerParent | null = null

  constructor(feed: MarketFeed) {
    this.#feed = feed
    feed.listen({ reset: (market) => this.#offer(market), step: (market) => this.#offer(market) })
  }

  watch(): Mailbox<TickerParent> {
    const reader: Mailbox<TickerParent> = new Mailbox<TickerParent>({
      limit: 1,
      overflow: (newest) => ({ replace: [newest] }),
      onClose: () => this.#readers.delete(reader),
    })
    this.#readers.add(reader)
    if (this.#feed.market) {
      // While nobody read, nothing was compared either.
      this.#last = tickerOf(this.#feed.market)
      reader.push(this.#last)
    }
    return reader
  }

  /** Ends every stream. */
  close(): void {
    for (const reader of this.#readers) reader.end()
  }

  #offer(market: LiveMarket): void {
    if (this.#readers.size === 0) return
    const ticker = tickerOf(market)
    if (this.#last && isSame(this.#last, ticker)) return
    this.#last = ticker
    for (const reader of this.#readers) reader.push(ticker)
  }
}

const SHOWN = ['bestBid', 'bestBidQuantity', 'bestAsk', 'bestAskQuantity', 'lastPrice'] as const

function isSame(a: TickerParent, b: TickerParent): boolean {
  return SHOWN.every((field) => a[field] === b[field])
}
