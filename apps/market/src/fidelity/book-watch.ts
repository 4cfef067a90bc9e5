import { type LiveClient, ORDER_BOOK, type OrderBookEvent, orderBookEvent } from '../graph/index.ts'
import type { Instrument, Level, Lots, Ticks, View } from '../recording/index.ts'

/** How long the exchange's book may take to show what its answers said. */
const PATIENCE_MS = 1_000

/** The exchange's book as any subscriber sees it. */
export class BookWatch {
  readonly #instrument: Instrument
  #sides = { bids: new Map<Ticks, Lots>(), asks: new Map<Ticks, Lots>() }
  #changed: (() => void) | null = null

  constructor(live: LiveClient, instrument: Instrument, depth: number) {
    this.#instrument = instrument
    live.read(ORDER_BOOK, { symbol: instrument.symbol, depth }, orderBookEvent, {
      next: ({ orderBook }) => this.#apply(orderBook),
      missed: () => {
        this.#sides = { bids: new Map(), asks: new Map() }
      },
    })
  }

  /** Waits until the book is exactly this. @returns the book, or null where it does not become so in time. */
  async confirm(expected: View): Promise<View | null> {
    const deadline = AbortSignal.timeout(PATIENCE_MS)
    while (true) {
      const view = this.#view()
      if (sameView(view, expected)) return view
      if (deadline.aborted) return null
      await new Promise<void>((resolve) => {
        this.#changed = resolve
        deadline.addEventListener('abort', () => resolve(), { once: true })
      })
    }
  }

  #apply(event: OrderBookEvent): void {
    if (event.kind === 'SNAPSHOT') this.#sides = { bids: new Map(), asks: new Map() }
    for (const side of ['bids', 'asks'] as const) {
      for (const level of event[side]) {
        const price = this.#instrument.ticks(level.price)
        const quantity = this.#instrument.lots(level.quantity)
        if (quantity === 0) this.#sides[side].delete(price)
        else this.#sides[side].set(price, quantity)
      }
    }
    this.#changed?.()
  }

  #view(): View {
    const levels = (side: 'bids' | 'asks', sign: number): Level[] =>
      [...this.#sides[side]].sort(([a], [b]) => sign * (a - b)).map(([price, quantity]) => ({ price, quantity }))
    return { bids: levels('bids', -1), asks: levels('asks', 1) }
  }
}

function sameView(a: View, b: View): boolean {
  return sameLevels(a.bids, b.bids) && sameLevels(a.asks, b.asks)
}

function sameLevels(a: readonly Level[], b: readonly Level[]): boolean {
  return (
    a.length === b.length && a.every((level, at) => level.price === b[at]?.price && level.quantity === b[at]?.quantity)
  )
}
