import { Book, BookChanges } from '../../book/index.ts'
import { DEFAULT_RULES, type MarketRules } from '../../market/rules.ts'
import { shareOf } from './basis-points.ts'
import { TRADING } from './codes.ts'
import type { Orders } from './orders.ts'
import { type TriggerColumns, TriggerQueue } from './trigger-queue.ts'

/** A market's unchanging numbers: assets by number, minor units of one lot and of one lot at a price of one tick. */
export interface MarketNumbers {
  readonly baseAsset: number
  readonly quoteAsset: number
  readonly baseUnits: number
  readonly quoteUnits: number
}

/** A market as it changes. Prices are ticks; 0: none. */
export class Market {
  declare readonly index: number
  declare readonly numbers: MarketNumbers
  declare readonly baseAsset: number
  declare readonly quoteAsset: number
  declare readonly baseUnits: number
  declare readonly quoteUnits: number
  declare readonly book: Book
  declare readonly changes: BookChanges | null
  /** Stops that go to the book as MARKET orders, and those that go there as LIMIT orders: only these join an auction. */
  declare readonly marketStops: TriggerQueue
  declare readonly limitStops: TriggerQueue
  rules: MarketRules = DEFAULT_RULES
  status = TRADING
  killed = false
  /** Of an auction that ends by itself, milliseconds since the Unix epoch; 0: none. */
  auctionEndsAt = 0
  /** It waits for `followUp`. */
  isMoved = false
  // NaN makes these two doubles from birth, as prices are: one that becomes it later makes V8 throw away all code that reads markets.
  lastPrice = Number.NaN
  /** What the band is measured from, in the window that it was set for. */
  reference = Number.NaN
  window = -1
  /** Furthest a trade may be from the reference, either way, and what that was counted from. */
  private width = Number.POSITIVE_INFINITY
  private widthReference = 0
  private widthRules: MarketRules = DEFAULT_RULES

  constructor(index: number, numbers: MarketNumbers, orders: Orders, triggers: TriggerColumns, watched: boolean) {
    this.index = index
    this.numbers = numbers
    this.baseAsset = numbers.baseAsset
    this.quoteAsset = numbers.quoteAsset
    this.baseUnits = numbers.baseUnits
    this.quoteUnits = numbers.quoteUnits
    this.changes = watched ? new BookChanges() : null
    this.book = new Book(orders.pool, this.changes)
    this.marketStops = new TriggerQueue(triggers)
    this.limitStops = new TriggerQueue(triggers)
    this.lastPrice = 0
    this.reference = 0
  }

  /** The window of the band that `time` lies in has begun: the last price before it is its reference. */
  roll(time: number): void {
    if (this.windowOf(time) !== this.window) this.beginWindow(time)
  }

  /** The last price becomes the band's reference. */
  beginWindow(time: number): void {
    this.window = this.windowOf(time)
    this.reference = this.lastPrice
  }

  private windowOf(time: number): number {
    return this.rules.bandWindowMs > 0 ? Math.floor(time / this.rules.bandWindowMs) : 0
  }

  /** Whether a trade at `price` would be outside the band. */
  beyondBand(price: number): boolean {
    if (this.widthReference !== this.reference || this.widthRules !== this.rules) this.measureBand()
    return Math.abs(price - this.reference) > this.width
  }

  private measureBand(): void {
    const { reference, rules } = this
    this.widthReference = reference
    this.widthRules = rules
    const isBound = reference !== 0 && rules.priceBandBps !== 0
    this.width = isBound ? shareOf(reference, rules.priceBandBps) : Number.POSITIVE_INFINITY
  }
}
