import type { Level, Lots, Ticks, View } from '../recording/index.ts'

export type Side = 'BUY' | 'SELL'

/** A limit order that the maker wants on the book. */
export interface Quote {
  readonly clientOrderId: string
  readonly side: Side
  readonly price: Ticks
  readonly quantity: Lots
}

/** What takes the resting quotes to the recorded book: cancels first, then orders. */
export interface QuoteChange {
  readonly cancels: readonly string[]
  readonly orders: readonly Quote[]
}

/** What the exchange said to one order: what still rests of it, and whether anything else may have traded with it. */
export type QuoteAnswer =
  | { readonly accepted: true; readonly remaining: Lots; readonly touched: boolean }
  | { readonly accepted: false }

interface Resting {
  readonly clientOrderId: string
  readonly quantity: Lots
  /** Something traded here, or the answer came twice: the quantity is no longer certain. */
  touched: boolean
}

/**
 * The maker's resting orders, one for each price level, as far as the exchange's answers tell. Pure: `changeTo` says what to send,
 * `settle` learns from the answers, `touch` from trades.
 */
export class Quotes {
  readonly #sides: Readonly<Record<Side, Map<Ticks, Resting>>> = { BUY: new Map(), SELL: new Map() }

  get size(): number {
    return this.#sides.BUY.size + this.#sides.SELL.size
  }

  /** @returns what to send so that exactly the view rests. @param nameOf makes the order's key: the same content must get the same key. */
  changeTo(view: View, nameOf: (side: Side, price: Ticks) => string): QuoteChange {
    const bids = this.#changeSide('BUY', view.bids, nameOf)
    const asks = this.#changeSide('SELL', view.asks, nameOf)
    return { cancels: [...bids.cancels, ...asks.cancels], orders: [...bids.orders, ...asks.orders] }
  }

  /** Records that a change was carried out: its cancels are off the book, whatever their answer, and its orders are where `answers` says. */
  settle(change: QuoteChange, answers: readonly QuoteAnswer[]): void {
    const cancelled = new Set(change.cancels)
    for (const resting of Object.values(this.#sides)) {
      for (const [price, quote] of resting) if (cancelled.has(quote.clientOrderId)) resting.delete(price)
    }
    for (const [at, quote] of change.orders.entries()) {
      const answer = answers[at]
      if (!answer?.accepted || answer.remaining === 0) continue
      const { clientOrderId, side, price } = quote
      this.#sides[side].set(price, { clientOrderId, quantity: answer.remaining, touched: answer.touched })
    }
  }

  /** Records that something traded at a price against this side: the next change places the level anew. */
  touch(side: Side, price: Ticks): void {
    const resting = this.#sides[side].get(price)
    if (resting !== undefined) resting.touched = true
  }

  /** Records that trades were missed: the next change places everything anew. */
  touchAll(): void {
    for (const side of Object.values(this.#sides)) for (const resting of side.values()) resting.touched = true
  }

  /** What rests, best first: the view that the exchange should show where nobody else trades. */
  view(): View {
    const levels = (side: Side, sign: number): Level[] =>
      [...this.#sides[side]].sort(([a], [b]) => sign * (a - b)).map(([price, { quantity }]) => ({ price, quantity }))
    return { bids: levels('BUY', -1), asks: levels('SELL', 1) }
  }

  #changeSide(side: Side, levels: readonly Level[], nameOf: (side: Side, price: Ticks) => string): QuoteChange {
    const resting = this.#sides[side]
    const wanted = new Map(levels.map((level) => [level.price, level.quantity]))
    const stays = (price: Ticks, quote: Resting) => !quote.touched && wanted.get(price) === quote.quantity
    const cancels = [...resting]
      .filter(([price, quote]) => !stays(price, quote))
      .map(([, quote]) => quote.clientOrderId)
    const orders = levels
      .filter(({ price }) => {
        const quote = resting.get(price)
        return quote === undefined || !stays(price, quote)
      })
      .map(({ price, quantity }) => ({ clientOrderId: nameOf(side, price), side, price, quantity }))
    return { cancels, orders }
  }
}

/** Nothing wanted: `changeTo` this to withdraw all quotes. */
export const EMPTY_VIEW: View = { bids: [], asks: [] }
