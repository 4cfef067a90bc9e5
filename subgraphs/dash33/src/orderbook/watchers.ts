import { type FeedListener, type MarketFeed, ViewWatchers } from '../market-data/index.ts'
import { type BookUpdate, BookView } from './view.ts'

/** Serves the order-book subscriptions of one market. */
export class BookWatchers extends ViewWatchers<BookUpdate, BookView> implements FeedListener {
  /** @param feed must be live before anybody watches. */
  constructor(feed: MarketFeed) {
    super((depth) => {
      if (!feed.market) throw new Error(`${feed.symbol} is not live yet`)
      return new BookView(depth, feed.market, feed.market)
    })
    feed.listen(this)
  }

  reset(...[market]: Parameters<FeedListener['reset']>): void {
    this.advance((view) => {
      view.reset(market)
      return view.snapshot()
    })
  }

  step(...[, , changes]: Parameters<FeedListener['step']>): void {
    this.advance((view) => view.advance(changes))
  }
}
