/** What an account has bought and sold in one market, by average cost. Signed: below zero where more was sold than bought. */
export interface Position {
  /** Lots: bought less sold. */
  readonly quantity: bigint
  /** Quote minor units: paid for what is held, or (below zero) received for what is short. */
  readonly cost: bigint
  /** Quote minor units: profit of what was closed, before fees. */
  readonly realised: bigint
}

/** An order's share of a trade. */
export interface PositionFill {
  readonly side: 'BUY' | 'SELL'
  /** Lots, above zero. */
  readonly quantity: bigint
  /** Quote minor units, not below zero. */
  readonly quoteAmount: bigint
}

export const FLAT: Position = { quantity: 0n, cost: 0n, realised: 0n }

/**
 * Adds a fill to a position. What it closes takes its share of the cost (rounded toward zero) and becomes profit or loss;
 * nothing is lost in rounding: `cost − realised` is always exactly what was paid less what was received.
 */
export function applyFill(position: Position, fill: PositionFill): Position {
  const quantity = fill.side === 'BUY' ? fill.quantity : -fill.quantity
  const quote = fill.side === 'BUY' ? fill.quoteAmount : -fill.quoteAmount
  const held = abs(position.quantity)
  const closes = position.quantity !== 0n && position.quantity > 0n !== quantity > 0n
  if (!closes) return { ...position, quantity: position.quantity + quantity, cost: position.cost + quote }
  let closed = fill.quantity
  if (closed > held) closed = held
  const costClosed = (position.cost * closed) / held
  const quoteClosed = (quote * closed) / fill.quantity
  return {
    quantity: position.quantity + quantity,
    cost: position.cost - costClosed + quote - quoteClosed,
    realised: position.realised - costClosed - quoteClosed,
  }
}

const abs = (value: bigint) => (value < 0n ? -value : value)
