import { type FeedListener, type LiveMarket, Mailbox, type MarketFeed } from '../market-data/index.ts'
import { type BookUpdate, BookView } from './view.ts'

/** About 2 s of the busiest view seen: beyond it a reader is better served by a fresh snapshot than by catching up. */
const MAX_WAITING_UPDATES = 64

interface WatchedView {
  readonly view: BookView
  readonly readers: Set<Mailbox<BookUpdate>>
}

/** Serves the order-book subscriptions of one market: each depth is computed once per step, for all who watch it. */
export class BookWatchers implements FeedListener {
  readonly #feed: MarketFeed
  readonly #views = new Map<number, WatchedView>()

  constructor(feed: MarketFeed) {
    this.#feed = feed
    feed.listen(this)
  }

  /** @returns a stream that begins with a snapshot as soon as the market is live. */
  watch(depth: number): Mailbox<BookUpdate> {
    const watched = this.#viewOf(depth)
    const reader: Mailbox<BookUpdate> = new Mailbox<BookUpdate>({
      limit: MAX_WAITING_UPDATES,
      overflow: () => ({ replace: [watched.view.snapshot(this.#feed.symbol)] }),
      onClose: () => this.#leave(depth, watched, reader),
    })
    watched.readers.add(reader)
    if (this.#feed.market) reader.push(watched.view.snapshot(this.#feed.symbol))
    return reader
  }

  reset(market: LiveMarket): void {
    for (const { view, readers } of this.#views.values()) {
      const update = view.reset(market)
      for (const reader of readers) reader.push(update)
    }
  }

  step(market: LiveMarket): void {
    for (const { view, readers } of this.#views.values()) {
      const update = view.advance(market)
      if (update) for (const reader of readers) reader.push(update)
    }
  }

  /** Ends every stream. */
  close(): void {
    for (const { readers } of this.#views.values()) for (const reader of readers) reader.end()
  }

  #viewOf(depth: number): WatchedView {
    let watched = this.#views.get(depth)
    if (!watched) {
      const view = new BookView(depth, {
        price: (ticks) => this.#feed.market!.price(ticks),
        quantity: (lots) => this.#feed.market!.quantity(lots),
      })
      if (this.#feed.market) view.reset(this.#feed.market)
      watched = { view, readers: new Set() }
      this.#views.set(depth, watched)
    }
    return watched
  }

  #leave(depth: number, watched: WatchedView, reader: Mailbox<BookUpdate>): void {
    watched.readers.delete(reader)
    if (watched.readers.size === 0) this.#views.delete(depth)
  }
}
