import type { Instrument } from '../market/instruments.ts'
import type { MarketStatus, Side } from './commands.ts'
import type { Market } from './core/market.ts'
import type { LevelChange, RecordingPass, RestingChange } from './events.ts'
import { LIMITS, type LimitName } from './limits.ts'
import { orderId } from './order-id.ts'
import { MARKET_STATUSES, SIDES } from './words.ts'

/** How far a data set has been played in this market. */
export interface PlayedDataSet {
  pass: number
  repetition: number
  /** Files that have begun in this pass. */
  segments: string[]
}

/** A market by its names, and which recording plays in it. */
export class MarketEntry {
  readonly instrument: Instrument
  readonly core: Market
  readonly played = new Map<string, PlayedDataSet>()
  recording: RecordingPass | null = null

  constructor(instrument: Instrument, core: Market) {
    this.instrument = instrument
    this.core = core
  }

  get index(): number {
    return this.core.index
  }

  get symbol(): string {
    return this.instrument.symbol
  }

  get status(): MarketStatus {
    return MARKET_STATUSES[this.core.status]!
  }

  get auctionEndsAt(): number | null {
    return this.core.auctionEndsAt === 0 ? null : this.core.auctionEndsAt
  }

  /** Each touched level once, as it is now. */
  drainLevels(into: LevelChange[]): void {
    const { symbol, core } = this
    if (core.changes === null || core.changes.empty) return
    core.changes.drainLevels((side, price, quantity) => into.push({ symbol, side: SIDES[side], price, quantity }))
  }

  /** Each touched order on the book once, as it is now. */
  drainResting(into: RestingChange[]): void {
    const { symbol, core } = this
    if (core.changes === null || core.changes.empty) return
    core.changes.drainOrders((side, id, price, quantity, priority) =>
      into.push({ symbol, side: SIDES[side], orderId: orderId(id), price, quantity, priority }),
    )
  }

  /** Lots shown by price, best first. */
  levels(side: Side): [price: number, quantity: number][] {
    return this.core.book.levels(side === 'BUY' ? 0 : 1)
  }

  /** Order by order, in the order in which they trade. */
  restingOrders(side: Side): Pick<RestingChange, 'orderId' | 'price' | 'quantity' | 'priority'>[] {
    const { book } = this.core
    const { id, price, shown, priority } = book.pool
    return book.slots(side === 'BUY' ? 0 : 1).map((slot) => ({
      orderId: orderId(id[slot]!),
      price: price[slot]!,
      quantity: shown[slot]!,
      priority: priority[slot]!,
    }))
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
