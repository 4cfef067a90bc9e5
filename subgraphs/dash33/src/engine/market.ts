import type { OrderBook } from '../book/index.ts'
import type { Instrument, Ticks } from '../market/instruments.ts'
import type { MarketStatus, Side } from './commands.ts'
import type { LevelChange, RecordingPass } from './events.ts'
import { LIMITS, type LimitName } from './limits.ts'
import type { Order } from './order.ts'

/** How far a data set has been played in this market. */
export interface PlayedDataSet {
  pass: number
  repetition: number
  /** Files that have begun in this pass. */
  segments: string[]
}

/** A market as it changes: its book, whether it trades, and which recording plays. */
export class Market {
  readonly index: number
  readonly instrument: Instrument
  readonly book: OrderBook<Order>
  readonly played = new Map<string, PlayedDataSet>()
  status: MarketStatus = 'TRADING'
  recording: RecordingPass | null = null
  readonly #touched = { BUY: new Set<Ticks>(), SELL: new Set<Ticks>() }

  constructor(index: number, instrument: Instrument, book: OrderBook<Order>) {
    this.index = index
    this.instrument = instrument
    this.book = book
  }

  touch(side: Side, price: Ticks): void {
    this.#touched[side].add(price)
  }

  /** The levels touched since the last call, as they are now. */
  drainLevels(): LevelChange[] {
    const changes: LevelChange[] = []
    for (const side of ['BUY', 'SELL'] as const) {
      for (const price of this.#touched[side]) {
        changes.push({ symbol: this.instrument.symbol, side, price, quantity: this.book.volumeAt(side, price) })
      }
      this.#touched[side].clear()
    }
    return changes
  }

  /**
   * Counts the pass that a recording belongs to. A new pass begins with a new repetition, and wherever a file begins again that has begun
   * in this pass: a replay that was started anew counts its repetitions from 1, and what was seen before must never look new.
   * @returns the recording with its pass, or the limit that forbids to count it.
   */
  countPass(dataSet: string, segment: string, repetition: number): RecordingPass | LimitName {
    const played = this.played.get(dataSet)
    if (!played) {
      if (this.played.size >= LIMITS.recordedDataSets) return 'recordedDataSets'
      this.played.set(dataSet, { pass: 1, repetition, segments: [segment] })
      return { dataSet, segment, pass: 1 }
    }
    if (played.repetition !== repetition || played.segments.includes(segment)) {
      played.pass++
      played.repetition = repetition
      played.segments = []
    }
    if (played.segments.length >= LIMITS.segmentsPerPass) return 'segmentsPerPass'
    played.segments.push(segment)
    return { dataSet, segment, pass: played.pass }
  }
}
