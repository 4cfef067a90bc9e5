import type { Level, Levels } from '../market-data/index.ts'
import { bookChecksum, type PriceLevel } from './checksum.ts'

/** Writes ticks and lots as the graph's decimals. */
export interface LevelFormat {
  price(ticks: number): string
  quantity(lots: number): string
}

/** One step of an order book, as the graph shows it. */
export interface BookUpdate {
  readonly symbol: string
  readonly kind: 'SNAPSHOT' | 'DELTA'
  readonly sequence: number
  readonly previousSequence: number | null
  readonly bids: readonly PriceLevel[]
  readonly asks: readonly PriceLevel[]
  readonly checksum: string
  /** Milliseconds since the Unix epoch. */
  readonly time: number
}

/** What a view is made from: both sides of a market's book as of `sequence`. */
export interface Book {
  readonly symbol: string
  readonly sequence: number
  readonly time: number
  readonly bids: Levels
  readonly asks: Levels
}

/** The best `depth` levels of one book: computed once per step, for all who watch it. */
export class BookView {
  readonly depth: number
  readonly #format: LevelFormat
  #bids: Level[] = []
  #asks: Level[] = []
  #sequence = 0
  #time = 0

  constructor(depth: number, format: LevelFormat) {
    this.depth = depth
    this.#format = format
  }

  /** Takes the book as it is now and answers the whole view. */
  reset(book: Book): BookUpdate {
    this.#take(book)
    return this.snapshot(book.symbol)
  }

  /** The whole view as of its last step. */
  snapshot(symbol: string): BookUpdate {
    const bids = this.#bids.map((level) => this.#show(level))
    const asks = this.#asks.map((level) => this.#show(level))
    const checksum = bookChecksum(bids, asks)
    return {
      symbol,
      kind: 'SNAPSHOT',
      sequence: this.#sequence,
      previousSequence: null,
      bids,
      asks,
      checksum,
      time: this.#time,
    }
  }

  /** @returns what changed within the view since its last step, or null where nothing did. */
  advance(book: Book): BookUpdate | null {
    const before = { bids: this.#bids, asks: this.#asks, sequence: this.#sequence }
    const nextBids = book.bids.best(this.depth)
    const nextAsks = book.asks.best(this.depth)
    const bids = changesBetween(before.bids, nextBids)
    const asks = changesBetween(before.asks, nextAsks)
    if (bids.length === 0 && asks.length === 0) return null
    this.#take(book, nextBids, nextAsks)
    return {
      symbol: book.symbol,
      kind: 'DELTA',
      sequence: book.sequence,
      previousSequence: before.sequence,
      bids: bids.sort(([a], [b]) => b - a).map((level) => this.#show(level)),
      asks: asks.sort(([a], [b]) => a - b).map((level) => this.#show(level)),
      checksum: bookChecksum(
        nextBids.slice(0, 10).map((level) => this.#show(level)),
        nextAsks.slice(0, 10).map((level) => this.#show(level)),
      ),
      time: book.time,
    }
  }

  #take(book: Book, bids = book.bids.best(this.depth), asks = book.asks.best(this.depth)): void {
    this.#bids = bids
    this.#asks = asks
    this.#sequence = book.sequence
    this.#time = book.time
  }

  #show([price, quantity]: Level): PriceLevel {
    return { price: this.#format.price(price), quantity: this.#format.quantity(quantity) }
  }
}

/** @returns the levels of `after` that are new or different, and those that left, with quantity 0. */
function changesBetween(before: readonly Level[], after: readonly Level[]): Level[] {
  const old = new Map(before)
  const changes: Level[] = []
  for (const level of after) {
    if (old.get(level[0]) !== level[1]) changes.push(level)
    old.delete(level[0])
  }
  for (const price of old.keys()) changes.push([price, 0])
  return changes
}
