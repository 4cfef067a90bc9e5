import type { Lots, Ticks } from '../../market/instruments.ts'

/** All that may trade at a price of one side, hidden quantity included. */
export type AuctionLevel = readonly [price: Ticks, quantity: Lots]

export interface Uncross {
  readonly price: Ticks
  readonly quantity: Lots
}

/**
 * The price at which most trades when an auction ends, whatever tick it is; of several the one that leaves the smallest surplus; of these, with surplus on the
 * buy side at all of them the highest, on the sell side the lowest, otherwise the one nearest the reference price (null: the lowest).
 * @param bids highest price first
 * @param asks lowest price first
 * @returns null where nothing crosses
 */
export function uncross(
  bids: readonly AuctionLevel[],
  asks: readonly AuctionLevel[],
  reference: Ticks | null,
): Uncross | null {
  const [highestBid, lowestAsk] = [bids[0]?.[0], asks[0]?.[0]]
  if (highestBid === undefined || lowestAsk === undefined || highestBid < lowestAsk) return null

  // Between two neighbouring starts demand and supply do not change. From one to the next demand can only fall and supply only rise.
  const starts = new Set<Ticks>()
  for (const [price] of asks) if (price <= highestBid) starts.add(price)
  for (const [price] of bids) if (price >= lowestAsk && price < highestBid) starts.add(price + 1)
  const sorted = [...starts].sort((a, b) => a - b)

  let demand = 0
  let supply = 0
  let lastBid = -1
  for (const [price, quantity] of bids) {
    if (price < lowestAsk) break
    demand += quantity
    lastBid++
  }
  let nextAsk = 0
  let best = { quantity: 0, surplus: 0 }
  let from = { price: lowestAsk, surplus: 0 }
  let to = from
  for (const [index, start] of sorted.entries()) {
    for (; lastBid >= 0 && bids[lastBid]![0] < start; lastBid--) demand -= bids[lastBid]![1]
    for (; nextAsk < asks.length && asks[nextAsk]![0] <= start; nextAsk++) supply += asks[nextAsk]![1]
    const quantity = Math.min(demand, supply)
    const surplus = Math.abs(demand - supply)
    if (quantity < best.quantity || (quantity === best.quantity && surplus > best.surplus)) continue
    const end = (sorted[index + 1] ?? highestBid + 1) - 1
    if (quantity > best.quantity || surplus < best.surplus) from = { price: start, surplus: demand - supply }
    // Those equally good are neighbours: between two such prices nothing could be worse.
    to = { price: end, surplus: demand - supply }
    best = { quantity, surplus }
  }
  return { price: choose(from, to, reference), quantity: best.quantity }
}

interface Edge {
  readonly price: Ticks
  /** Demand less supply. */
  readonly surplus: Lots
}

function choose(from: Edge, to: Edge, reference: Ticks | null): Ticks {
  if (from.surplus > 0 && to.surplus > 0) return to.price
  if (from.surplus < 0 && to.surplus < 0) return from.price
  return Math.min(Math.max(reference ?? from.price, from.price), to.price)
}
