import type { EngineBatch } from '../engine/events.ts'

export const MINUTE_MS = 60_000

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

/** Folds the trades of some batches into one-minute candles, which continue those of the batches before. */
export function foldCandles(batches: readonly EngineBatch[]): Candle[] {
  const candles = new Map<string, Candle>()
  for (const batch of batches) {
    const openTime = batch.time - (batch.time % MINUTE_MS)
    for (const event of batch.events) {
      if (event.type !== 'TRADE') continue
      const { symbol, price } = event
      const trade = { symbol, openTime, open: price, high: price, low: price, close: price, tradeCount: 1 }
      const candle = { ...trade, volume: BigInt(event.quantity), quoteVolume: BigInt(event.quoteAmount) }
      const key = `${symbol} ${openTime}`
      const before = candles.get(key)
      candles.set(key, before ? mergeCandles(before, candle) : candle)
    }
  }
  return [...candles.values()]
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
