import type { BookSnapshot } from '../client.ts'
import type { Engine } from '../engine.ts'

/** @returns null where there is no such market. */
export function bookSnapshot({ state }: Engine, symbol: string): BookSnapshot | null {
  const market = state.markets.get(symbol)
  if (!market) return null
  const { sequence, time } = state
  return {
    symbol,
    engineSequence: sequence,
    time,
    status: market.status,
    recording: market.recording,
    bids: market.levels('BUY'),
    asks: market.levels('SELL'),
    bidOrders: market.restingOrders('BUY'),
    askOrders: market.restingOrders('SELL'),
    auctionEndsAt: market.auctionEndsAt,
  }
}
