import { EMPTY_VIEW } from '../maker/index.ts'
import type { Instrument, Level, Lots, RecordedTrade, Ticks, View } from '../recording/index.ts'
import type { Step } from './market-data-source.ts'

/** Trades kept for a reader that is slow: some 10 s of the busiest recorded moment; beyond it the oldest go. */
const MAX_WAITING_TRADES = 5_000

/** A price and a quantity as plain decimals. */
export type LiveLevel = readonly [price: string, quantity: string]

/** One market of another exchange as it happens: the newest book, and the trades that nobody has read yet. */
export class LiveMarket {
  readonly instrument: Instrument
  #trades: RecordedTrade[] = []
  #view: View = EMPTY_VIEW
  #time = 0
  #updateId = 0
  #tradeId = 0
  #changed = false

  constructor(instrument: Instrument) {
    this.instrument = instrument
  }

  /** The source's whole view, best first; where its grid is finer, bids go down to ours and asks up, so that they never cross by it. */
  show(bids: readonly LiveLevel[], asks: readonly LiveLevel[], time: number): void {
    this.#view = { bids: this.#levels(bids, -1), asks: this.#levels(asks, 1) }
    this.#time = Math.max(this.#time, time)
    this.#changed = true
  }

  /** The book is not known: nothing may be quoted from it. */
  lose(): void {
    if (this.#view === EMPTY_VIEW) return
    this.#view = EMPTY_VIEW
    this.#changed = true
  }

  trade(takerSide: 'BUY' | 'SELL', price: string, quantity: string, time: number): void {
    const onGrid = this.instrument.price(this.instrument.ticksBeside(price, takerSide === 'BUY' ? 1 : -1))
    if (this.instrument.lotsWithin(quantity) === 0) return
    this.#trades.push({ kind: 'trade', time, tradeId: ++this.#tradeId, price: onGrid, quantity, takerSide })
    if (this.#trades.length > MAX_WAITING_TRADES) this.#trades.shift()
    this.#time = Math.max(this.#time, time)
    this.#changed = true
  }

  /** What happened since the last call; null where nothing did. Books in between are left out: only the newest can still be met. */
  take(): Step | null {
    if (!this.#changed) return null
    this.#changed = false
    return {
      symbol: this.instrument.symbol,
      segment: null,
      time: this.#time,
      updateId: ++this.#updateId,
      trades: this.#trades.splice(0),
      view: this.#view,
      touch: null,
    }
  }

  #levels(levels: readonly LiveLevel[], towards: -1 | 1): Level[] {
    const merged = new Map<Ticks, Lots>()
    for (const [price, quantity] of levels) {
      const ticks = this.instrument.ticksBeside(price, towards)
      const lots = (merged.get(ticks) ?? 0) + this.instrument.lotsWithin(quantity)
      if (ticks > 0 && lots > 0) merged.set(ticks, lots as Lots)
    }
    return Array.from(merged, ([price, quantity]) => ({ price, quantity }))
  }
}
