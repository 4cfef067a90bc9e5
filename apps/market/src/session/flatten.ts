import type { Instrument, Lots, Ticks, View } from '../recording/index.ts'
import { holdingsOf, stakeOf } from './funding.ts'
import type { OrderInput, Trader } from './trader.ts'

/** @returns the price half way between the best bid and ask, rounded down to a tick; null where a side is empty. */
export function midOf(view: View): Ticks | null {
  const bid = view.bids[0]?.price
  const ask = view.asks[0]?.price
  return bid === undefined || ask === undefined ? null : (Math.floor((bid + ask) / 2) as Ticks)
}

/** @returns which side the taker has to take, and how much, to hold its stake again, as far as the maker can pay it back in base. */
export function inventoryOf(
  instrument: Instrument,
  scale: number,
  takerBase: bigint,
  makerBase: bigint,
): { readonly side: 'BUY' | 'SELL'; readonly quantity: Lots } | null {
  const surplus = takerBase - stakeOf(instrument.baseAsset, scale)
  const payable = surplus < 0n && -surplus > makerBase ? makerBase : surplus < 0n ? -surplus : surplus
  const quantity = instrument.wholeLots(payable, scale)
  return quantity === 0 ? null : { side: surplus > 0n ? 'SELL' : 'BUY', quantity }
}

/**
 * Trades the taker's inventory back to the maker at the mid by two ordinary crossing orders, so that neither drifts however often a
 * recording is repeated. The maker's quotes must be off the book.
 * @param name makes the orders' keys. @returns what was traded, for people, or null.
 */
export async function flatten(
  instrument: Instrument,
  scale: number,
  view: View,
  maker: Trader,
  taker: Trader,
  name: string,
): Promise<string | null> {
  const mid = midOf(view)
  const [takerHolds, makerHolds] = await Promise.all([holdingsOf(taker), holdingsOf(maker)])
  const code = instrument.baseAsset
  const inventory = inventoryOf(
    instrument,
    scale,
    takerHolds.get(code)?.total ?? 0n,
    makerHolds.get(code)?.available ?? 0n,
  )
  if (mid === null || inventory === null) return null
  const price = instrument.price(mid)
  const quantity = instrument.quantity(inventory.quantity)
  const terms = { symbol: instrument.symbol, type: 'LIMIT', price, quantity } as const
  const resting: OrderInput = {
    ...terms,
    clientOrderId: `${name}.m`,
    side: inventory.side === 'BUY' ? 'SELL' : 'BUY',
    timeInForce: 'GTC',
  }
  await maker.submit([], [resting])
  await taker.submit([], [{ ...terms, clientOrderId: `${name}.t`, side: inventory.side, timeInForce: 'IOC' }])
  await maker.submit([{ clientOrderId: resting.clientOrderId }], [])
  return `${inventory.side} ${quantity} at ${price}`
}
