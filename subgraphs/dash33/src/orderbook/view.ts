import {
  type BookChanges,
  type Change,
  type Level,
  type Levels,
  touchesBest,
  viewChanges,
} from '../market-data/index.ts'
import { bookChecksum, CHECKSUM_DEPTH, type PriceLevel } from './checksum.ts'

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

/** The best `depth` levels of one book: followed once, for all who watch it, at a cost that does not grow with the depth. */
export class BookView {
  readonly depth: number
  readonly #format: LevelFormat
  #book: Book
  #worst: { bid: Level | null; ask: Level | null }
  #sequence: number
  #time: number
  #checksum: string
  #snapshot: BookUpdate | null = null

  constructor(depth: number, format: LevelFormat, book: Book) {
    this.depth = depth
    this.#format = format
    this.#book = book
    this.#worst = this.#worstOf(book)
    this.#sequence = book.sequence
    this.#time = book.time
    this.#checksum = this.#sum()
  }

  /** Goes on with another book, or with this one where it has changed unnoticed. */
  reset(book: Book): void {
    this.#book = book
    this.#stepTo(book)
    this.#checksum = this.#sum()
  }

  /** The whole view as of its last step. */
  snapshot(): BookUpdate {
    this.#snapshot ??= {
      symbol: this.#book.symbol,
      kind: 'SNAPSHOT',
      sequence: this.#sequence,
      previousSequence: null,
      bids: this.#show(this.#book.bids.best(this.depth)),
      asks: this.#show(this.#book.asks.best(this.depth)),
      checksum: this.#checksum,
      time: this.#time,
    }
    return this.#snapshot
  }

  /** @param changes what has just been done to the book. @returns what that changed within the view, or null where nothing. */
  advance(changes: BookChanges): BookUpdate | null {
    const book = this.#book
    const real = { bids: changes.bids.filter(isChange), asks: changes.asks.filter(isChange) }
    const bids = this.#visible(book.bids, real.bids, this.#worst.bid)
    const asks = this.#visible(book.asks, real.asks, this.#worst.ask)
    if (bids.length === 0 && asks.length === 0) return null
    const previousSequence = this.#sequence
    this.#stepTo(book)
    if (touchesBest(book.bids, CHECKSUM_DEPTH, real.bids) || touchesBest(book.asks, CHECKSUM_DEPTH, real.asks))
      this.#checksum = this.#sum()
    return {
      symbol: book.symbol,
      kind: 'DELTA',
      sequence: book.sequence,
      previousSequence,
      bids: this.#show(bids.sort(([a], [b]) => b - a)),
      asks: this.#show(asks.sort(([a], [b]) => a - b)),
      checksum: this.#checksum,
      time: book.time,
    }
  }

  #visible(side: Levels, changes: readonly Change<Level>[], worst: Level | null): Level[] {
    if (changes.length === 0) return []
    const { entered, changed, left } = viewChanges(side, this.depth, changes, worst, ([price]) => price)
    return [...entered, ...changed, ...left.map(([price]): Level => [price, 0])]
  }

  #stepTo(book: Book): void {
    this.#worst = this.#worstOf(book)
    this.#sequence = book.sequence
    this.#time = book.time
    this.#snapshot = null
  }

  #worstOf({ bids, asks }: Book) {
    return { bid: bids.at(this.depth - 1), ask: asks.at(this.depth - 1) }
  }

  #sum(): string {
    const depth = Math.min(this.depth, CHECKSUM_DEPTH)
    return bookChecksum(this.#show(this.#book.bids.best(depth)), this.#show(this.#book.asks.best(depth)))
  }

  #show(levels: readonly Level[]): PriceLevel[] {
    return levels.map(([price, quantity]) => ({
      price: this.#format.price(price),
      quantity: this.#format.quantity(quantity),
    }))
  }
}

/** A batch touches a level also where it leaves it as it was. */
const isChange = ({ before, after }: Change<Level>) => before?.[1] !== after?.[1]
