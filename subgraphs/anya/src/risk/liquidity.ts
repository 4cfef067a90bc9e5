import { err, ok, type Result } from '@opsource/kernel'

export interface BookLevel {
  readonly price: number
  readonly quantity: number
}

/** Best first on both sides. */
export interface Book {
  readonly bids: readonly BookLevel[]
  readonly asks: readonly BookLevel[]
}

/** What it costs to close a position at once by an order that takes what the book offers; amounts in the quote currency, at or above zero. */
export interface LiquidationCost {
  readonly mid: number
  readonly filled: number
  /** What the book has no taker for: its cost is unknown and not in the figures. */
  readonly unfilled: number
  readonly averagePrice: number
  /** Half the spread, on what is filled. */
  readonly spreadCost: number
  /** What is lost beyond the best price, level by level. */
  readonly depthCost: number
  readonly totalCost: number
  /** The total, as a part of the filled quantity at the middle price. */
  readonly relativeCost: number
}

export type LiquidityRefusal = { readonly kind: 'NO_BIDS' | 'NO_ASKS' | 'CROSSED_BOOK' | 'NOTHING_HELD' }

/**
 * The cost of liquidating `quantity`, which is above zero for what is held and below for what is owed: sold into the bids or bought from
 * the asks. (A. Bangia et al., "Modeling liquidity risk", 1999, has the spread's part; the depth's is read from the book itself.)
 */
export function liquidationCost(quantity: number, { bids, asks }: Book): Result<LiquidationCost, LiquidityRefusal> {
  const [bid, ask] = [bids.find(hasQuantity), asks.find(hasQuantity)]
  if (!bid) return err({ kind: 'NO_BIDS' })
  if (!ask) return err({ kind: 'NO_ASKS' })
  if (bid.price >= ask.price) return err({ kind: 'CROSSED_BOOK' })
  if (!(Math.abs(quantity) > 0 && Number.isFinite(quantity))) return err({ kind: 'NOTHING_HELD' })
  const mid = (bid.price + ask.price) / 2
  const best = quantity > 0 ? bid.price : ask.price
  const { filled, paid } = walk(quantity > 0 ? bids : asks, Math.abs(quantity))
  const spreadCost = (filled * (ask.price - bid.price)) / 2
  const depthCost = Math.abs(paid - filled * best)
  const totalCost = spreadCost + depthCost
  return ok({
    mid,
    filled,
    unfilled: Math.abs(quantity) - filled,
    averagePrice: paid / filled,
    spreadCost,
    depthCost,
    totalCost,
    relativeCost: totalCost / (filled * mid),
  })
}

const hasQuantity = ({ quantity }: BookLevel) => quantity > 0

function walk(levels: readonly BookLevel[], quantity: number): { filled: number; paid: number } {
  let [filled, paid] = [0, 0]
  for (const level of levels.filter(hasQuantity)) {
    const taken = Math.min(level.quantity, quantity - filled)
    filled += taken
    paid += taken * level.price
    if (filled >= quantity) break
  }
  return { filled, paid }
}
