import type {
  AuctionIndication,
  MarketDataMessage,
  MarketDataStatus,
  MarketSnapshot,
  Recording,
} from '@opsource/bus/contracts'
import { formatIncrements } from '../market/instruments.ts'
import { type Change, type Level, Levels } from './levels.ts'

/** What one message changed of each side of the book. */
export interface BookChanges {
  readonly bids: readonly Change<Level>[]
  readonly asks: readonly Change<Level>[]
}

/** One market as the stream tells it: the whole book, and what is known beside it, as of `sequence`. */
export class LiveMarket {
  readonly symbol: string
  bids: Levels
  asks: Levels
  sequence: number
  engineSequence: number
  /** Engine time, milliseconds since the Unix epoch. */
  time: number
  status: MarketDataStatus
  /** Null outside an auction. */
  auction: AuctionIndication | null
  recording: Recording
  /** Ticks of the last trade, or null before the first. */
  lastPrice: number | null
  readonly #tick: MarketSnapshot['tick']
  readonly #lot: MarketSnapshot['lot']

  constructor(snapshot: MarketSnapshot) {
    this.symbol = snapshot.symbol
    this.bids = new Levels('BUY', snapshot.bids)
    this.asks = new Levels('SELL', snapshot.asks)
    this.sequence = snapshot.sequence
    this.engineSequence = snapshot.engineSequence
    this.time = snapshot.time
    this.status = snapshot.status
    this.auction = snapshot.auction ?? null
    this.recording = snapshot.recording
    this.lastPrice = snapshot.lastPrice ?? null
    this.#tick = snapshot.tick
    this.#lot = snapshot.lot
  }

  /** Ticks as a decimal in the quote asset. */
  price(ticks: number): string {
    return formatIncrements(ticks, this.#tick)
  }

  /** Lots as a decimal in the base asset. */
  quantity(lots: number): string {
    return formatIncrements(lots, this.#lot)
  }

  /** Takes the message that follows; whether it does is the caller's to check. */
  apply(message: MarketDataMessage): BookChanges {
    const bids = message.bids.map(([price, quantity]) => this.bids.set(price, quantity))
    const asks = message.asks.map(([price, quantity]) => this.asks.set(price, quantity))
    this.sequence = message.sequence
    this.engineSequence = message.engineSequence
    this.time = message.time
    this.status = message.status
    this.auction = message.auction ?? null
    this.recording = message.recording
    this.lastPrice = message.trades.at(-1)?.price ?? this.lastPrice
    return { bids, asks }
  }

  /** The whole market as the cache keeps it. */
  snapshot(): MarketSnapshot {
    return {
      symbol: this.symbol,
      sequence: this.sequence,
      engineSequence: this.engineSequence,
      time: this.time,
      status: this.status,
      ...(this.auction === null ? {} : { auction: this.auction }),
      recording: this.recording,
      ...(this.lastPrice === null ? {} : { lastPrice: this.lastPrice }),
      tick: this.#tick,
      lot: this.#lot,
      bids: this.bids.best(Number.POSITIVE_INFINITY).map(([price, quantity]) => [price, quantity]),
      asks: this.asks.best(Number.POSITIVE_INFINITY).map(([price, quantity]) => [price, quantity]),
    }
  }
}
