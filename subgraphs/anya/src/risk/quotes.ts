import { marketSnapshotKey, marketSnapshotSchema } from '@opsource/bus/contracts'
import type { Ports } from '@opsource/subgraph'
import { z } from 'zod'
import type { Book, BookLevel } from './liquidity.ts'

/** Snapshots are written about once a second: reading one more often tells nothing new. */
const FRESH_MS = 1_000
/** Levels of each side that are looked at: what lies beyond costs more than anyone would pay. */
const MAX_LEVELS = 1_000

/** Only the levels that are looked at are checked: a book may have ten thousand. */
const levels = z
  .array(z.unknown())
  .transform((all) => all.slice(0, MAX_LEVELS))
  .pipe(marketSnapshotSchema.shape.bids)
const quoteSchema = marketSnapshotSchema
  .pick({ time: true, tick: true, lot: true, lastPrice: true })
  .extend({ bids: levels, asks: levels })

/** A market as it was at a moment: prices in the quote asset, quantities in the base asset. */
export interface Quote {
  /** Engine time, milliseconds since the Unix epoch. */
  readonly time: number
  /** The middle of best bid and ask; the last price while one of them is missing or they cross. Null where neither is known. */
  readonly price: number | null
  readonly book: Book
}

export interface QuotesObserver {
  unpriced(symbol: string, error: unknown): void
}

/** Reads what markets show from the snapshots that dash33 writes. */
export class Quotes {
  readonly #ports: Pick<Ports, 'cache' | 'clock'>
  readonly #observer: QuotesObserver
  readonly #newest = new Map<string, { readonly readAt: number; readonly quote: Promise<Quote | null> }>()

  constructor(ports: Pick<Ports, 'cache' | 'clock'>, observer: QuotesObserver) {
    this.#ports = ports
    this.#observer = observer
  }

  /** Null of a market that has not been heard of, and where the cache is away or what is in it cannot be read. */
  of(symbol: string): Promise<Quote | null> {
    const now = this.#ports.clock.now()
    const known = this.#newest.get(symbol)
    if (known && now - known.readAt < FRESH_MS) return known.quote
    const quote = this.#read(symbol)
    this.#newest.set(symbol, { readAt: now, quote })
    return quote
  }

  async #read(symbol: string): Promise<Quote | null> {
    try {
      const text = await this.#ports.cache.get(marketSnapshotKey(symbol))
      return text === null ? null : quoteOf(JSON.parse(text))
    } catch (error) {
      this.#newest.delete(symbol)
      this.#observer.unpriced(symbol, error)
      return null
    }
  }
}

/** @throws where it is no snapshot of a market. */
export function quoteOf(snapshot: unknown): Quote {
  const { time, tick, lot, lastPrice, bids, asks } = quoteSchema.parse(snapshot)
  const priceOf = (ticks: number) => (ticks * tick.units) / 10 ** tick.scale
  const quantityOf = (lots: number) => (lots * lot.units) / 10 ** lot.scale
  const levelOf = ([price, quantity]: readonly [number, number]): BookLevel => ({
    price: priceOf(price),
    quantity: quantityOf(quantity),
  })
  const book = { bids: bids.map(levelOf), asks: asks.map(levelOf) }
  const [bid, ask] = [book.bids[0]?.price, book.asks[0]?.price]
  const middle = bid !== undefined && ask !== undefined && bid < ask ? (bid + ask) / 2 : null
  return { time, price: middle ?? (lastPrice === undefined ? null : priceOf(lastPrice)), book }
}
