import type { BookSnapshot, EngineClient } from '../engine/client.ts'
import type { MarketStatus, Side } from '../engine/commands.ts'
import type { EngineBatch } from '../engine/events.ts'
import type { Ticks } from '../market/instruments.ts'
import { Levels } from '../market-data/index.ts'

/** A real market as paper orders see it: what is shown, and nothing of it moves by them. */
export interface RealBook {
  /** The last engine command it contains. */
  readonly engineSequence: number
  /** Engine time of that, milliseconds since the Unix epoch. */
  readonly time: number
  readonly status: MarketStatus
  /** Null before the first trade. */
  readonly lastPrice: Ticks | null
  readonly bids: Levels
  readonly asks: Levels
}

/** The side that an order of `side` trades with. */
export const oppositeOf = (book: RealBook, side: Side): Levels => (side === 'BUY' ? book.asks : book.bids)
/** The side that it rests on. */
export const ownSideOf = (book: RealBook, side: Side): Levels => (side === 'BUY' ? book.bids : book.asks)

interface Market {
  status: MarketStatus
  lastPrice: Ticks | null
  readonly bids: Levels
  readonly asks: Levels
  /** What the snapshot contained, so that an older batch changes nothing. */
  readonly from: number
}

/** Follows the real books from the engine's own batches, in this process: never behind what any projection contains. */
export class RealBooks {
  readonly #markets = new Map<string, Market>()
  #engineSequence = 0
  #time = 0
  #stop: () => void = () => {}

  private constructor() {}

  /** @param lastPrices ticks by symbol. */
  static async open(
    engine: Pick<EngineClient, 'book' | 'onBatch'>,
    symbols: readonly string[],
    lastPrices: ReadonlyMap<string, Ticks>,
  ): Promise<RealBooks> {
    const books = new RealBooks()
    // What the engine does while its books are read follows them.
    const meanwhile: EngineBatch[] = []
    const stopGathering = engine.onBatch((batch) => meanwhile.push(batch))
    for (const snapshot of await Promise.all(symbols.map((symbol) => engine.book(symbol))))
      books.#add(snapshot, lastPrices.get(snapshot.symbol) ?? null)
    stopGathering()
    for (const batch of meanwhile) books.take(batch)
    books.#stop = engine.onBatch((batch) => books.take(batch))
    return books
  }

  /** @returns null where there is no such market. */
  book(symbol: string): RealBook | null {
    const market = this.#markets.get(symbol)
    if (!market) return null
    const { status, lastPrice, bids, asks } = market
    return { engineSequence: this.#engineSequence, time: this.#time, status, lastPrice, bids, asks }
  }

  take({ lastSequence, time, levels, events }: EngineBatch): void {
    for (const { symbol, side, price, quantity } of levels) {
      const market = this.#following(symbol, lastSequence)
      if (market) (side === 'BUY' ? market.bids : market.asks).set(price, quantity)
    }
    for (const event of events) {
      if (event.type !== 'TRADE' && event.type !== 'MARKET_STATUS_SET') continue
      const market = this.#following(event.symbol, lastSequence)
      if (!market) continue
      if (event.type === 'TRADE') market.lastPrice = event.price
      else market.status = event.status
    }
    this.#engineSequence = Math.max(this.#engineSequence, lastSequence)
    this.#time = Math.max(this.#time, time)
  }

  close(): void {
    this.#stop()
  }

  #following(symbol: string, lastSequence: number): Market | null {
    const market = this.#markets.get(symbol)
    return market && lastSequence > market.from ? market : null
  }

  #add({ symbol, engineSequence, time, status, bids, asks }: BookSnapshot, lastPrice: Ticks | null): void {
    this.#markets.set(symbol, {
      status,
      lastPrice,
      bids: new Levels('BUY', bids),
      asks: new Levels('SELL', asks),
      from: engineSequence,
    })
    this.#engineSequence = Math.max(this.#engineSequence, engineSequence)
    this.#time = Math.max(this.#time, time)
  }
}
