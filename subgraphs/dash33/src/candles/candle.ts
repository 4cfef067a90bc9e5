import type { EngineBatch } from '../engine/events.ts'
import { type Interval, startOf } from './interval.ts'

/** The trades of one interval: prices in ticks, volume in lots, quote volume in minor units. */
export interface Candle {
  readonly symbol: string
  /** Milliseconds since the Unix epoch. */
  readonly openTime: number
  readonly open: number
  readonly high: number
  readonly low: number
  readonly close: number
  readonly volume: bigint
  readonly quoteVolume: bigint
  readonly tradeCount: number
}

/** The one fold: the trades of some batches as candles of a second, which continue those of the batches before. */
export function foldCandles(batches: readonly EngineBatch[]): Candle[] {
  const candles = new Map<string, Candle>()
  for (const batch of batches) {
    const openTime = startOf('S1', batch.time)
    for (const event of batch.events) {
      if (event.type !== 'TRADE') continue
      const { symbol, price } = event
      const trade = { symbol, openTime, open: price, high: price, low: price, close: price, tradeCount: 1 }
      add(candles, { ...trade, volume: BigInt(event.quantity), quoteVolume: BigInt(event.quoteAmount) })
    }
  }
  return [...candles.values()]
}

/** Shorter candles, earliest first, as those of an interval that holds each of them whole. */
export function longerCandles(interval: Interval, candles: readonly Candle[]): Candle[] {
  const longer = new Map<string, Candle>()
  for (const candle of candles) add(longer, { ...candle, openTime: startOf(interval, candle.openTime) })
  return [...longer.values()]
}

function add(candles: Map<string, Candle>, candle: Candle): void {
  const key = `${candle.symbol} ${candle.openTime}`
  const before = candles.get(key)
  candles.set(key, before ? mergeCandles(before, candle) : candle)
}

/** Two candles of adjacent or equal intervals as one; `earlier` comes first. */
export function mergeCandles(earlier: Candle, later: Candle): Candle {
  return {
    ...earlier,
    high: Math.max(earlier.high, later.high),
    low: Math.min(earlier.low, later.low),
    close: later.close,
    volume: earlier.volume + later.volume,
    quoteVolume: earlier.quoteVolume + later.quoteVolume,
    tradeCount: earlier.tradeCount + later.tradeCount,
  }
}
